/// The room for looking at what the network attends to.
struct AttentionScreen: Room {
  static let title = "Attention: what the network looks at"
  static let state = "Not built yet. Nothing here computes, and no key does anything but the ones below."
  static let plan = [
    "For one pixel of the picture: which others it takes its answer from.",
    "The map beside the picture or over it, in the picture's own coordinates.",
    "Kind (window, anchored stripe, anchors), stage, block and head; an overview of all heads.",
    "Numbers: entropy, mean distance, share inside the window, horizontal against vertical.",
    "The window or stripe drawn on the picture; the map exported as a picture or as numbers.",
  ]
  static let keys = "Its keys will be: hjkl query, [ ] block, { } stage, , . head, w s a kind, o overlay, e export"
}
