import Checkpoints

/// Why the configuration of a weight file could not be settled. No picture is ever made with a guessed one.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One value and who says so.
  public struct Claim: Hashable, Sendable, CustomStringConvertible {
    public let value: String
    public let source: SettingSource

    public init(value: String, source: SettingSource) {
      self.value = value
      self.source = source
    }

    public var description: String { "\(value) (\(source))" }
  }

  /// Not the weights of a GRL network.
  case notGRL(path: String, reason: String)
  /// The metadata, the stored tables or the settled configuration as a whole are wrong.
  case invalid(path: String, fault: ConfigurationFault)
  /// Two sources disagree. `setting` is a `ConfigurationSetting`, `task` or `variant`.
  case contradiction(path: String, setting: String, claims: [Claim])
  /// No published settings for the task and variant that were given fit the weights.
  case notPublished(path: String, task: String, variant: String)
  /// Nothing says what these settings are; `candidates` lists the published settings that come into question.
  case unsettled(path: String, settings: [ConfigurationSetting], candidates: [String])

  public var description: String {
    switch self {
    case .notGRL(let path, let reason):
      "\(path.printable()): not a GRL network: \(reason.printable()); give a GRL checkpoint"
    case .invalid(let path, let fault):
      "\(path.printable()): \(fault); fetch the file again, or export it with a valid configuration"
    case .contradiction(let path, let setting, let claims):
      "\(path.printable()): \(setting): " + claims.map(\.description).joined(separator: " against ") + "; "
        + Self.advice(for: setting, claims)
    case .notPublished(let path, let task, let variant):
      "\(path.printable()): no settings of a network like this were published for \(task) \(variant); "
        + Self.flags([.window, .stripe, .anchorFactor])
    case .unsettled(let path, let settings, let candidates):
      "\(path.printable()): the weights do not tell \(settings.map(\.rawValue).joined(separator: ", ")); "
        + Self.flags(settings)
        + (candidates.isEmpty
          ? ", or --task T --variant V if they were trained with the published settings"
          : " (published: \(candidates.joined(separator: " or ")))")
    }
  }

  private static func flags(_ settings: [ConfigurationSetting]) -> String {
    "give " + settings.compactMap(\.flag).joined(separator: " ")
  }

  private static func advice(for setting: String, _ claims: [Claim]) -> String {
    if claims.contains(where: { $0.source == .flag }) { return "leave out the flag" }
    if let flag = ConfigurationSetting(rawValue: setting)?.flag { return "give \(flag) to settle it" }
    return "rename the file and " + flags([.window, .stripe, .anchorFactor])
  }
}
