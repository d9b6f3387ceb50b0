import CKernels
import Foundation

/// What the factors of products are rounded to. Features, sums, softmax, layer norm and residuals are float32 either way.
public enum Precision: String, Sendable, CaseIterable {
  case float32
  /// 8 significant bits, half the memory of weights, and several times the speed where the processor has instructions for it.
  case bfloat16 = "bf16"
}

/// What a person chooses between speed and exactness.
public enum PrecisionChoice: String, Sendable, CaseIterable {
  case float32
  /// float32, and every 3x3 convolution computed as its definition says, without Winograd's method.
  case exact
  /// Factors of products rounded to bfloat16.
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

  /// The fastest of `available`, or the one that the environment variable `GRL_BF16` names if it is available.
  ///
  /// Tiles come first: 12 times the float32 rate. Processors with tiles run `vdpbf16ps` at half the float32 rate (measured: 86
  /// against 189 GF/s a core), so where they exist but the system refuses them plain products are the better choice; all others
  /// run it at twice the float32 rate.
  public static func best(for instructionSet: InstructionSet) -> ProductUnit {
    let units = available(for: instructionSet)
    let wanted = ProcessInfo.processInfo.environment["GRL_BF16"].flatMap { ProductUnit(rawValue: $0) }
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
    if instructionSet == .scalar { return .direct }
    let wanted = ProcessInfo.processInfo.environment["GRL_CONVOLUTION"]
    return wanted.flatMap { ConvolutionMethod(rawValue: $0) } ?? .winograd
  }
}

/// What layers are packed for and computed with.
public struct Arithmetic: Hashable, Sendable, CustomStringConvertible {
  public let instructionSet: InstructionSet
  public let precision: Precision
  public let convolutionMethod: ConvolutionMethod
  /// How bfloat16 products are computed; `plain`, and unused, for float32.
  public let productUnit: ProductUnit

  /// - Parameters:
  ///   - productUnit: one that is available for the instruction set; by default the best.
  ///   - convolutionMethod: by default the standard one.
  public init(
    _ instructionSet: InstructionSet = .best, precision: Precision = .float32, productUnit: ProductUnit? = nil,
    convolutionMethod: ConvolutionMethod? = nil
  ) {
    self.convolutionMethod = convolutionMethod ?? ConvolutionMethod.standard(for: instructionSet)
    self.instructionSet = instructionSet
    self.precision = precision
    self.productUnit = precision == .float32 ? .plain : productUnit ?? ProductUnit.best(for: instructionSet)
  }

  /// The best way of this machine to compute as `choice` says.
  public init(_ choice: PrecisionChoice, instructionSet: InstructionSet = .best) {
    self.init(
      instructionSet, precision: choice == .bfloat16 ? .bfloat16 : .float32,
      convolutionMethod: choice == .exact ? .direct : nil)
  }

  /// Two with the same words give the same bits.
  public var description: String {
    switch (precision, convolutionMethod) {
    case (.bfloat16, _): "\(instructionSet.rawValue) bf16 \(productUnit.rawValue)"
    case (.float32, .direct): "\(instructionSet.rawValue) exact"
    case (.float32, .winograd): instructionSet.rawValue
    }
  }

  /// The kernels on rounded factors, or nil for float32.
  ///
  /// - Precondition: the unit is among those available.
  var roundedKernels: RoundedKernels? {
    guard precision == .bfloat16 else { return nil }
    guard let table = grl_bf16_kernels_for(instructionSet.isa, productUnit.unit) else {
      preconditionFailure("\(self) is not available on this machine")
    }
    return RoundedKernels(table: table)
  }
}

/// A table of kernel functions on bfloat16 operands.
struct RoundedKernels: @unchecked Sendable {  // the table is a constant of the C target
  let table: UnsafePointer<grl_bf16_kernels>

  /// Depths of operands, and rows of left factors, are padded to multiples of this.
  static let step = Int(GRL_BF16_STEP)
  /// Columns of right factors are padded to multiples of this.
  static let panel = Int(GRL_BF16_PANEL)
}
