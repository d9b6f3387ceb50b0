import Base
import Imaging
import Restoration
import Tensors

/// What reading training data may take.
public struct DataLimits: Sendable {
  /// Memory for the pictures and for decoding them.
  public var memoryBytes: Int
  /// Threads that decode.
  public var threadCount: Int
  /// Of each file.
  public var image: ImageLimits
  /// The most pixels that are kept of a photograph, from its middle; nil as memory allows. A resumed training gives what
  /// ``PhotoLibrary/pixelsPerPicture`` was, so that its patches are the same with more memory or less.
  public var pixelsPerPicture: Int?

  /// - Parameter memoryBytes: the program's rule where nil.
  public init(memoryBytes: Int? = nil, threadCount: Int = 1, image: ImageLimits = .standard) {
    self.memoryBytes = memoryBytes ?? MemoryBudget.standard
    self.threadCount = threadCount
    self.image = image
  }
}

/// A file of a folder or a member of an archive.
struct PictureEntry: Sendable {
  /// Below the folder, or in the archive.
  let name: String
  /// For messages.
  let path: String
  let member: TarArchive.Member?
  let archive: TarArchive?

  init(name: String, path: String, member: TarArchive.Member? = nil, archive: TarArchive? = nil) {
    (self.name, self.path, self.member, self.archive) = (name, path, member, archive)
  }

  /// A file, named as it lies below `folder`.
  init(file: String, below folder: String) {
    self.init(name: file.hasPrefix(folder + "/") ? String(file.dropFirst(folder.count + 1)) : file, path: file)
  }

