import Imaging

/// Where a restoration reads its picture: a whole one, or rows of one that is larger than memory.
package protocol PictureSource: AnyObject {
  /// The rows, or more. Calls go down the picture: neither end is above that of the call before.
  func band(_ rows: Range<Int>) throws(ImageError) -> ImageBand
}

/// A picture that is there as a whole.
package final class WholePicture: PictureSource {
  private let image: Image

  package init(_ image: Image) { self.image = image }

  package func band(_ rows: Range<Int>) -> ImageBand { ImageBand(image) }
}

/// Rows of both views of a dual-pixel picture, or of the one that there is.
struct SourceBand {
  let left: ImageBand
  let right: ImageBand?

  init(_ left: ImageBand, right: ImageBand?) { (self.left, self.right) = (left, right) }

  /// All rows.
  init(_ image: Image, right: Image?) { self.init(ImageBand(image), right: right.map { ImageBand($0) }) }
}

/// The input's rows that rows of its tiles need, read when the first tile of a row is wanted and let go of when the row is blended.
///
/// Each row of tiles has a band of its own, with a margin for what interpolates (mosaics two pixels, bicubic two and a half), for rows of the input
/// that are made ahead, and for finished rows that come late (texture).
struct SourceBands {
  /// Rows of the result for which the input is made at a time.
  static let rowsAhead = 32
  /// Rows of the picture around a row of tiles.
  static let margin = rowsAhead + 8

  private let plan: RestorationPlan
  private let left: any PictureSource
  private let right: (any PictureSource)?
  private var bands: [Int: SourceBand] = [:]

  init(_ plan: RestorationPlan, _ left: any PictureSource, right: (any PictureSource)?) {
    (self.plan, self.left, self.right) = (plan, left, right)
  }

  /// Rows of tiles whose bands are held.
  var count: Int { bands.count }

  /// - Parameter row: of tiles; calls go down the picture.
  mutating func band(ofTileRow row: Int) throws(RestorationError) -> SourceBand {
    if let band = bands[row] { return band }
    let tiles = plan.tiles.rows[row]
    // Mosaics begin anew at even rows.
    let top = max(0, plan.area.y + tiles.lowerBound - Self.margin) & ~1
    let bottom = min(plan.input.height, plan.area.y + tiles.upperBound + Self.margin)
    do throws(ImageError) {
      let band = SourceBand(try left.band(top..<bottom), right: try right?.band(top..<bottom))
      bands[row] = band
      return band
    } catch {
      throw .picture(error)
    }
  }

  /// Nothing of this row of tiles is needed any more.
  mutating func close(tileRow: Int) { bands[tileRow] = nil }

  /// Bytes that are held at most where a picture is read by rows: two rows of tiles, and one of them while it is taken apart or converted.
  static func bytes(_ tiles: TilePlan, _ picture: PictureShape) -> Int {
    let rows = min(picture.height, tiles.tileHeight + 2 * margin + 2)
    return 3 * rows * picture.width * picture.layout.channels * picture.bitDepth / 8
  }
}
