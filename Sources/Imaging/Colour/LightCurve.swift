import Glibc

/// How values stand for light: sRGB's curve, or what a profile says. Between both the network's pictures are taken back and forth.
///
/// Source of sRGB's curve: IEC 61966-2-1; outside 0...1 it goes on with the sign (as scRGB has it).
enum LightCurve: Sendable {
  case srgb
  /// Values are light.
  case linear
  /// Light of evenly spaced values over 0...1, rising.
  case table([Float])

  /// Light of a value.
  func light(_ value: Float) -> Float {
    switch self {
    case .srgb:
      let x = abs(value)
      let light = x <= 0.040_45 ? x / 12.92 : powf((x + 0.055) / 1.055, 2.4)
      return value < 0 ? -light : light
    case .linear: return value
    case .table(let table):
      let last = table.count - 1
      let place = value * Float(last)
      guard place.isFinite else { return value }
      // Beyond its ends the curve goes on straight.
      let below = Int(max(0, min(Float(last - 1), place.rounded(.down))))
      return table[below] + (table[below + 1] - table[below]) * (place - Float(below))
    }
  }

  /// The value that stands for `light`.
  func value(_ light: Float) -> Float {
    switch self {
    case .srgb:
      let x = abs(light)
      let value = x <= 0.003_130_8 ? x * 12.92 : 1.055 * powf(x, 1 / 2.4) - 0.055
      return light < 0 ? -value : value
    case .linear: return light
    case .table(let table):
      guard light.isFinite else { return light }
      let last = table.count - 1
      var (low, high) = (0, last - 1)
      while low < high {
        let middle = (low + high + 1) / 2
        if table[middle] <= light { low = middle } else { high = middle - 1 }
      }
      let rise = table[low + 1] - table[low]
      let within = rise > 0 ? (light - table[low]) / rise : 0
      return (Float(low) + within) / Float(last)
    }
  }

  /// Places of a table: at 16 bits every level has its own.
  static let tableCount = 65_536

  /// What a profile's curve is; nil where it does not rise, and cannot be turned round.
  init?(_ table: [Float]) {
    let last = table.count - 1
    guard table.allSatisfy(\.isFinite), table[last] > table[0],
      zip(table, table.dropFirst()).allSatisfy({ $0 <= $1 })
    else { return nil }
    func isLike(_ curve: LightCurve, _ tolerance: Float) -> Bool {
      stride(from: 0, through: last, by: 257).allSatisfy { place in
        let value = Float(place) / Float(last)
        return abs(LightCurve.srgb.value(table[place]) - LightCurve.srgb.value(curve.light(value))) < tolerance
      }
    }
    // Half a level of 8 bits: profiles of sRGB have their curves in tables of few places.
    self = isLike(.srgb, 0.5 / 255) ? .srgb : isLike(.linear, 1e-4) ? .linear : .table(table)
  }

  var isSRGB: Bool { if case .srgb = self { true } else { false } }
}
