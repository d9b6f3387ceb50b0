/// What is remembered between two runs.
public struct Settings: Codable, Hashable, Sendable {
  /// Name of the theme.
  public var theme = "dark"
  /// nil: as the terminal tells.
  public var colours: String?
  /// nil: half blocks.
  public var graphics: String?
  public var showsHidden = false
  public var usesMouse = false
  public var memoryBytes: Int?
  public var threadCount: Int?
  /// Machine whose engine is used, `[user@]host`; nil is this one.
  public var host: String?
  /// The task chosen last.
  public var task: String?

  public init() {}

  enum CodingKeys: String, CodingKey {
    case theme, colours, graphics, showsHidden, usesMouse, memoryBytes, threadCount, host, task
  }
}
