import Base
import Foundation
import Imaging
import Workbench

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
