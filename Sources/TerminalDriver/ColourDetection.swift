import Workbench

extension ColourDepth {
  /// How many colours the terminal shall be believed to have: what was asked for by name (`--color`, settings; nil or `auto`
  /// is nothing), then `NO_COLOR`, then `COLORTERM`, then the terminal's description. Never more than one of these says.
  public static func detect(
    asked: ColourDepth?, environment: [String: String], colourCount: Int, hasDirectColour: Bool
  ) -> ColourDepth {
    if let asked { return asked }
    if let value = environment["NO_COLOR"], !value.isEmpty { return .none }
    let isDirect = ["truecolor", "24bit"].contains(environment["COLORTERM"]?.lowercased() ?? "")
    // GNU screen hands COLORTERM on from the terminal around it but does not understand direct colour; tmux does.
    let isScreen = environment["TERM"]?.hasPrefix("screen") == true && environment["TMUX"] == nil
    if hasDirectColour || isDirect && !isScreen && colourCount >= 8 { return .truecolour }
    return colourCount >= 256 ? .indexed : colourCount >= 8 ? .sixteen : .none
  }
}
