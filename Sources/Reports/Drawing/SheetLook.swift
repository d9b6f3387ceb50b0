/// Colours and letters of the pictures that are drawn.
package struct SheetLook {
  package enum Background: String, CaseIterable, Sendable { case dark, light }

  package let background: Colour
  /// Behind pictures that do not fill their place.
  package let well: Colour
  package let text: Colour
  /// Of what matters less.
  package let faint: Colour
  /// Around marks on pictures.
  package let shadow = Colour(0x101114)
  /// Of marks that belong together, one after the other.
  package let accents: [Colour]

  package let title = StrokeFont(size: 14, weight: 2)
  package let label = StrokeFont(size: 11, weight: 1.45)
  package let small = StrokeFont(size: 9.5, weight: 1.2)

  package init(_ background: Background) {
    accents = [0xF2A33A, 0x4FB3E8, 0x7BC96F, 0xE5739A, 0xB39DDB, 0xD9C84E].map(Colour.init)
    switch background {
    case .dark:
      (self.background, well) = (Colour(0x17191E), Colour(0x0E0F12))
      (text, faint) = (Colour(0xE8E6E1), Colour(0x9A9CA3))
    case .light:
      (self.background, well) = (Colour(0xFAF9F6), Colour(0xE9E7E2))
      (text, faint) = (Colour(0x22242A), Colour(0x6C6F78))
    }
  }
}
