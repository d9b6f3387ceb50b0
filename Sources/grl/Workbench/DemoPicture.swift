import Base
import Foundation

/// A photograph to try the program on: a sample of the source tree, saved as JPEG of quality 14.
enum DemoPicture {
  static let steps = """
    This photograph was saved as JPEG of low quality: look at the sky and the edges.

    Enter  closes this
    t      takes the task that the preview proposes, jpeg
    p      restores the framed part and shows it before and after; b flips, Esc goes back
    2      shows the plan, r runs it, screen 3 shows it at work
    B      compares the result with what it was; + and = look closer, b flips

    ?      lists the keys of where you are, q goes back and leaves
    """

  /// Where the picture lies, in a folder of its own where results may go; written where it is not there.
  static func path(_ environment: [String: String]) throws -> String {
    let folder = joined(UserFolders.cache(environment), "grl/demo")
    let path = joined(folder, "torii-gates.jpg")
    let bytes = Data(PackageResources.torii_gates_jpg)
    if FileManager.default.contents(atPath: path) == bytes { return path }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try bytes.write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Failure(.badInput, "\(path.printable): the demo picture cannot be written: \(error.localizedDescription)")
    }
    return path
  }
}
