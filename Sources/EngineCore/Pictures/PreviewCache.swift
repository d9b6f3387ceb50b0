import Base
import EngineWire
import Glibc
import Imaging
import Restoration

/// Decodes, scales and measures pictures for screens, and remembers the last few pictures.
package final class PreviewCache: Sendable {
  /// Bytes of decoded samples that are remembered.
  private static let mostBytes = 128 << 20
  /// Bytes of decoded samples of one picture that are still shown.
  package static let largestPicture = 1 << 30

  private struct Entry {
    let stamp: FileStamp
    let image: Image
    var bytes: Int { PictureSize(image).bytes }
  }

  private struct Memory {
    /// The last used first.
    var entries: [Entry] = []
    var estimates: [FileStamp: PictureEstimates] = [:]

    /// The picture, if it is remembered.
    mutating func image(_ stamp: FileStamp?) -> Image? {
      guard let place = entries.firstIndex(where: { $0.stamp == stamp }) else { return nil }
      let entry = entries.remove(at: place)
      entries.insert(entry, at: 0)
      return entry.image
    }

    mutating func makeRoom(for bytes: Int) {
      while !entries.isEmpty, entries.reduce(bytes, { $0 + $1.bytes }) > mostBytes { entries.removeLast() }
    }
  }
  private let memory = Locked(Memory())

  package init() {}

  /// `region` of the picture (nil: all of it) scaled to fit `box`; where all of it is asked for, with estimates of its damage.
  ///
  /// - Parameters:
  ///   - budgetBytes: what is left for it.
  ///   - flag: ends the work.
  package func preview(
    _ path: String, region: Rectangle?, within box: (width: Int, height: Int), budgetBytes: Int = largestPicture,
    _ flag: CancelFlag = CancelFlag()
  ) throws(JobError) -> (info: PixelsInfo, pixels: [UInt8]) {
    let image = try image(path, limits: .standard.heeding(flag), budgetBytes: budgetBytes)
    if flag.isSet { throw .cancelled }
    let region = try Self.region(region, of: image)
    let size = Fit.shrunk(region.width, region.height, within: box)
    let scaled = ScaledPicture(image, region: region, width: size.width, height: size.height)
    if flag.isSet { throw .cancelled }
    let estimates = try estimates(of: image, path, flag)
    let info = PixelsInfo(
      width: scaled.width, height: scaled.height, pictureWidth: image.width, pictureHeight: image.height,
      region: region, noiseSigma: estimates.noiseSigma, blockiness: estimates.blockiness)
    return (info, scaled.pixels)
  }

  /// The decoded picture. One that was decoded before and has not changed comes from memory.
  private func image(
    _ path: String, limits: ImageLimits = .standard, budgetBytes: Int
  ) throws(JobError) -> Image {
    let stamp = FileStamp(path)
    if let image = memory.withLock({ $0.image(stamp) }) { return image }
    let image: Image
    do {
      let size = try PictureSize(path, limits)
      let limit = min(Self.largestPicture, budgetBytes)
      guard size.decodingBytes <= limit else {
        throw JobError.previewTooLarge(path: path, bytes: size.decodingBytes, limit: limit)
      }
      // Room is made before, not after.
      memory.withLock { $0.makeRoom(for: size.bytes) }
      image = try Self.read(path, limits)
    } catch let error as ImageError {
      throw .image(error)
    } catch {
      throw error as? JobError ?? .cancelled
    }
    if let stamp, PictureSize(image).bytes <= Self.mostBytes {
      memory.withLock { memory in
        // Another request may have read another picture, or this one, meanwhile.
        if memory.image(stamp) != nil { return }
        memory.makeRoom(for: PictureSize(image).bytes)
        memory.entries.insert(Entry(stamp: stamp, image: image), at: 0)
      }
    }
    return image
  }

  /// Pixels to be gone through for a preview: all of the picture, or the region where the picture is remembered.
  package func work(_ path: String, region: Rectangle?) throws(JobError) -> Int {
    let stamp = FileStamp(path)
    if let image = memory.withLock({ $0.image(stamp) }) {
      let region = try Self.region(region, of: image)
      return region.width * region.height
    }
    do throws(ImageError) { return try PictureSize(path, .standard).pixels } catch { throw .image(error) }
  }

  /// Of a camera raw file, what it shows roughly.
  static func read(_ path: String, _ limits: ImageLimits) throws(ImageError) -> Image {
    guard RawFile.isRaw(path) else { return try ImageFile.read(path, limits: limits).image }
    let mosaic = try RawFile.read(path, limits: limits)
    let picture = mosaic.mosaicPicture()
    return mosaic.header.exposed(.automatic, picture).roughPicture(picture)
  }

  /// Looked for once, even in pictures too large to be remembered.
  private func estimates(of image: Image, _ path: String, _ flag: CancelFlag) throws(JobError) -> PictureEstimates {
    // Blocks of two by two pixels tell nothing of noise or compression.
    if RawFile.isRaw(path) { return .none }
    let stamp = FileStamp(path)
    if let stamp, let known = memory.withLock({ $0.estimates[stamp] }) { return known }
    guard let found = PictureEstimates(image, heeding: flag) else { throw .cancelled }
    guard let stamp else { return found }
    memory.withLock { memory in
      if memory.estimates.count > 1000 { memory.estimates.removeAll() }
      memory.estimates[stamp] = found
    }
    return found
  }

  package static func region(_ region: Rectangle?, of image: Image) throws(JobError) -> Rectangle {
    guard let region else { return image.bounds }
    guard region.fits(width: image.width, height: image.height) else {
      throw .badRequest(
        "region \(region.text) does not lie within the picture of \(image.width) x \(image.height) pixels")
    }
    return region
  }
}

