import Base
import Foundation
import Workbench

extension FileChange {
  /// Does it.
  ///
  /// - Returns: why that was not possible, in one line; what was done before stays done.
  func carryOut() -> String? {
    switch self {
    case .rename(let path, let name):
      let target = joined(parentFolder(path), name)
      guard let code = RenameNew.failure(from: path, to: target) else { return nil }
      return code == EEXIST
        ? "\(name): exists already" : "\(lastComponent(path)): cannot be renamed: \(systemReason(code))"
    case .trash(let paths):
      for path in paths {
        do throws(Trash.Problem) { try Trash().take(path) } catch { return "\(error)".printable }
      }
      return nil
    case .makeFolder(let path):
      guard mkdir(path.systemPath, 0o777) != 0 else { return nil }
      return "\(lastComponent(path)): cannot be made: \(systemReason())"
    }
  }
}
