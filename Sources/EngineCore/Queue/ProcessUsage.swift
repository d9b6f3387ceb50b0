import Base
import Glibc

/// What this process takes of the machine.
struct ProcessUsage {
  private var lastTime = ContinuousClock.now
  private var lastSeconds = ProcessUsage.processorSeconds

  /// Share of processors used since the last call: 200 is two. The first call measures from the start.
  mutating func cpuPercent() -> Double {
    let (now, seconds) = (ContinuousClock.now, Self.processorSeconds)
    let elapsed = (now - lastTime).seconds
    defer { (lastTime, lastSeconds) = (now, seconds) }
    return elapsed > 0 ? ((seconds - lastSeconds) / elapsed * 1000).rounded() / 10 : 0
  }

  /// Resident memory; 0 where the system does not tell.
  static var residentBytes: Int {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read("/proc/self/statm", limit: 4096) } catch { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  private static var processorSeconds: Double { clockSeconds(CLOCK_PROCESS_CPUTIME_ID) }
}
