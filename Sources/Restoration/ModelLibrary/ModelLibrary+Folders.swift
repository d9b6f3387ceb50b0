import Base
import Foundation

extension ModelLibrary {
  /// The folders of this installation.
  ///
  /// If the environment variable `GRL_MODELS` is set, only the folders in it (separated by colons) are searched, and
  /// models are imported into the first. Otherwise the
  /// user's (`$XDG_DATA_HOME/grl/models`, by default `~/.local/share/grl/models`), then what came with the program: the
  /// package's resources beside the executable, and `share/grl/models` of the prefix whose `bin` holds it.
  public static func standard() -> ModelLibrary {
    standard(environment: ProcessInfo.processInfo.environment)
  }

  /// The same for another environment, and for an executable at any path.
  package static func standard(environment: [String: String], executable: String? = executablePath) -> ModelLibrary {
    let override = (environment["GRL_MODELS"] ?? "").split(separator: ":").map(String.init)
    if let first = override.first {
      return ModelLibrary(folders: override.map { Folder(path: $0, origin: .environment) }, userFolder: first)
    }
    let userFolder = UserFolders.data(environment) + "/grl/models"
    var folders = [Folder(path: userFolder, origin: .user)]
    if let executable {
      let directory = URL(filePath: executable).deletingLastPathComponent()
      folders += [
        directory.appending(path: "grl-workbench_Restoration.resources/Models"),
        directory.deletingLastPathComponent().appending(path: "share/grl/models"),
      ].map { Folder(path: $0.path, origin: .bundled) }
    }
    return ModelLibrary(folders: folders, userFolder: userFolder)
  }

  package static var executablePath: String? {
    do { return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
      // No /proc: what the shell called, if it was a path.
      return CommandLine.arguments.first.flatMap { $0.contains("/") ? $0 : nil }
    }
  }
}
