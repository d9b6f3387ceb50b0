/// Numbers as people read them, always with their unit.
enum Quantity {
  /// `640 B`, `12.4 MB`, `1.21 GB`; thousands, as files are counted.
  static func bytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(max(count, 0)), 0)
    while value >= 999.5 && unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return (unit == 0 ? String(count) : threeDigits(value)) + " " + units[unit]
  }

  /// `310 MiB`, `1.52 GiB`: memory, in units of 1024 as the command line takes it.
  static func memory(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var (value, unit) = (Double(max(count, 0)), 0)
    while value >= 999.5 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return (unit == 0 ? String(count) : threeDigits(value)) + " " + units[unit]
  }

  /// `0.4 s`, `58 s`, `4 min 10 s`, `2 h 05 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    if seconds < 9.95 { return decimal(seconds, 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
  }

  /// `00:58`, `1:04:10`.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "--:--" }
    let whole = Int(seconds)
    let minutes = twoDigits(whole % 3600 / 60) + ":" + twoDigits(whole % 60)
    return whole < 3600 ? minutes : "\(whole / 3600):" + minutes
  }

  /// `1.5 Mpx`, `0.021 Mpx`.
  static func megapixels(_ pixels: Double) -> String {
    let value = max(pixels, 0) / 1e6
    return (value < 0.0995 ? decimal(value, 3) : value < 9.95 ? decimal(value, 2) : decimal(value, 1)) + " Mpx"
  }

  /// With so many decimals, 0...6.
  static func decimal(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "?" }
    let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && whole != 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(whole) }
    let rest = String(whole % scale)
    return sign + "\(whole / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
  }

  /// `25`, `12.5`: at most two decimals, none that is 0 at the end.
  static func short(_ value: Double) -> String {
    var text = decimal(value, 2)
    while text.contains(".") && (text.hasSuffix("0") || text.hasSuffix(".")) { text.removeLast() }
    return text
  }

  /// `1 picture`, `3 pictures`.
  static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) " + (count == 1 ? one : many ?? one + "s")
  }

  private static func threeDigits(_ value: Double) -> String {
    decimal(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
