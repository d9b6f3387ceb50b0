import ArgumentParser

/// A number of bytes as a person writes it: `4G`, `512M`, `1.5GiB`, `2147483648`. Units are binary, as the kernel counts memory.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    var text = Substring(argument.uppercased())
    if text.hasSuffix("IB") { text = text.dropLast(2) } else if text.hasSuffix("B") { text = text.dropLast() }
    let shifts: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40]
    var unit = 1.0
    if let last = text.last, let known = shifts[last] {
      unit = known
      text = text.dropLast()
    }
    guard let number = Double(text), number.isFinite, number > 0, number * unit >= 1, number * unit < 0x1p60 else { return nil }
    bytes = Int(number * unit)
  }
}

/// Whole numbers in a range, refused outside it while the arguments are read.
func checked(_ value: Int?, _ option: String, in range: ClosedRange<Int>) throws {
  if let value, !range.contains(value) {
    throw ValidationError("\(option) \(value): must be \(range.lowerBound) to \(range.upperBound)")
  }
}

/// Options that every verb understands.
struct CommonOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Print errors only, no notes and no progress bar.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Log what is chosen and done to standard error; twice for more.")
  var verbose: Int

  func console(showsProgress: Bool = false) -> Console {
    Console(isQuiet: quiet, showsProgress: showsProgress && verbose == 0)
  }
}
