import Base
import Foundation
import Imaging
import JobStore
import Workbench

/// The file with what is remembered between two runs. Written whole or not at all.
struct SettingsFile {
  let path: String
  /// What stands there cannot be read, so it is not overwritten: it may be a slip of a hand that edited it.
  private let isProtected: Bool
  /// What flags said for this run alone, and what stays in the file in its place.
  private var passing: (flagged: Settings, kept: Settings)?

  private init(_ path: String, isProtected: Bool) {
    self.path = path
    self.isProtected = isProtected
  }

  /// Host, colours and graphics of `flagged` are not to be remembered as long as they stay what they are: flags are for one run.
  mutating func leaveOut(_ flagged: Settings, instead kept: Settings) { passing = (flagged, kept) }

  /// Reads the file; what it does not say, or says wrongly, is as it is by default, and the latter is told.
  static func load(_ path: String) -> (settings: Settings, file: SettingsFile, notes: [String]) {
    guard fileExists(path) else { return (Settings(), SettingsFile(path, isProtected: false), []) }
    let unreadable =
      "\(path.printable): not readable as settings, left alone; correct or remove it to have settings kept"
    do throws(StoreError) {
      let bytes = try DurableFile.read(path, limit: Settings.fileLimit)
      guard let (settings, badKeys) = Settings.parse(bytes) else {
        return (Settings(), SettingsFile(path, isProtected: true), [unreadable])
      }
      let notes = badKeys.map { "\(path.printable): the value of '\($0.printable)' is of the wrong kind and left out" }
      return (settings, SettingsFile(path, isProtected: false), notes)
    } catch {
      return (Settings(), SettingsFile(path, isProtected: true), [unreadable])
    }
  }

  /// - Returns: what went wrong, in one line.
  func save(_ settings: Settings) -> String? {
    if isProtected { return "settings are not kept: \(path.printable) is not readable as settings" }
    var settings = settings
    if let passing {
      if settings.host == passing.flagged.host { settings.host = passing.kept.host }
      if settings.colours == passing.flagged.colours { settings.colours = passing.kept.colours }
      if settings.graphics == passing.flagged.graphics { settings.graphics = passing.kept.graphics }
    }
    do {
      let folder = parentFolder(path)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(settings.fileBytes()).write(to: URL(filePath: path), options: .atomic)
      return nil
    } catch {
      return "settings are not kept: \(path.printable): \(error.localizedDescription)".printable
    }
  }
}
