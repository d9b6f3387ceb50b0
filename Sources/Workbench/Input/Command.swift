/// Something a person can do: by key, from the help, from the palette, and by name in plain mode.
public struct Command: Hashable, Sendable {
  /// As the palette and plain mode know it: `zoom-in`.
  public let name: String
  /// In the help: what it does, in a few words.
  public let title: String
  /// In the footer, one or two words; nil keeps it out of the footer.
  public let short: String?
  /// The keys that do it; several keys in one entry are pressed one after the other (`g g`).
  public let keys: [[Key]]

  public init(_ name: String, _ title: String, short: String? = nil, keys: [[Key]] = []) {
    self.name = name
    self.title = title
    self.short = short
    self.keys = keys
  }

  /// Keys by their names: `Command("top", "to the beginning", "g g", "Home")`.
  init(_ name: String, _ title: String, short: String? = nil, _ keys: String...) {
    self.init(name, title, short: short, keys: keys.map(Key.sequence))
  }

  /// The same command in a screen's own words.
  func called(_ title: String, short: String? = nil) -> Command {
    Command(name, title, short: short, keys: keys)
  }

  /// The first way to press it: `g g`.
  public var keyName: String? { keys.first.map { $0.map(\.name).joined(separator: " ") } }

  /// The same command, wherever it is offered.
  public static func == (a: Command, b: Command) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
