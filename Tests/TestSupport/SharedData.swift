import Foundation

/// Where test material lies: in the project (`Tests/Fixtures`), and more of it in a folder beside the project where it exists.
public enum TestData {
  /// Root of the package.
  public static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Material that every clone has.
  public static let fixtures = packageRoot.appending(path: "Tests/Fixtures")

  /// `../shared` beside the project, or what `GRL_SHARED` names; nil where it does not exist.
  public static let shared: URL? = {
    let url =
      ProcessInfo.processInfo.environment["GRL_SHARED"].map { URL(filePath: $0) }
      ?? packageRoot.deletingLastPathComponent().appending(path: "shared")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()

  /// `path` below the shared folder, or nil, said once on standard output, where it does not exist.
  public static func shared(_ path: String) -> URL? {
    guard let url = shared?.appending(path: path), FileManager.default.fileExists(atPath: url.path) else {
      print("note: ../shared/\(path) is not here; testing with Tests/Fixtures only")
      return nil
    }
    return url
  }
}
