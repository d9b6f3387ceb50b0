extension ModelCard {
  /// Mean PSNR over a test set at one strength of damage, in dB.
  public struct TestResult: Hashable, Sendable {
    /// Name of the set: `CBSD68`.
    public let set: String
    /// The strength as the file tells it: `25`, `q10`, `x4`; empty where the task has none.
    public let levelText: String
    public let psnr: Double
    /// That of the input, as it is or enlarged by bicubic; nil where the file does not tell.
    public let inputPSNR: Double?

    /// - Parameter key: `SET/LEVEL`, or the set alone.
    init(key: String, psnr: Double, inputPSNR: Double?) {
      let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
      set = parts.first ?? ""
      levelText = parts.count > 1 ? parts[1] : ""
      self.psnr = psnr
      self.inputPSNR = inputPSNR
    }

    /// Sigma, quality or scale.
    public var level: Int? { Int(levelText.drop { !$0.isNumber }) }
    var key: String { levelText.isEmpty ? set : "\(set)/\(levelText)" }
  }
}
