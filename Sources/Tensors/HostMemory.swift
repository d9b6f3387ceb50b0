import Glibc

/// Zeroed host memory straight from the system, given back to it at the end.
package final class HostMemory: DeviceMemory {
  package let base: UnsafeMutablePointer<Float>
  private let bytes: Int

  package init(floats: Int) throws(OutOfMemory) {
    let (bytes, overflow) = max(floats, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { throw OutOfMemory(bytes: overflow ? .max : bytes) }
    madvise(memory, bytes, MADV_HUGEPAGE)
    self.bytes = bytes
    base = memory.bindMemory(to: Float.self, capacity: floats)
  }

  deinit { munmap(base, bytes) }
}
