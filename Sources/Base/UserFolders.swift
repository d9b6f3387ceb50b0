import Foundation

/// The folders of the XDG Base Directory Specification (0.8), in which relative values count as not set.
package enum UserFolders {
  /// The value of a variable that names a folder.
  package static func named(_ variable: String, in environment: [String: String]) -> String? {
    environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
  }

  package static func configuration(_ environment: [String: String]) -> String {
    folder("XDG_CONFIG_HOME", ".config", environment)
  }
  package static func data(_ environment: [String: String]) -> String {
    folder("XDG_DATA_HOME", ".local/share", environment)
  }
  package static func cache(_ environment: [String: String]) -> String {
    folder("XDG_CACHE_HOME", ".cache", environment)
  }
  package static func state(_ environment: [String: String]) -> String {
    folder("XDG_STATE_HOME", ".local/state", environment)
  }

  private static func folder(_ variable: String, _ usual: String, _ environment: [String: String]) -> String {
    named(variable, in: environment) ?? (environment["HOME"] ?? NSHomeDirectory()) + "/" + usual
  }
}
