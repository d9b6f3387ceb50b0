import EngineWire

/// What the estimates on a picture suggest. They are estimates: texture looks like noise, and a task is only proposed.
struct PictureImpression: Hashable, Sendable {
  /// Below this it is no grid.
  static let gridStrength = 0.1

  let sigma: Double?
  let blockiness: Double?

  init(_ info: PixelsInfo) {
    sigma = info.noiseSigma
    blockiness = info.blockiness
  }

  /// The task to try first; nil where nothing stands out.
  var task: String? {
    if let blockiness, blockiness >= PixelsInfo.blockyStrength { return "jpeg" }
    if let sigma, sigma >= PixelsInfo.noisySigma { return "denoise" }
    return nil
  }

  /// `noise sigma 21, no JPEG grid`; nil where nothing was estimated.
  var text: String? {
    guard sigma != nil || blockiness != nil else { return nil }
    var parts: [String] = []
    if let sigma { parts.append("noise sigma \(Quantity.decimal(sigma, sigma < 9.5 ? 1 : 0))") }
    if let blockiness {
      parts.append(
        blockiness >= Self.gridStrength ? "JPEG grid \(Quantity.decimal(blockiness, 1))" : "no JPEG grid")
    }
    return parts.joined(separator: ", ")
  }

  /// What it looks like, and what could be tried.
  var suggestion: String {
    switch task {
    case "jpeg": "looks like JPEG damage: t takes jpeg"
    case "denoise": "looks noisy: t takes task denoise"
    default: "nothing stands out (estimates)"
    }
  }
}
