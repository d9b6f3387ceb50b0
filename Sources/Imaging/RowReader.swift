import Base

/// Some rows of a picture, which may be all of them, addressed as the whole picture is.
public struct ImageBand: Sendable {
  /// The rows.
  public let image: Image
  /// The picture's row that they begin with.
  public let top: Int
  /// Rows of the picture.
  public let height: Int

  public var width: Int { image.width }
  public var layout: Image.Layout { image.layout }
  /// The picture's rows that are here.
  public var rows: Range<Int> { top..<top + image.height }

  /// - Precondition: the rows are within the picture.
  public init(_ image: Image, top: Int, of height: Int) {
    precondition(top >= 0 && top + image.height <= height)
    (self.image, self.top, self.height) = (image, top, height)
  }

  /// All rows.
  public init(_ image: Image) { self.init(image, top: 0, of: image.height) }

  /// `Image.floats`, of a region of the picture.
  ///
  /// - Precondition: its rows are here.
  public func floats(_ planes: Image.Planes, of region: Rectangle) -> [Float] {
    image.floats(planes, of: region.offset(x: 0, y: -top))
  }
}

/// Reads a picture by rows, for one that is larger than memory: what is held follows the rows that are asked for, not the picture.
///
/// Damage and cut files are errors.
package final class RowReader {
  private let reader: ImageReader
  private let header: ImageFile.Header
  /// Keeps the file open.
  private let input: ImageInput
  /// The rows that were asked for last, as stored.
  private var held: Image?
  private var top = 0

  init(_ reader: ImageReader, _ header: ImageFile.Header, _ input: ImageInput) {
    (self.reader, self.header, self.input) = (reader, header, input)
  }

  /// The rows of the upright picture, without metadata.
  ///
  /// - Parameter rows: neither end is above that of the last call.
  /// - Throws: `damaged`, `cutOff`, `unreadable`, `outOfMemory`, `cancelled`.
  package func band(_ rows: Range<Int>) throws(ImageError) -> ImageBand {
    let heldEnd = top + (held?.height ?? 0)
    precondition(rows.lowerBound >= top && rows.upperBound >= heldEnd && rows.upperBound <= header.height)
    let kept = rows.lowerBound < heldEnd ? rows.lowerBound..<heldEnd : nil
    if kept == nil || rows.upperBound > heldEnd {
      let before = kept.flatMap { kept in
        held?.cropped(to: Rectangle(x: 0, y: kept.lowerBound - top, width: header.width, height: kept.count))
      }
      held = nil
      let samples = try reader.samples(
        of: (kept?.upperBound ?? rows.lowerBound)..<rows.upperBound, behind: before?.samples)
      held = Image(width: header.width, height: rows.count, layout: header.layout, samples: samples)
    } else if let kept, kept.lowerBound > top {
      held = held?.cropped(to: Rectangle(x: 0, y: kept.lowerBound - top, width: header.width, height: kept.count))
    }
    top = rows.lowerBound
    return ImageBand(held!.upright(from: header.orientation), top: top, of: header.height)
  }

  /// One line each for what is not as the format wants it, for what is converted or left out; complete behind the last row.
  package var warnings: [String] {
    let (late, front) = (reader.metadata().metadata, header.metadata)
    let blocks = [("EXIF", late.exif != front.exif), ("XMP", late.xmp != front.xmp)].filter(\.1).map(\.0)
    let behind =
      blocks.isEmpty
      ? [] : ["\(blocks.joined(separator: " and ")) left out: it stands behind the samples, which were read by rows"]
    return reader.faults() + reader.conversions() + behind
  }
}
