import Base
import Foundation
import Restoration

/// Where the workbench keeps and looks for things.
struct WorkbenchFolders {
  /// The settings file.
  let settings: String
  /// Folders with themes, the first one that has a theme of a name wins: the user's, those of `GRL_THEMES` (separated by
  /// colons), what was installed with the program, and that of the source tree it was built in.
  let themes: [String]

  init(_ environment: [String: String], executable: String? = ModelLibrary.executablePath) {
    let folder = UserFolders.configuration(environment) + "/grl"
    settings = folder + "/settings.json"
    var themes = [folder + "/themes"]
    themes += (environment["GRL_THEMES"] ?? "").split(separator: ":").map(String.init)
    if let executable {
      var place = parentFolder(executable)
      themes.append(joined(parentFolder(place), "share/grl/themes"))
      // SwiftPM builds into `.build/TRIPLE/release` (or `debug`) of the source tree.
      for _ in 0..<4 where !place.isEmpty && place != "/" {
        place = parentFolder(place)
        let candidate = joined(place, "Themes")
        if isFolder(candidate) && fileExists(joined(place, "Package.swift")) {
          themes.append(candidate)
          break
        }
      }
    }
    self.themes = themes
  }
}
