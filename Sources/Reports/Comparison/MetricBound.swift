import Imaging

/// What a picture must not miss.
package struct MetricBound: Sendable {
  package let quantity: Metric.Quantity
  package let limit: Double
  /// Whether the value must reach the limit, or stay within it.
  package let isLeast: Bool

  package func holds(_ value: Double) -> Bool { isLeast ? value >= limit : value <= limit }

  /// Reads `psnr=30,ssim=0.9`; nil for anything else, and for quantities whose better is the other direction.
  package static func lists(least: Bool) -> @Sendable (String) -> [MetricBound]? {
    { text in
      var bounds: [MetricBound] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let sides = part.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let quantity = Metric.Quantity(rawValue: String(sides[0])),
          quantity.isBetterWhenLarger == least, let limit = Double(sides[1]), limit.isFinite
        else { return nil }
        bounds.append(MetricBound(quantity: quantity, limit: limit, isLeast: least))
      }
      return bounds
    }
  }
}
