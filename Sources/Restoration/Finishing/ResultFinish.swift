import Imaging

/// What becomes of the network's result before it is a picture: computed from that result and the input alone, so that it can change
/// without another pass through the network.
///
/// In this order, on values clamped to 0...1, but for floats: strength, colours alone, texture, size (``ResultSize``), grain. The standard changes nothing.
public struct ResultFinish: Hashable, Sendable {
  /// `input + strength * (result - input)`: 0 gives the input, 1 the result; more goes beyond it. For tasks that enlarge, the
  /// input is its enlargement by Matlab's bicubic; for `demosaic`, the mosaic interpolated by Malvar's filters.
  public var strength = 1.0
  /// Share of the input's fine detail of luma that is given back; see `FineDetail`.
  public var texture = 0.0
  /// Takes the luma of the input: only colours are restored.
  public var isChromaOnly = false
  /// Standard deviation of the film grain that is added at middle gray, on the scale 0...255; see `FilmGrain`.
  public var grain = 0.0
  /// Pictures with one seed have one grain.
  public var grainSeed = 0

  public static let strengths = 0.0...1.5
  public static let textures = 0.0...1.0
  public static let grains = 0.0...50.0

  public init() {}

  /// Whether the input is needed beside the result.
  var usesInput: Bool { strength != 1 || texture > 0 || isChromaOnly }
}

extension ResultFinish {
  /// Throws a usage error for a value out of range.
  func validate() throws(RestorationError) {
    func check(_ option: String, _ value: Double, _ range: ClosedRange<Double>) throws(RestorationError) {
      guard !range.contains(value) else { return }
      throw .optionOutOfRange(option: option, value: "\(value)", allowed: range.text)
    }
    try check("--strength", strength, Self.strengths)
    try check("--texture", texture, Self.textures)
    try check("--grain", grain, Self.grains)
  }

  /// What of it changes nothing in a picture like this.
  func notes(isColour: Bool) -> [String] {
    isChromaOnly && !isColour
      ? ["--chroma-only gives the input back: the picture is gray and has no colours to restore"] : []
  }
}

/// ITU-R BT.601 luma of coded values.
@inline(__always)
func luma(_ values: UnsafePointer<Float>, channels: Int) -> Float {
  channels == 1 ? values[0] : 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2]
}
