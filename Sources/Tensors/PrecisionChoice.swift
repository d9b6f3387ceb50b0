/// What a person chooses between speed and exactness.
public enum PrecisionChoice: String, Sendable, CaseIterable {
  case float32
  /// float32, and every 3x3 convolution computed as its definition says, without Winograd's method.
  case exact
  /// Factors of products rounded to bfloat16.
  case bfloat16 = "bf16"
}