/// Bytes of a picture's samples.
struct PictureSize {
  let pixels: Int
  let bytes: Int
  /// What decoding it takes at its peak.
  let decodingBytes: Int

  init(_ image: Image) {
    pixels = image.width * image.height
    bytes = PictureShape(image).byteCount
    decodingBytes = bytes
  }

  init(_ path: String, _ limits: ImageLimits) throws(ImageError) {
    if RawFile.isRaw(path) {
      let header = try RawFile.header(path, limits: limits)
      pixels = header.width * header.height
      bytes = pixels * 3
      decodingBytes = RawFile.decodingBytes(header) + bytes
    } else {
      let header = try ImageFile.header(path, limits: limits)
      pixels = header.width * header.height
      bytes = PictureShape(header).byteCount
      decodingBytes = header.decodingBytes
    }
  }
}

extension PictureInfo {
  /// What the header of the file at `path` says.
  package init(path: String, limits: ImageLimits = .standard) throws(JobError) {
    var status = stat()
    let bytes = stat(path.systemPath, &status) == 0 ? Int(status.st_size) : 0
    if RawFile.isRaw(path) {
      let header: SensorHeader
      do { header = try RawFile.header(path, limits: limits) } catch { throw .image(error) }
      let (degrees, isMirrored) = Self.turned(header.orientation)
      self.init(
        path: path, bytes: bytes, format: fileExtension(path).lowercased(), width: header.width, height: header.height,
        bitDepth: 16, layout: "mosaic", hasICC: false, hasEXIF: false, turnedDegrees: degrees, isMirrored: isMirrored)
      return
    }
    let header: ImageFile.Header
    do { header = try ImageFile.header(path, limits: limits) } catch { throw .image(error) }
    let (degrees, isMirrored) = Self.turned(header.orientation)
    self.init(
      path: path, bytes: bytes, format: header.format.rawValue, width: header.width, height: header.height,
      bitDepth: header.bitDepth, layout: header.layout.rawValue,
      hasICC: header.metadata.iccProfile != nil, hasEXIF: header.metadata.exif != nil, turnedDegrees: degrees,
      isMirrored: isMirrored)
  }

  private static func turned(_ orientation: Orientation) -> (degrees: Int, isMirrored: Bool) {
    switch orientation {
    case .upright: (0, false)
    case .mirrored: (0, true)
    case .rotated180: (180, false)
    case .flipped: (180, true)
    case .transposed: (90, true)
    case .rotatedLeft: (90, false)
    case .transversed: (270, true)
    case .rotatedRight: (270, false)
    }
  }
}

/// What a file was when it was looked at; another one where it has changed since.
struct FileStamp: Hashable, Sendable {
  let path: String
  /// Two names that differ in how an accent is written are equal as text.
  let inode: UInt
  let bytes: Int
  let seconds: Int
  let nanoseconds: Int

  /// nil where there is no regular file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path.systemPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.path = path
    inode = UInt(status.st_ino)
    bytes = Int(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
