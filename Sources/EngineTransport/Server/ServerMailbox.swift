import Base
import EngineWire
import Glibc

/// What the tasks that ask the engine hand to the server's loop.
enum Delivery: Sendable {
  /// The answer to `hello`.
  case greeting(client: Int, Parcel)
  case answer(client: Int, question: Int, Parcel)
  case event(client: Int, Parcel)
  case idle(Bool)
  /// Somebody wants the engine to end.
  case stop(reason: String)
  /// The service has shut down.
  case down
}

/// Where deliveries wait for the server's loop. Filling it never waits for anything; `descriptor` becomes readable.
final class ServerMailbox: Sendable {
  let descriptor: Int32
  private let bell: Int32
  private let deliveries = Locked<[Delivery]>([])

  init() throws(EngineProcessError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system(doing: "make a pipe", path: "engine", code: errno) }
    (descriptor, bell) = (ends[0], ends[1])
    for end in ends { LocalSocket.setNonBlocking(end) }
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  func post(_ delivery: Delivery) {
    let isFirst = deliveries.withLock { deliveries in
      deliveries.append(delivery)
      return deliveries.count == 1
    }
    if isFirst { _ = write(bell, [1], 1) }
  }

  /// Everything that was posted since the last call.
  func take() -> [Delivery] {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) == bytes.count {}
    return deliveries.withLock { deliveries in
      defer { deliveries = [] }
      return deliveries
    }
  }
}
