import Workbench

extension ColourDepth {
  /// How many colours the terminal shall be believed to have where nobody says: none under `NO_COLOR`, else what `COLORTERM` and the
  /// terminal's description promise, never more.
  public static func detect(
    _ environment: [String: String], colourCount: Int, hasDirectColour: Bool
  ) -> ColourDepth {
    if let value = environment["NO_COLOR"], !value.isEmpty { return .none }
    let isDirect = ["truecolor", "24bit"].contains(environment["COLORTERM"]?.lowercased() ?? "")
    // GNU screen hands COLORTERM on from the terminal around it but does not understand direct colour; tmux does.
    let isScreen = environment["TERM"]?.hasPrefix("screen") == true && environment["TMUX"] == nil
    if hasDirectColour || isDirect && !isScreen && colourCount >= 8 { return .truecolour }
    return colourCount >= 256 ? .indexed : colourCount >= 8 ? .sixteen : .none
  }
}
