import Base

extension ImageFile {
  /// Writes a picture by rows, for one that is larger than memory: whole or not at all, as `write` does, with the bytes that `write` makes.
  ///
  /// - Parameters:
  ///   - model: some rows of the picture, for its width, kind, depth and metadata; their samples are not looked at.
  ///   - height: rows of the picture.
  ///   - format: PNG, TIFF or OpenEXR.
  ///   - mayReplace: see `WholeFile.write`.
  ///   - failure: the caller's error for one of pictures: `unwritable` (also for a full disk), `exists`, `doesNotFit`, `outOfMemory`, `notFlushed`.
  ///   - body: puts all rows. What it throws leaves no file behind.
  ///   - finished: gets the file with all its bytes before it has its name; what it throws leaves none behind.
  /// - Returns: one line for each thing that the format cannot keep.
  package static func writeRows<Failure: Error>(
    like model: Image, height: Int, to path: String, format: Format, encoding: Encoding = .init(),
    mayReplace: Bool = true, failure: (ImageError) -> Failure, _ body: (RowWriter) throws(Failure) -> Void,
    finished: (_ descriptor: Int32) throws(Failure) -> Void = { _ in }
  ) throws(Failure) -> [String] {
    let (fitted, losses) = model.fitted(to: format)
    var notes: [String] = []
    try WholeFile.write(
      to: path, mayReplace: mayReplace, failure: { failure(ImageError($0, path: path)) }
    ) { descriptor throws(Failure) in
      let writer: ImageWriter
      do throws(ImageError) {
        writer = try ImageWriter(descriptor: descriptor, path: path)
        try writer.begin(like: fitted, height: height, format, encoding)
      } catch {
        throw failure(error)
      }
      try body(RowWriter(writer, format, model.metadata))
      do throws(ImageError) { notes = try writer.end(format) } catch { throw failure(error) }
      try finished(descriptor)
    }
    return losses + notes
  }
}

/// Takes the rows of a picture that is being written.
package final class RowWriter {
  private let writer: ImageWriter
  private let format: ImageFile.Format
  /// What rows need of it to become what the format has: for a format of light, what the values stand for.
  private let colours: ImageMetadata

  init(_ writer: ImageWriter, _ format: ImageFile.Format, _ metadata: ImageMetadata) {
    (self.writer, self.format) = (writer, format)
    colours = format.isLight ? metadata.coloursAlone : ImageMetadata()
  }

  /// The next rows from the top, in the picture's kind and depth.
  package func put(_ rows: Image) throws(ImageError) {
    var plain = rows
    plain.metadata = colours
    try writer.put(plain.fitted(to: format).image)
  }
}
