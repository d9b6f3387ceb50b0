import Base
import Glibc
import Imaging

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

/// Something in a folder that is not worked on.
package struct PassedOver: Sendable, Hashable {
  package let path: String
  /// What it is, in words that fit a count: `a GIF picture`.
  package let reason: String

  /// How many there are of each kind, on one line: `4 passed over: a GIF picture (3), a named pipe (1)`. nil for none.
  package static func summary(_ all: [PassedOver]) -> String? {
    guard !all.isEmpty else { return nil }
    let counts = Dictionary(all.map { ($0.reason, 1) }, uniquingKeysWith: +)
    let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return "\(all.count) passed over: " + ordered.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
  }
}

/// The pictures that the arguments name: files as they are, folders as the PNG and JPEG files in them, in order of name.
package enum InputList {
  /// - Parameters:
  ///   - isRecursive: looks into folders of folders too.
  ///   - extensions: endings of the files that count whatever they hold, in lower case.
  ///   - excluded: a folder that is left out (where results go), if any.
  ///   - onLook: called with the number of files and folders looked at and of pictures among them; throwing ends the search.
  ///
  /// A file with another ending, or none, counts where its first bytes are those of PNG or JPEG. Hidden files are passed over;
  /// so are other kinds of files, pipes and devices, and links to folders, which are reported.
  /// Throws when a folder cannot be listed or holds nothing to work on. A file that does not exist is listed: the batch reports
  /// it and goes on.
  package static func expand(
    _ arguments: [String], isRecursive: Bool, excluding excluded: String?,
    extensions: Set<String> = ImageFile.extensions, onLook: @escaping OnLook = { (_, _, _) throws(JobError) in }
  ) throws(JobError) -> (inputs: [Input], passedOver: [PassedOver]) {
    var search = Search(
      isRecursive: isRecursive, excluded: excluded.map(fileKey), extensions: extensions, onLook: onLook)
    for argument in arguments {
      guard argument != "-", isFolder(argument) else {
        search.inputs.append(Input(path: argument, subfolder: "", isFromFolder: false))
        continue
      }
      let (inputs, passed) = (search.inputs.count, search.passedOver.count)
      try search.list(argument, subfolder: "")
      guard search.inputs.count > inputs else {
        throw .noPictures(
          folder: argument, isRecursive: isRecursive,
          passedOver: PassedOver.summary(Array(search.passedOver[passed...])))
      }
    }
    return (search.inputs, search.passedOver)
  }

  package typealias OnLook = (_ folder: String, _ files: Int, _ pictures: Int) throws(JobError) -> Void

  private struct Search {
    let isRecursive: Bool
    let excluded: [UInt8]?
    let extensions: Set<String>
    let onLook: OnLook
    var files = 0
    var inputs: [Input] = []
    var passedOver: [PassedOver] = []

    mutating func list(_ folder: String, subfolder: String) throws(JobError) {
      let names = try InputList.names(in: folder) { (count) throws(JobError) in
        try onLook(folder, files + count, inputs.count)
      }
      for bytes in names where bytes.first != UInt8(ascii: ".") {
        files += 1
        try onLook(folder, files, inputs.count)
        let name = String(fileName: bytes)
        let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
        if isFolder(path) {
          if !isRecursive {
            passOver(path, "a folder; --recursive looks into it")
          } else if isLink(path) {
            passOver(path, "a link to a folder")
          } else if fileKey(path) != excluded {
            try list(path, subfolder: subfolder.isEmpty ? name : subfolder + "/" + name)
          }
        } else if let reason = reasonAgainst(path) {
          passOver(path, reason)
        } else {
          inputs.append(Input(path: path, subfolder: subfolder, isFromFolder: true))
        }
      }
    }

    private mutating func passOver(_ path: String, _ reason: String) {
      passedOver.append(PassedOver(path: path, reason: reason))
    }

    /// What a file is instead of a picture; nil for a picture, and for what is called one and cannot be read: that is the
    /// batch's to tell.
    private func reasonAgainst(_ path: String) -> String? {
      let isCalledPicture = extensions.contains(fileExtension(path).lowercased())
      if isCalledPicture && !isSpecialFile(path) { return nil }
      do throws(RegularFile.Refusal) {
        return switch try ImageFile.kind(of: path) {
        case .picture: nil
        case .other(let kind): kind
        }
      } catch {
        if case .kind(let kind) = error { return kind }
        return "a file that cannot be read"
      }
    }
  }

  /// The names in a folder as their bytes, in the order of these.
  private static func names(
    in folder: String, onFound: (_ count: Int) throws(JobError) -> Void
  ) throws(JobError) -> [[UInt8]] {
    guard !folder.utf8.contains(0), let stream = opendir(folder.systemPath) else {
      throw .folderNotListed(folder: folder, reason: systemReason())
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let found = readdir(stream) {
      let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
      try onFound(names.count)
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
