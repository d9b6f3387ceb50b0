import EngineWire
import Imaging
import Restoration

extension JobRequest {
  /// The `grl restore` command line that does the same, quoted for a shell. Options that say what holds anyway are left out.
  package var commandLine: String {
    var words = ["grl", "restore", "--task", task]
    func add(_ option: String, _ value: String?) {
      if let value { words += [option, value] }
    }
    add("--sigma", sigma.map(\.shortText))
    add("--scale", scale.map(String.init))
    add("--quality", quality.map(String.init))
    add("--cfa", filters == "rggb" ? nil : filters)
    if transfer == "linear" { words.append("--linear") }
    add("--right", right)
    add("--model", model)
    add("--variant", variant)
    add("--window", network?.window.map(String.init))
    if let rows = network?.stripeRows, let columns = network?.stripeColumns { add("--stripe", "\(rows),\(columns)") }
    add("--anchor-factor", network?.anchorFactor.map(String.init))
    switch tile {
    case .automatic: break
    case .whole: add("--tile", "none")
    case .side(let side): add("--tile", String(side))
    }
    add("--overlap", overlap.map(String.init))
    add("--memory", memoryBytes.map(Self.sizeText))
    add("--threads", threadCount.map(String.init))
    add("--region", region.map { "\($0.x),\($0.y),\($0.width),\($0.height)" })
    add("--precision", precision)
    if usesSelfEnsemble { words.append("--ensemble") }
    add("--max-pixels", maxPixels.map(String.init))
    add("--depth", depth == "keep" ? nil : depth)
    add("--metadata", metadata == "keep" ? nil : metadata)
    if isRecursive { words.append("--recursive") }
    switch existing {
    case .refuse: break
    case .skip: words.append("--skip-existing")
    case .replace: words.append("--overwrite")
    case .rename: words.append("--rename-existing")
    }
    add("-o", output)
    add("--output-dir", outputFolder)
    add("--name", output != nil || name == OutputName.standard ? nil : name)
    if inputs.contains(where: { $0.hasPrefix("-") && $0 != "-" }) { words.append("--") }
    return (words + inputs).map(\.shellQuoted).joined(separator: " ")
  }

  /// `4G`, `512M`, or bytes.
  private static func sizeText(_ bytes: Int) -> String {
    for (unit, size) in [("G", 1 << 30), ("M", 1 << 20)] where bytes % size == 0 { return "\(bytes / size)\(unit)" }
    return "\(bytes)"
  }
}

extension String {
  /// As one word of a POSIX shell's command line. A name with control characters is written as bash's `$'...'`, so that the
  /// line can be shown and typed.
  package var shellQuoted: String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%")
    if !isEmpty && allSatisfy(plain.contains) { return self }
    if printable == self { return "'" + replacing("'", with: "'\\''") + "'" }
    var text = "$'"
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
      case 0x20..<0x7F: text += String(UnicodeScalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text + "'"
  }
}
