import Base
import Imaging
import Restoration

/// A picture whose result is finished and written row by row: one that is over the memory budget as a whole, of which rows are read as its tiles want
/// them, or one that is there.
///
/// What is done to samples is done as `SourcePicture` does it, so that the results are the same.
final class BandedPicture: PictureSource {
  let shape: PictureShape
  /// What is asked of it.
  let settings: JobSettings
  private let metadata: ImageMetadata
  /// Bits of the file's samples.
  private let bitDepth: Int
  private let colours: NetworkColours?
  private let space: ColourSpace
  private let place: Place

  private enum Place {
    case file(RowReader, path: String)
    case memory(SourcePicture, right: Image?)
  }

  /// Opens the file at `path`.
  ///
  /// - Precondition: its header says that it can be read by rows.
  convenience init(_ path: String, _ settings: JobSettings) throws(ImageError) {
    let file = try OpenedPicture(path, limits: settings.limits)
    try self.init(file, path, settings, NetworkColours(file.header.metadata, file.header.layout))
  }

  private init(
    _ file: OpenedPicture, _ path: String, _ settings: JobSettings, _ colours: NetworkColours?
  ) throws(ImageError) {
    let header = file.header
    (metadata, bitDepth, self.colours) = (header.metadata, header.bitDepth, colours)
    space = ColourSpace(header.metadata, header.layout)
    shape = SourcePicture.shape(header, colours, settings)
    place = .file(try file.rows(), path: path)
    self.settings = settings
  }

  /// - Precondition: `source` is not of a camera raw file.
  init(_ source: SourcePicture, right: Image?) {
    (metadata, bitDepth, colours) = (source.image.metadata, source.bitDepth, source.colours)
    space = ColourSpace(metadata, source.image.layout)
    (shape, settings, place) = (PictureShape(source.image), source.settings, .memory(source, right: right))
  }

  /// The picture as it is, for screens; nil where it is not there.
  var shown: Image? { if case .memory(let source, _) = place { source.shown } else { nil } }

  /// The same from its first row on.
  func anew() throws(ImageError) -> BandedPicture {
    guard case .file(_, let path) = place else { return self }
    return try BandedPicture(path, settings)
  }

  /// The other view of a dual-pixel picture.
  ///
  /// - Throws: `sizesDiffer`; `unsupported` where it cannot be read by rows.
  func rightView() throws(JobError) -> (any PictureSource)? {
    guard let right = settings.right else { return nil }
    let left: String
    switch place {
    case .memory(_, let right): return right.map { WholePicture($0) }
    case .file(_, let path): left = path
    }
    let file: OpenedPicture
    do { file = try OpenedPicture(right, limits: settings.limits) } catch { throw .image(error) }
    guard file.header.width == shape.width && file.header.height == shape.height else {
      throw .restoration(.sizesDiffer(left: shape, right: PictureShape(file.header)), picture: left)
    }
    if let reason = file.header.wholeReason {
      throw .image(
        .unsupported(
          path: right, what: "over the memory budget as a whole, and not to be read by rows (\(reason))",
          advice: "save it as the left view is, or raise --memory"))
    }
    do { return try BandedPicture(file, right, settings, colours) } catch { throw .image(error) }
  }

  func band(_ rows: Range<Int>) throws(ImageError) -> ImageBand {
    switch place {
    case .memory(let source, _): return ImageBand(source.image)
    case .file(let reader, _):
      let band = try reader.band(rows)
      return colours.map { ImageBand($0.coded(band.image), top: band.top, of: band.height) } ?? band
    }
  }

  /// What could not be kept or had to be guessed; complete behind the last row.
  var warnings: [String] {
    switch place {
    case .memory(let source, _): source.warnings
    case .file(let reader, _):
      reader.warnings + ["read and written by rows: as a whole it is over the memory budget"]
    }
  }

  /// A row with the kind, depth and metadata of the result's file.
  func model(of plan: RestorationPlan, _ provenance: Provenance?) -> (row: Image, hadThumbnail: Bool) {
    var (metadata, hadThumbnail) = plan.metadata(of: metadata)
    metadata.provenance = provenance
    let (width, layout) = (plan.result.width, plan.result.layout)
    let depth = colours == nil ? plan.result.bitDepth : settings.depth(of: bitDepth)
    let samples = Image.Samples(zeros: width * layout.channels, bitDepth: depth)
    return (Image(width: width, height: 1, layout: layout, samples: samples, metadata: metadata), hadThumbnail)
  }

  /// Rows of the network's result, those from `top` on, as the file is to hold them.
  func finished(_ rows: Image, top: Int, _ plan: RestorationPlan) -> Image {
    let finished = plan.finished(rows, top: top)
    return colours?.decoded(finished, bitDepth: settings.depth(of: bitDepth)) ?? finished
  }

  /// As `SourcePicture.rendered`.
  func rendered(_ values: [Float], channels: Int) -> [Float]? {
    SourcePicture.rendered(values, channels: channels, space, colours)
  }
}
