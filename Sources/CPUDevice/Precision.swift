import CKernels
import Foundation
import Tensors

/// What the factors of products are rounded to. Features, sums, softmax, layer norm and residuals are float32 either way.
public enum Precision: String, Sendable, CaseIterable {
  case float32
  /// 8 significant bits, half the memory of weights, and several times the speed where the processor has instructions for it.
  case bfloat16 = "bf16"
}

/// How products of bfloat16 numbers are computed. Each is deterministic by itself; they differ in the order of additions.
public enum ProductUnit: String, Sendable, CaseIterable {
  /// With the float32 instructions of the instruction set: everywhere, no faster than float32.
  case plain
  /// AVX-512 BF16: `vdpbf16ps`.
  case dotProduct = "avx512_bf16"
  /// AMX tiles.
  case tiles = "amx"

  var unit: grl_bf16_unit {
    switch self {
    case .plain: GRL_BF16_PLAIN
    case .dotProduct: GRL_BF16_DOT_PRODUCT
    case .tiles: GRL_BF16_TILES
    }
  }

  /// What `instructionSet` can use on this machine; `plain` always.
  public static func available(for instructionSet: InstructionSet) -> [ProductUnit] {
    allCases.filter { grl_bf16_kernels_for(instructionSet.isa, $0.unit) != nil }
  }

  private static let wanted = ProcessInfo.processInfo.environment["GRL_BF16"].flatMap { ProductUnit(rawValue: $0) }

  /// The fastest of `available`, or the one that the environment variable `GRL_BF16` names if it is available.
  ///
  /// Tiles come first: 12 times the float32 rate. Processors with tiles run `vdpbf16ps` at half the float32 rate (measured: 86
  /// against 189 GF/s a core), so where they exist but the system refuses them plain products are the better choice; all others
  /// run it at twice the float32 rate.
  public static func best(for instructionSet: InstructionSet) -> ProductUnit {
    let units = available(for: instructionSet)
    if let wanted, units.contains(wanted) { return wanted }
    if units.contains(.tiles) { return .tiles }
    return units.contains(.dotProduct) && grl_bf16_dot_product_is_slow() == 0 ? .dotProduct : .plain
  }
}

/// How 3x3 convolutions are computed in float32. (With rounded factors they are always direct.)
public enum ConvolutionMethod: String, Sendable, CaseIterable {
  /// Every product that the definition has.
  case direct
  /// Winograd's F(4x4, 3x3): a quarter of the products, about twice the speed. Its sums cancel more: errors up to 1e-5 of the largest
  /// output, against 1e-6.
  case winograd

  /// `winograd`, or the one that the environment variable `GRL_CONVOLUTION` names; the scalar reference is always direct.
  public static func standard(for instructionSet: InstructionSet) -> ConvolutionMethod {
    instructionSet == .scalar ? .direct : wanted ?? .winograd
  }

  private static let wanted = ProcessInfo.processInfo.environment["GRL_CONVOLUTION"]
    .flatMap { ConvolutionMethod(rawValue: $0) }
}

/// A table of kernel functions on bfloat16 operands.
struct RoundedKernels: @unchecked Sendable {  // the table is a constant of the C target
  let table: UnsafePointer<grl_bf16_kernels>

  /// Depths of operands, and rows of left factors, are padded to multiples of this.
  static let step = Int(GRL_BF16_STEP)
  /// Columns of right factors are padded to multiples of this.
  static let panel = Int(GRL_BF16_PANEL)
}
