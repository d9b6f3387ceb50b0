extension Look {
  /// Small signs, none of ambiguous width, with their ASCII stand-ins.
  public enum Glyph: Hashable, Sendable {
    /// Done.
    case check
    /// Failed.
    case cross
    /// What goes on now; the folder that opens.
    case pointer
    case marked
    /// More above, more below.
    case moreUp, moreDown
  }

  public subscript(_ glyph: Glyph) -> String {
    switch glyph {
    case .check: isASCII ? "v" : "\u{2713}"
    case .cross: isASCII ? "x" : "\u{2717}"
    case .pointer: isASCII ? ">" : "\u{25b8}"
    case .marked: "*"
    case .moreUp: isASCII ? "^" : "\u{25b4}"
    case .moreDown: isASCII ? "v" : "\u{25be}"
    }
  }
}
