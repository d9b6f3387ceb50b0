import CKernels
import Foundation

/// Which kernels compute. All give the same result within float32 rounding; each is deterministic by itself.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// The definition in plain C: the reference for the others.
  case scalar
  case neon
  case avx2
  case avx512

  /// What this machine can run, best last; `scalar` always.
  public static let available: [InstructionSet] = allCases.filter { grl_kernels_for($0.isa) != nil }

  /// The best of `available`, or the one that the environment variable `GRL_ISA` names if it is available.
  public static let best: InstructionSet = {
    let wanted = ProcessInfo.processInfo.environment["GRL_ISA"].flatMap { InstructionSet(rawValue: $0) }
    return available.first { $0 == wanted } ?? available.last ?? .scalar
  }()

  var isa: grl_isa {
    switch self {
    case .scalar: GRL_ISA_SCALAR
    case .neon: GRL_ISA_NEON
    case .avx2: GRL_ISA_AVX2
    case .avx512: GRL_ISA_AVX512
    }
  }

  /// Its table of functions.
  ///
  /// - Precondition: the instruction set is among `available`.
  var kernels: Kernels {
    guard let table = grl_kernels_for(isa) else { preconditionFailure("\(rawValue) is not available on this machine") }
    return Kernels(table: table)
  }
}

/// A table of kernel functions.
struct Kernels: @unchecked Sendable {  // the table is a constant of the C target
  let table: UnsafePointer<grl_kernels>

  /// Floats of a vector; buffers that kernels write by whole vectors are padded to multiples of it.
  var lanes: Int { Int(table.pointee.lanes) }
}

extension Int {
  /// The smallest multiple of `unit` that is not below this number.
  func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
