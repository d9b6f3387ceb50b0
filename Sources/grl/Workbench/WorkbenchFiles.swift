import Base
import Foundation
import Imaging
import JobStore
import Restoration
import Workbench

/// Where the workbench keeps and looks for things.
struct WorkbenchFolders {
  /// The settings file.
  let settings: String
  /// Folders with themes, the first one that has a theme of a name wins: the user's, those of `GRL_THEMES` (separated by
  /// colons), what was installed with the program, and that of the source tree it was built in.
  let themes: [String]
  /// The same with presets, but for a variable.
  let presets: [String]

  init(_ environment: [String: String], executable: String? = ModelLibrary.executablePath) {
    let folder = UserFolders.configuration(environment) + "/grl"
    settings = folder + "/settings.json"
    let named = (environment["GRL_THEMES"] ?? "").split(separator: ":").map(String.init)
    themes = [folder + "/themes"] + named + Self.shipped("themes", source: "Themes", executable)
    presets = [folder + "/presets"] + Self.shipped("presets", source: "Presets", executable)
  }

  /// Where files of a kind are that come with the program: installed, and in the source tree that it was built in.
  private static func shipped(_ kind: String, source: String, _ executable: String?) -> [String] {
    guard let executable else { return [] }
    var place = parentFolder(executable)
    var folders = [joined(parentFolder(place), "share/grl/" + kind)]
    // SwiftPM builds into `.build/TRIPLE/release` (or `debug`) of the source tree.
    for _ in 0..<4 where !place.isEmpty && place != "/" {
      place = parentFolder(place)
      let candidate = joined(place, source)
      if isFolder(candidate) && fileExists(joined(place, "Package.swift")) {
        folders.append(candidate)
        break
      }
    }
    return folders
  }
}

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

/// The themes that can be chosen.
package enum ThemeFiles {
  /// Most files of one folder that are looked at.
  private static let countLimit = 200

  /// Reads all `.theme` files of `folders`; of two with one name the first is taken. The built-in theme is always there.
  package static func load(_ folders: [String]) -> (themes: [Theme], notes: [String]) {
    var themes: [Theme] = []
    var notes: [String] = []
    for folder in folders where isFolder(folder) {
      do {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".theme") }
          .sorted()
        for name in names.prefix(countLimit) {
          let path = joined(folder, name)
          do {
            let bytes = try RegularFile.read(path, limit: Theme.fileLimit)
            let (theme, complaints) = Theme.parse(bytes, file: path)
            if themes.contains(where: { $0.name == theme.name }) { continue }
            themes.append(theme)
            notes += complaints.map(\.description)
          } catch {
            notes.append("\(path.printable): left out: \(error)".printable)
          }
        }
      } catch {
        notes.append("\(folder.printable): \(error.localizedDescription)".printable)
      }
    }
    if !themes.contains(where: { $0.name == Theme.standard.name }) { themes.append(.standard) }
    return (themes, notes)
  }
}
