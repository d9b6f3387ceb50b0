/// How pictures are compared.
enum CompareMode: Hashable, Sendable, CaseIterable {
  case sideBySide, flip, wipe, difference

  var title: String {
    switch self {
    case .sideBySide: "side by side"
    case .flip: "flip"
    case .wipe: "wipe"
    case .difference: "difference"
    }
  }
}
