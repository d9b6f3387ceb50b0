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

  /// The same command, wherever it is offered.
  public static func == (a: Command, b: Command) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
