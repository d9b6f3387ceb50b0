import Foundation

/// What is remembered between two runs.
public struct Settings: Codable, Hashable, Sendable {
  /// Name of the theme; `auto`: dark or light, as the terminal is.
  public var theme = "auto"
  /// nil: as the terminal reports.
  public var colours: String?
  /// nil: half blocks.
  public var graphics: String?
  public var showsHidden = false
  public var usesMouse = false
  public var memoryBytes: Int?
  public var threadCount: Int?
  /// Machine whose engine is used, `[user@]host`; nil is this one.
  public var host: String?
  /// Pictures that were marked when the workbench was left.
  public var marked: [String] = []
  /// It was said that the terminal can show pixels.
  public var knowsPixels = false
  /// The task chosen last.
  public var task: String?
  /// Everything else that was chosen with it, by the names of the options: all of it or nothing. Not what would replace files, and not what is
  /// about single pictures.
  public var plan: [String: String]?

  public init() {}

  enum CodingKeys: String, CodingKey {
    case theme, colours, graphics, showsHidden, usesMouse, memoryBytes, threadCount, host, marked, knowsPixels, task,
      plan
  }
}

extension Settings {
  /// Longest file, in bytes.
  public static let fileLimit = 1 << 20

  /// Reads a settings file: a JSON object, every key optional and by itself, so that one bad value does not cost the others.
  ///
  /// Keys that this version does not know are passed over.
  ///
  /// - Returns: what the file says, completed by the standard, and the keys whose values are of the wrong kind, in order; nil for
  ///   what is no JSON object, or longer than `fileLimit`.
  public static func parse(_ bytes: [UInt8]) -> (settings: Settings, badKeys: [String])? {
    guard bytes.count <= fileLimit else { return nil }
    do {
      guard let values = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return nil }
      var settings = Settings()
      var badKeys: [String] = []
      for (key, value) in values.sorted(by: { $0.key < $1.key }) where CodingKeys(stringValue: key) != nil {
        do {
          guard var all = try JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)) as? [String: Any]
          else {
            continue
          }
          all[key] = value
          settings = try JSONDecoder().decode(Settings.self, from: JSONSerialization.data(withJSONObject: all))
        } catch {
          badKeys.append(key)
        }
      }
      return (settings, badKeys)
    } catch {
      return nil
    }
  }

  /// The file that says these settings.
  ///
  /// - Throws: what `JSONEncoder` does; plain values like these always encode.
  public func fileBytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}
