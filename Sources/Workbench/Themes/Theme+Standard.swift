extension Theme {
  /// What is used where no file says otherwise.
  public static let standard: Theme = {
    var theme = Theme(name: "dark")
    let background = Colour.rgb(0x12, 0x16, 0x1c)
    func colour(_ value: UInt32) -> Colour {
      .rgb(UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
    }
    theme.styles = [
      .text: Style(colour(0xd4dae2), on: background),
      .faint: Style(colour(0x8a95a3), on: background),
      .accent: Style(colour(0x7cc4e8), on: background),
      .title: Style(colour(0xf0f4f8), on: background, .bold),
      .bar: Style(colour(0xb8c2cd), on: colour(0x222a34)),
      .barKey: Style(colour(0x7cc4e8), on: colour(0x222a34)),
      .barActive: Style(colour(0x12161c), on: colour(0x7cc4e8), .bold),
      .panel: Style(colour(0xd4dae2), on: colour(0x1a2028)),
      .cursor: Style(colour(0xf0f4f8), on: colour(0x2f4356)),
      .mark: Style(colour(0xe8c37c), on: background, .bold),
      .match: Style(colour(0x12161c), on: colour(0xe8c37c)),
      .good: Style(colour(0x8fd19e), on: background),
      .warning: Style(colour(0xe8c37c), on: background),
      .error: Style(colour(0xf09a91), on: background),
      .input: Style(colour(0xf0f4f8), on: colour(0x1f2f3d)),
      .border: Style(colour(0x8a95a3), on: background),
      .tileWaiting: Style(colour(0xb8c2cd), on: colour(0x2a333e)),
      .tileRunning: Style(colour(0x12161c), on: colour(0x7cc4e8)),
      .tileDone: Style(colour(0x12161c), on: colour(0x6aa97a)),
      .tileFailed: Style(colour(0x12161c), on: colour(0xe07a70)),
      .meter: Style(colour(0x12161c), on: colour(0x7cc4e8)),
      .meterRest: Style(colour(0xb8c2cd), on: colour(0x2a333e)),
    ]
    return theme
  }()

  public func look(colours: ColourDepth, graphics: Graphics) -> Look {
    Look(colours: colours, graphics: graphics, styles: styles)
  }
}
