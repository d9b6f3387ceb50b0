import CTerminal
import Foundation
import Glibc
import Testing

/// The guard in a process of its own that really traps, unlike one that is sent a signal.
@Suite(.serialized, .timeLimit(.minutes(10))) struct GuardTests {
  enum Death: String, CaseIterable, Sendable {
    case nullPointer, trap, fatalError, abort, exit, stackOverflow
  }

  /// Forks; Swift hides the call because most of what Swift does is not safe afterwards. The child does little.
  private static let fork: @convention(c) () -> pid_t = {
    unsafeBitCast(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork"), to: (@convention(c) () -> pid_t).self)
  }()

  @Test("whatever kills it, the terminal is restored first, then the cause is told", arguments: Death.allCases)
  func traps(death: Death) throws {
    var (master, slave): (Int32, Int32) = (-1, -1)
    try #require(openpty(&master, &slave, nil, nil, nil) == 0)
    defer {
      close(master)
      close(slave)
    }
    var before = termios()
    tcgetattr(slave, &before)
    let reset = Array("<RESET>".utf8)
    let child = Self.fork()
    if child == 0 {
      setsid()
      _ = ioctl(slave, UInt(TIOCSCTTY), 0)
      for descriptor in Int32(0)...2 { dup2(slave, descriptor) }
      for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { Glibc.signal(signal, SIG_DFL) }
      guard grl_guard_start(slave, reset, reset.count) >= 0, grl_guard_raw() == 0 else { _exit(99) }
      write(1, "<TAKEN>", 7)
      Self.die(death)
      _exit(98)
    }
    var (received, status): ([UInt8], Int32) = ([], 0)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    let end = ContinuousClock.now + .seconds(120)
    var hasEnded = false
    while !hasEnded && ContinuousClock.now < end {
      hasEnded = waitpid(child, &status, WNOHANG) == child
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(master, &buffer, buffer.count)
        guard count > 0 else { break }
        received += buffer[..<count]
      }
      usleep(2000)
    }
    if !hasEnded {
      kill(child, SIGKILL)
      waitpid(child, &status, 0)
    }
    let text = String(decoding: received, as: UTF8.self)
    #expect(hasEnded)
    #expect(text.hasPrefix("<TAKEN>"))
    #expect(text.components(separatedBy: "<RESET>").count == 2, "restored once: \(text)")
    var after = termios()
    tcgetattr(slave, &after)
    #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag && after.c_oflag == before.c_oflag)
    let signal = status & 0x7f
    switch death {
    case .nullPointer, .stackOverflow: #expect(signal == SIGSEGV)
    case .trap: #expect([SIGILL, SIGTRAP].contains(signal))
    case .abort: #expect(signal == SIGABRT)
    case .exit: #expect(signal == 0 && status >> 8 == 7)
    case .fatalError:
      #expect([SIGILL, SIGTRAP].contains(signal))
      // What Swift says about it was held back and comes behind the reset, where it can be read.
      let parts = text.components(separatedBy: "<RESET>")
      #expect(!parts[0].contains("the reason"))
      #expect(parts.last?.contains("the reason") == true)
    }
  }

  private static func die(_ death: Death) {
    switch death {
    case .nullPointer: UnsafeMutablePointer<Int>(bitPattern: 16)?.pointee = 1
    case .trap:
      let empty = [Int](CommandLine.arguments.prefix(0).map(\.count))
      write(1, "x", empty[Int(getpid()) & 1])
    case .fatalError: Swift.fatalError("the reason")
    case .abort: Glibc.abort()
    case .exit: Glibc.exit(7)
    case .stackOverflow: _ = deep(Int(getpid()))
    }
  }

  @inline(never) private static func deep(_ number: Int) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      buffer.storeBytes(of: number, as: Int.self)
      return deep(number + 1) + buffer.load(as: Int.self)
    }
  }
}
