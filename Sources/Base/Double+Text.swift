import Glibc

extension Double {
  /// Without the decimals of a whole number.
  package var shortText: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : String(self) }

  /// This number with exactly `digits` digits behind the point; `inf`, `-inf` and `nan` as such.
  package func fixed(_ digits: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    _ = withVaList([Int32(digits), self]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
