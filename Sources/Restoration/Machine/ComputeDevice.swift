import Base
import CPUDevice
import Foundation
import GRLModel
import Tensors

/// Whose products networks are computed with.
public enum KernelChoice: String, Sendable, CaseIterable {
  /// This program's kernels for the processor's instructions.
  case own
  /// OpenBLAS, in plain float32: for processors that there are no kernels for, and to compare with.
  case blas

  /// Where nothing else is said: `own` where there are kernels for the processor, otherwise `blas` where OpenBLAS is installed. The
  /// environment variable `GRL_KERNELS` names another one.
  public static let standard =
    ProcessInfo.processInfo.environment["GRL_KERNELS"].flatMap { KernelChoice(rawValue: $0) }
    ?? (InstructionSet.available == [.scalar] ? .blas : .own)
}

extension PrecisionChoice {
  /// Where networks are computed as this choice says, by the standard kernels.
  public var device: any Device { device(by: .standard) }

  /// The same by others. Without OpenBLAS, and for bf16, by own kernels.
  public func device(by kernels: KernelChoice) -> any Device {
    if kernels == .blas, self != .bfloat16, let library = try? OpenBLAS() { return PlainDevice(library) }
    return CPUDevice(self)
  }
}
