import Glibc

/// What this process takes of the machine.
struct ProcessUsage {
  private var lastTime = ContinuousClock.now
  private var lastSeconds = ProcessUsage.processorSeconds

  /// Share of processors used since the last call: 200 is two. The first call measures from the start.
  mutating func cpuPercent() -> Double {
    let (now, seconds) = (ContinuousClock.now, Self.processorSeconds)
    let elapsed = (now - lastTime) / .seconds(1)
    defer { (lastTime, lastSeconds) = (now, seconds) }
    return elapsed > 0 ? ((seconds - lastSeconds) / elapsed * 1000).rounded() / 10 : 0
  }

  /// Resident memory; 0 where the system does not tell.
  static var residentBytes: Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &bytes, bytes.count)
    let fields = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
