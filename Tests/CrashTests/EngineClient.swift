import EngineWire
import Foundation
import Testing

/// A client of `grl engine --listen`, as plain as can be: one blocking socket with a time limit.
final class EngineClient {
  private let descriptor: Int32
  private var decoder = FrameDecoder()
  private var next = 1

  /// nil where nobody listens.
  init?(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard try ask(.hello(version: WireProtocol.version, client: "crash test")) != nil else { return nil }
  }

  deinit { close(descriptor) }

  /// nil where the engine is gone.
  func ask(_ request: Request) throws -> Reply? {
    let id = next
    next += 1
    var bytes = try Frame(Question(id: id, request), limits: .questions).bytes
    while !bytes.isEmpty {
      let count = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return nil }
      bytes.removeFirst(count)
    }
    while let answer = try receive() {
      if answer.id == id { return answer.reply }
    }
    return nil
  }

  private func receive() throws -> Answer? {
    while true {
      if let frame = try decoder.next() { return try frame.message(Answer.self) }
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      guard count > 0 else { return nil }
      decoder.append(bytes.prefix(count))
    }
  }
}

extension CrashFolder {
  var socket: String { path("run/engine.sock") }

  func engine(_ environment: [String: String] = [:], shell: String? = nil) -> Child {
    Child(["engine", "--listen", socket, "--idle", "0"], self.environment(environment), shell: shell)
  }

  /// Connects to an engine that is starting.
  func client(of engine: Child) async throws -> EngineClient? {
    var client: EngineClient?
    _ = try await comesTrue {
      client = try EngineClient(socket)
      return client != nil || !engine.isRunning
    }
    return client
  }

  /// The job as a client sees it; nil where the engine is gone or knows no job.
  func job(_ client: EngineClient) throws -> JobInfo? {
    guard case .jobs(let jobs)? = try client.ask(.watch) else { return nil }
    return jobs.first
  }

  func request(_ names: [String]) -> JobRequest {
    var request = JobRequest(inputs: names.map { path("in/" + $0) }, task: "denoise")
    (request.tile, request.overlap, request.outputFolder) = (.side(16), 4, path("out"))
    return request
  }
}
