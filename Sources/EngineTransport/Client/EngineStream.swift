import Base
import EngineWire
import Glibc

/// The bytes between a client and an engine: a socket, or what ssh's standard input and output are tied to.
struct EngineStream {
  private var descriptor: Int32
  private var errors: Int32
  /// ssh, where there is one.
  private(set) var process: ChildProcess?
  private var decoder = FrameDecoder()
  private var unsent: [UInt8] = []
  private var sent = 0
  private var received: [UInt8] = []
  private var lastLine = LastLine()
  private var hasFrames = false

  /// Most bytes that wait to be sent: an engine that leaves more lying is taken for lost.
  private static let unsentLimit = 8 << 20
  private static let readLimit = 1 << 20

  init(_ descriptor: Int32, process: ChildProcess? = nil, errors: Int32 = -1) {
    self.descriptor = descriptor
    self.process = process
    self.errors = errors
  }

  var watched: [pollfd] {
    var watched: [pollfd] = []
    if descriptor >= 0 {
      let events = POLLIN | (sent < unsent.count ? POLLOUT : 0)
      watched.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    }
    if errors >= 0 { watched.append(pollfd(fd: errors, events: Int16(POLLIN), revents: 0)) }
    return watched
  }

  /// Writes what can be written now; the rest, and a failure, are `move`'s business.
  mutating func send(_ bytes: [UInt8]) {
    unsent += bytes
    _ = write()
  }

  /// Writes what waits, reads what came.
  ///
  /// - Returns: whole frames, and why the stream has ended, if it has; they came before that.
  mutating func move() -> (frames: [Frame], end: String?) {
    readErrors()
    // What was read last may be the reason why nothing can be written, so it is read in any case.
    let failure = write()
    let end = read()
    var frames: [Frame] = []
    do {
      while let frame = try decoder.next() { frames.append(frame) }
    } catch {
      return (frames, "it sends \(error)")
    }
    hasFrames = hasFrames || !frames.isEmpty
    return (frames, end ?? failure)
  }

  private mutating func write() -> String? {
    while sent < unsent.count {
      let count = unsent.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        return end(errno)
      }
    }
    if sent == unsent.count {
      unsent = []
      sent = 0
    } else if sent > 1 << 16 {
      unsent.removeFirst(sent)
      sent = 0
    }
    return unsent.count > Self.unsentLimit ? "it takes no requests" : nil
  }

  private mutating func read() -> String? {
    var total = 0
    while total < Self.readLimit {
      let (bytes, code) = Descriptor.readSome(descriptor)
      guard let bytes else { return code == EAGAIN ? nil : end(code) }
      if bytes.isEmpty { return end(0) }
      total += bytes.count
      if !hasFrames && received.count < 80 { received += bytes.prefix(80) }
      decoder.append(bytes)
    }
    return nil
  }

  /// A process that dies with a question unread resets the connection; to us that is an end like any other.
  private func end(_ code: Int32) -> String {
    guard [0, ECONNRESET, EPIPE].contains(code) else { return systemReason(code) }
    return decoder.pendingBytes > 0 ? "it ended in the middle of a message" : "it ended"
  }

  mutating func readErrors() {
    while errors >= 0 {
      let (bytes, code) = Descriptor.readSome(errors)
      if let bytes, !bytes.isEmpty {
        lastLine.append(bytes)
      } else {
        if bytes != nil || code != EAGAIN {
          Glibc.close(errors)
          errors = -1
        }
        return
      }
    }
  }

  /// What the other side printed in place of a frame: the greeting of a login shell, say. nil where it printed nothing or
  /// frames.
  var strayText: String? {
    guard !hasFrames, received.count >= 4, received.prefix(4).allSatisfy({ (0x09..<0x7F).contains($0) }) else {
      return nil
    }
    let line = received.split { $0 == 0x0A || $0 == 0x0D }.first ?? []
    return String(String(decoding: line, as: UTF8.self).printable.prefix(60))
  }

  var lastErrorLine: String? { lastLine.text }

  mutating func pollProcess() -> ChildProcess.Ending? { process?.poll() }

  /// Closes what frames go over; errors can still be read.
  mutating func closeStream() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  mutating func close() {
    closeStream()
    if errors >= 0 { Glibc.close(errors) }
    errors = -1
  }
}
