import Base
import CImageIO
import Glibc

/// A picture that comes through a pipe, taken in whole, since its reader goes back and forth in it.
///
/// Its first bytes come first; then, as soon as the header is there, no more is taken in than a picture of its size can be.
struct PictureStream {
  /// So many bytes should have the header, profile and all; else twice as many, and so on.
  private static let headerBytes = 1 << 16

  private let descriptor: Int32
  private let path: String
  private let limits: ImageLimits

  init(_ descriptor: Int32, path: String, _ limits: ImageLimits) {
    self.descriptor = descriptor
    self.path = path
    self.limits = limits
  }

  /// - Throws: `notAnImage` behind the first bytes, `tooLarge` behind the header, `fileTooLarge` behind the most that fits it;
  ///   `unreadable` also where a signal came that this process handles.
  func bytes() throws(ImageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var limit = limits.fileBytes
    var format: ImageFile.Format?
    var next = Self.headerBytes
    while true {
      let count = read(descriptor, &block, block.count)
      guard count >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else { throw .fileTooLarge(path: path, bytes: nil, limitBytes: limit) }
      bytes += block[..<count]
      if format == nil, bytes.count >= FileSignature.length {
        format = try ImageInput.format(Array(bytes.prefix(FileSignature.length)), path: path)
      }
      if let format, bytes.count >= next {
        next *= 2
        limit = try most(bytes, format) ?? limit
      }
    }
  }

  /// The most bytes of a file with this beginning: its samples, twice for whatever holds them, and its metadata. nil where the
  /// beginning does not tell yet.
  private func most(_ beginning: [UInt8], _ format: ImageFile.Format) throws(ImageError) -> Int? {
    do throws(ImageError) {
      return try beginning.withUnsafeBufferPointer { buffer throws(ImageError) in
        let source = grl_image_source(bytes: buffer.baseAddress, count: UInt64(buffer.count), descriptor: -1)
        let header = try ImageReader(source, format, path: path, limits)
        let samples = header.width * header.height * header.layout.channels * (header.bitDepth / 8)
        return min(limits.fileBytes, 2 * samples + limits.metadataBytes + 1 << 20)
      }
    } catch .tooLarge(let path, let width, let height, let limitPixels, let limitSide) {
      throw .tooLarge(path: path, width: width, height: height, limitPixels: limitPixels, limitSide: limitSide)
    } catch {
      return nil
    }
  }
}
