import Foundation

/// A picture to work on and where it was found.
package struct Input: Sendable {
  /// Path to open; "-" is standard input.
  package let path: String
  /// Folder below the argument in which it was found (`2019/may`); empty for files named on the command line.
  package let subfolder: String
  /// Whether it was found in a folder instead of being named.
  package let isFromFolder: Bool

  package init(path: String, subfolder: String = "", isFromFolder: Bool = false) {
    self.path = path
    self.subfolder = subfolder
    self.isFromFolder = isFromFolder
  }
}

/// The pictures that the arguments name: files as they are, folders as the PNG and JPEG files in them, in order of name.
package enum InputList {
  package static let extensions: Set<String> = ["png", "jpg", "jpeg"]

  /// - Parameters:
  ///   - isRecursive: looks into folders of folders too.
  ///   - extensions: endings of the files that count, in lower case.
  ///   - excluded: a folder that is left out (where results go), if any.
  ///
  /// Hidden files, other kinds of files and links to folders are passed over. Throws when a folder cannot be listed or holds
  /// nothing to work on. A file that does not exist is listed: the batch reports it and goes on.
  package static func expand(
    _ arguments: [String], isRecursive: Bool, excluding excluded: String?,
    extensions: Set<String> = extensions
  ) throws(JobError) -> [Input] {
    let excluded = excluded.map(canonicalPath)
    var inputs: [Input] = []
    for argument in arguments {
      guard argument != "-", isFolder(argument) else {
        inputs.append(Input(path: argument, subfolder: "", isFromFolder: false))
        continue
      }
      let found = try list(argument, subfolder: "", isRecursive: isRecursive, excluding: excluded, extensions)
      guard !found.isEmpty else { throw .noPictures(folder: argument, isRecursive: isRecursive) }
      inputs += found
    }
    return inputs
  }

  private static func list(
    _ folder: String, subfolder: String, isRecursive: Bool, excluding excluded: String?,
    _ extensions: Set<String>
  ) throws(JobError) -> [Input] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw .folderNotListed(folder: folder, reason: reason(error))
    }
    var inputs: [Input] = []
    for name in names where !name.hasPrefix(".") {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      if isFolder(path) {
        guard isRecursive, !isLink(path), canonicalPath(path) != excluded else { continue }
        let below = subfolder.isEmpty ? name : subfolder + "/" + name
        inputs += try list(path, subfolder: below, isRecursive: true, excluding: excluded, extensions)
      } else if extensions.contains(fileExtension(name).lowercased()) {
        inputs.append(Input(path: path, subfolder: subfolder, isFromFolder: true))
      }
    }
    return inputs
  }

  private static func reason(_ error: any Error) -> String {
    ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError).map { String(cString: strerror(Int32($0.code))) }
      ?? "it is not readable"
  }
}