  func file(_ limits: ImageLimits) throws(ImageError) -> PictureFile {
    guard let archive, let member else { return try PictureFile(path, limits: limits) }
    guard member.content.count <= limits.fileBytes else {
      throw .fileTooLarge(path: path, bytes: member.content.count, limitBytes: limits.fileBytes)
    }
    do { return PictureFile(try archive.read(member), path: path) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  /// Pixels, and what decoding takes, by the header: of a file only its beginning is read where that tells.
  func size(_ limits: ImageLimits) throws(ImageError) -> (pixels: Int, decodingBytes: Int) {
    if archive == nil, ImageFile.extensions.contains(fileExtension(path).lowercased()) {
      do throws(ImageError) {
        let header = try ImageFile.header(path, limits: limits)
        return (header.width * header.height, header.decodingBytes)
      } catch .notAnImage {
        // Perhaps a BMP or TIFF of another name.
      }
    }
    return try file(limits).size(limits: limits)
  }

  /// Whether one of the folders that it lies in has this name.
  func lies(in folder: String) -> Bool {
    parentFolder(name).utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(folder.utf8) }
  }

  /// The pictures of a folder and of the folders in it, or of a tar archive, by the endings of their names, in order of the bytes of their
  /// names; or a picture itself. Hidden ones and links to folders are left out.
  static func all(in path: String) throws(TrainingDataError) -> [PictureEntry] {
    var entries: [PictureEntry] = []
    if isFolder(path) {
      var folders = [""]
      while let folder = folders.popLast() {
        let place = folder.isEmpty ? path : joined(path, folder)
        guard let names = namesInFolder(place) else {
          throw .unreadable(path: place, reason: systemReason())
        }
        for name in names where !name.hasPrefix(".") {
          let (full, below) = (joined(place, name), folder.isEmpty ? name : joined(folder, name))
          if isFolder(full) {
            if !isLink(full) { folders.append(below) }
          } else if isPicture(name) {
            entries.append(PictureEntry(name: below, path: full))
          }
        }
      }
    } else {
      guard fileExists(path) else {
        throw .unreadable(
          path: path, reason: "it does not exist; give a folder, a tar archive of pictures or a picture")
      }
      if isPicture(lastComponent(path)) { return [PictureEntry(name: lastComponent(path), path: path)] }
      let archive = try TarArchive(path)
      for member in archive.members where isPicture(lastComponent(member.name)) {
        entries.append(
          PictureEntry(name: member.name, path: "\(path):\(member.name)", member: member, archive: archive))
      }
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func isPicture(_ name: String) -> Bool {
    !name.hasPrefix(".") && PictureFile.endings.contains(fileExtension(name).lowercased())
  }
}

/// Decodes many pictures on several threads.
struct PictureLoading {
  let path: String
  let isColour: Bool
  let limits: DataLimits

  /// Pixels of the least that is kept of a picture where memory is short.
  static let leastPixels = 256 * 256

  struct Sizes {
    /// Of each entry, by its header; nil where it cannot be read.
    var pixels: [Int?]
    /// The most that decoding one takes.
    var largestBytes = 0
    /// A line for each entry that cannot be read.
    var refused: [String] = []
  }

  private var channels: Int { isColour ? 3 : 1 }

  /// Reads all headers.
  func sizes(_ entries: [PictureEntry]) throws(TrainingDataError) -> Sizes {
    let found = try each(entries, threadCount: limits.threadCount) { entry throws(ImageError) in
      let size = try entry.size(limits.image)
      // Beside what the decoder holds: the picture in another layout, and in 8 bits.
      return (pixels: size.pixels, bytes: size.decodingBytes + 2 * 4 * size.pixels)
    }
    var sizes = Sizes(pixels: [])
    for result in found {
      switch result {
      case .success(let size):
        sizes.pixels.append(size.pixels)
        sizes.largestBytes = max(sizes.largestBytes, size.bytes)
      case .failure(let error):
        sizes.pixels.append(nil)
        sizes.refused.append("\(error)")
      }
    }
    return sizes
  }

  /// The most pixels that are kept of one picture; nil where that is every pixel.
  ///
  /// - Throws: `overBudget` where less than `leastPixels` of each would be left.
  func share(_ sizes: Sizes) throws(TrainingDataError) -> Int? {
    let most = limits.pixelsPerPicture
    let pixels = sizes.pixels.compactMap { $0.map { min($0, most ?? .max) } }.sorted()
    let room = limits.memoryBytes - sizes.largestBytes
    let needed = pixels.reduce(0, +) * channels
    if needed <= room { return most }
    // Small pictures are kept whole; what they leave is shared out among the larger ones.
    var left = max(0, room) / channels
    for (place, count) in pixels.enumerated() {
      let share = left / (pixels.count - place)
      if count > share {
        guard share >= Self.leastPixels else { break }
        return share
      }
      left -= count
    }
    throw .overBudget(
      path: path, pictures: pixels.count, neededBytes: needed + sizes.largestBytes, budgetBytes: limits.memoryBytes)
  }

  /// - Throws: `overBudget` where not all pictures fit into memory whole.
  func checkAllFit(_ sizes: Sizes) throws(TrainingDataError) {
    let needed = sizes.pixels.reduce(0) { $0 + ($1 ?? 0) } * channels + sizes.largestBytes
    guard needed > limits.memoryBytes else { return }
    throw .overBudget(
      path: path, pictures: sizes.pixels.count, neededBytes: needed, budgetBytes: limits.memoryBytes)
  }

  /// Decodes `entries`, of each `share` pixels from its middle at most.
  func pictures(
    _ entries: [PictureEntry], _ sizes: Sizes, share: Int? = nil
  ) throws(TrainingDataError) -> [Result<StoredPicture, ImageError>] {
    let kept = sizes.pixels.reduce(0) { $0 + min($1 ?? 0, share ?? .max) } * channels
    let atOnce = max(1, min(limits.threadCount, (limits.memoryBytes - kept) / max(1, sizes.largestBytes)))
    return try each(entries, threadCount: atOnce) { entry throws(ImageError) in
      let image = try entry.file(limits.image).image(limits: limits.image)
      let picture = StoredPicture(image, name: entry.name, isColour: isColour)
      guard let share, picture.pixels > share else { return picture }
      let factor = (Double(share) / Double(picture.pixels)).squareRoot()
      let (width, height) = (Int(Double(picture.width) * factor), Int(Double(picture.height) * factor))
      return picture.cropped(
        Rectangle(
          x: (picture.width - width) / 2, y: (picture.height - height) / 2, width: max(1, width), height: max(1, height)
        ))
    }
  }

  private func each<Value: Sendable>(
    _ entries: [PictureEntry], threadCount: Int, _ read: (PictureEntry) throws(ImageError) -> Value
  ) throws(TrainingDataError) -> [Result<Value, ImageError>] {
    let results = Locked([Result<Value, ImageError>?](repeating: nil, count: entries.count))
    ThreadLease(threadCount: max(1, threadCount)).run(count: entries.count) { index, _ in
      guard limits.image.cancelFlag?.isSetUncounted != true else { return }
      let result: Result<Value, ImageError>
      do throws(ImageError) { result = .success(try read(entries[index])) } catch { result = .failure(error) }
      results.withLock { $0[index] = result }
    }
    guard limits.image.cancelFlag?.isSetUncounted != true else { throw .cancelled }
    return results.withLock { $0 }.compactMap(\.self)
  }
}
