import Base
import EngineWire
import Imaging
import Restoration
import Tensors

/// A picture to restore: what an ordinary file holds, or the mosaic that a camera raw file holds.
package struct SourcePicture: Sendable {
  package let image: Image
  /// What could not be kept or had to be guessed.
  package let warnings: [String]
  /// Of a camera raw file; nil for ordinary ones.
  package let sensor: SensorHeader?
  /// How the values of `image` came from the file's, where the file's are not what the network was taught to see.
  let colours: NetworkColours?
  /// Bits of the file's samples.
  let bitDepth: Int
  /// Of a gray picture that is stored with three channels: its own kind, which the result gets again. nil for all others.
  let storedLayout: Image.Layout?
  /// What is asked of it; a raw file brings its own colour filters.
  package let settings: JobSettings

  /// Reads the file at `path`; "-" is standard input.
  ///
  /// - Parameters:
  ///   - models: what will restore it.
  ///   - threadCount: of the restoration.
  ///   - output: where the result goes; nil where it is only shown.
  /// - Throws: `resultTooLarge` and `overBudget` by the header, before anything is decoded, where picture and result alone are over the budget.
  package init(
    _ path: String, _ settings: JobSettings, _ models: ModelCatalogue, threadCount: Int, output: String? = nil
  ) throws(JobError) {
    func admit(_ shape: PictureShape, _ settings: JobSettings, decodingBytes: Int) throws(JobError) {
      if let output { try settings.checkSize(of: shape, output: output) }
      do throws(RestorationError) {
        try settings.admit(shape, decodingBytes: decodingBytes, models, threadCount: threadCount)
      } catch {
        throw JobError(error, picture: path)
      }
    }
    var settings = settings
    do {
      try Self.check(path, settings)
      if RawFile.isRaw(path) {
        let header = try RawFile.header(path, limits: settings.limits, damaged: settings.damaged)
        try admit(
          PictureShape(header, bitDepth: settings.isChain ? 32 : 16), settings.over(header),
          decodingBytes: RawFile.decodingBytes(header))
        let mosaic = try RawFile.read(path, limits: settings.limits, damaged: settings.damaged)
        let picture = mosaic.mosaicPicture()
        (image, warnings) = (settings.isChain ? picture.withBitDepth(32) : picture, mosaic.warnings)
        sensor = mosaic.header.exposed(settings.exposure, picture)
        (colours, bitDepth, storedLayout) = (nil, 16, nil)
      } else {
        let file = try OpenedPicture(path, limits: settings.limits)
        try Self.checkRange(path, file.header)
        colours = NetworkColours(file.header.metadata, file.header.layout)
        let shape = Self.shape(file.header, colours, settings)
        settings = settings.over(colours, of: shape)
        let floats = shape.bitDepth == file.header.bitDepth ? 0 : shape.byteCount
        try admit(shape, settings, decodingBytes: file.header.decodingBytes + floats)
        let decoded = try file.decoded(settings.damaged)
        bitDepth = decoded.image.bitDepth
        let layout = decoded.image.layout
        let gray = settings.request.task.hasGrayModels && layout.isColour && decoded.image.isEffectivelyGray
        storedLayout = gray && settings.model == nil && !settings.isChain ? layout : nil
        let advice =
          settings.request.task == .superResolution
          ? PictureEstimates(decoded.image, heeding: settings.limits.cancelFlag)?.adviceAgainstEnlarging : nil
        let coded = colours?.coded(decoded.image) ?? decoded.image
        let single = storedLayout == nil ? coded : coded.converted(to: layout.hasAlpha ? .grayAlpha : .gray)
        (image, sensor) = (settings.isChain ? single.withBitDepth(32) : single, nil)
        let word = storedLayout != nil ? Self.grayAsStored : gray ? Self.grayInColour : nil
        warnings = decoded.warnings + [word, advice].compactMap { $0 }
      }
    } catch let error as ImageError {
      throw .image(error)
    } catch {
      throw error as? JobError ?? .cancelled
    }
    let noise = settings.looksAtNoise ? NoiseSpectrum(image, heeding: settings.limits.cancelFlag)?.kind : nil
    if settings.limits.cancelFlag?.isSet == true { throw .cancelled }
    self.settings = settings.over(sensor).over(noise)
  }

  /// Size and kind, and what is asked of it, by the file's header alone.
  ///
  /// - Parameter output: where the result goes; nil where it is only shown.
  package static func shape(
    _ path: String, _ settings: JobSettings, output: String? = nil
  ) throws(JobError) -> (shape: PictureShape, settings: JobSettings) {
    do throws(ImageError) {
      try check(path, settings)
      guard RawFile.isRaw(path) else {
        let header = try ImageFile.header(path, limits: settings.limits)
        try checkRange(path, header)
        let colours = NetworkColours(header.metadata, header.layout)
        let shape = shape(header, colours, settings)
        let own = settings.over(colours, of: shape)
        return (shape, output.map { own.over(header, output: $0) } ?? own)
      }
      let sensor = try RawFile.header(path, limits: settings.limits, damaged: settings.damaged)
      return (PictureShape(sensor, bitDepth: settings.isChain ? 32 : 16), settings.over(sensor))
    } catch {
      throw .image(error)
    }
  }

  static func shape(
    _ header: ImageFile.Header, _ colours: NetworkColours?, _ settings: JobSettings
  ) -> PictureShape {
    PictureShape(
      width: header.width, height: header.height, layout: header.layout,
      bitDepth: colours == nil && !settings.isChain ? header.bitDepth : 32)
  }

  /// What a colour denoiser knows is that noise differs from channel to channel; what all share it takes for the picture.
  private static let grayInColour =
    "all three channels are equal; a colour model hardly sees damage that they share. Without --model, and not in a chain, a gray one takes "
    + "the picture"
  private static let grayAsStored =
    "all three channels are equal: restored as gray, and stored with three channels again"

  /// Raw files are for demosaicking, and linear light is for raw files.
  static func check(_ path: String, _ settings: JobSettings) throws(ImageError) {
    if RawFile.isRaw(path) && settings.request.task != .demosaic {
      throw .unsupported(
        path: path, what: "a camera raw file is no picture yet", advice: "'grl restore --task demosaic' makes one of it"
      )
    }
    if !RawFile.isRaw(path) && settings.transfer == .linear {
      throw .unsupported(
        path: path, what: "linear light is known of camera raw files only", advice: "leave --linear out")
    }
  }

  /// Networks know no light above a screen's white, and take the curve of PQ or HLG for another picture.
  static func checkRange(_ path: String, _ header: ImageFile.Header) throws(ImageError) {
    guard let kind = ColourSpace.highDynamicRange(header.metadata) else { return }
    throw .unsupported(
      path: path, what: "an HDR picture (\(kind), BT.2100)",
      advice:
        "make an ordinary picture of it, or one of linear light (TIFF or PFM with floats), with the program that it comes from"
    )
  }

  /// The same with other samples.
  package func with(_ image: Image) -> SourcePicture { SourcePicture(image, of: self) }

  private init(_ image: Image, of other: SourcePicture) {
    (self.image, warnings, sensor, settings) = (image, other.warnings, other.sensor, other.settings)
    (colours, bitDepth, storedLayout) = (other.colours, other.bitDepth, other.storedLayout)
  }

  /// What the next step gets of what this one made. The mosaic of a raw file has become a picture then, in the colours that its file would have.
  package func next(_ restored: Image) -> SourcePicture {
    sensor == nil ? with(restored) : SourcePicture(developed: restored, of: self)
  }

  private init(developed restored: Image, of other: SourcePicture) {
    let developed = other.sensor?.finished(restored, transfer: other.settings.transfer, bitDepth: 32) ?? restored
    colours = NetworkColours(developed.metadata, developed.layout)
    image = colours?.coded(developed) ?? developed
    (warnings, sensor, settings, bitDepth, storedLayout) = (other.warnings, nil, other.settings, other.bitDepth, nil)
  }

  /// The other view of the dual-pixel picture `left`.
  ///
  /// - Throws: before it is decoded where its size is another one.
  package func rightView(_ path: String, of left: String) throws(JobError) -> Image {
    let file: OpenedPicture
    do { file = try OpenedPicture(path, limits: settings.limits) } catch { throw .image(error) }
    let shape = PictureShape(file.header)
    guard shape.width == image.width && shape.height == image.height else {
      throw .restoration(.sizesDiffer(left: PictureShape(image), right: shape), picture: left)
    }
    do {
      let view = try file.decoded(settings.damaged).image
      return colours?.coded(view) ?? view
    } catch { throw .image(error) }
  }

  /// The picture as it is, for screens.
  package var shown: Image { sensor?.roughPicture(image) ?? colours?.decoded(image, bitDepth: bitDepth) ?? image }

  /// What the network made of it, finished as `plan` says, as a file is to hold it: in the picture's own colours, or, of a raw file, in those of a
  /// screen.
  package func finished(_ restored: Image, _ plan: RestorationPlan) -> Image {
    if let sensor {
      return plan.finished(
        sensor.finished(restored, transfer: settings.transfer, bitDepth: restored.bitDepth),
        isLinear: settings.transfer == .linear)
    }
    let made = plan.finished(restored)
    let finished = storedLayout.map { made.converted(to: $0) } ?? made
    let depth = settings.depth(of: bitDepth)
    return colours?.decoded(finished, bitDepth: depth) ?? (settings.isChain ? finished.withBitDepth(depth) : finished)
  }

  /// Values of a restored tile in the colours of a screen, three a pixel; nil where they are that already.
  func rendered(_ values: [Float], channels: Int) -> [Float]? {
    if let sensor { return sensor.rendered(values) }
    return Self.rendered(values, channels: channels, ColourSpace(image.metadata, image.layout), colours)
  }

  static func rendered(
    _ values: [Float], channels: Int, _ space: ColourSpace, _ colours: NetworkColours?
  ) -> [Float]? {
    guard !space.isSRGB, let transform = space.toScreen() else { return nil }
    let own = colours?.decoded(values, channels: channels) ?? values
    var rgb = channels == 3 ? own : own.flatMap { [$0, $0, $0] }
    transform.apply(to: &rgb)
    return rgb
  }
}

extension PictureShape {
  /// The mosaic of a camera raw file.
  fileprivate init(_ sensor: SensorHeader, bitDepth: Int) {
    self.init(width: sensor.width, height: sensor.height, layout: .gray, bitDepth: bitDepth)
  }
}

extension JobSettings {
  /// Bits of the result of a picture with `bitDepth` bits.
  func depth(of bitDepth: Int) -> Int {
    switch wantedDepth {
    case .keep: bitDepth
    case .eight: 8
    case .sixteen: 16
    }
  }

  /// Refuses what the header alone shows to be over the budget.
  ///
  /// The plan is asked only then: it knows the model and the smallest tile, and so what would do.
  fileprivate func admit(
    _ shape: PictureShape, decodingBytes: Int, _ models: ModelCatalogue, threadCount: Int
  ) throws(RestorationError) {
    let (least, decoding) = (MemoryEstimate(leastFor: shape, request, options), MemoryEstimate(pictures: decodingBytes))
    guard max(least.totalBytes, decoding.totalBytes) > options.budgetBytes else { return }
    let model = try models.model(models.card(self, for: shape), options)
    let restorer = Restorer(model: model, threads: ThreadLease(threadCount: threadCount))
    _ = try restorer.plan(for: shape, request: request, options: options)
    try MemoryBudget.check(decoding, within: options.budgetBytes)
  }
}

extension PictureEstimates {
  /// Why `sr`, which enlarges damage too, is not for this picture, and which task is; nil where nothing stands out.
  package var adviceAgainstEnlarging: String? {
    let look: String
    if let blockiness, blockiness >= PixelsInfo.blockyStrength {
      look = "JPEG damage (grid \(blockiness.fixed(1)))"
    } else if let noiseSigma, noiseSigma >= PixelsInfo.noisySigma * (noise == .gaussian ? 1 : 1.5) {
      // Texture is correlated and measures up to 9; white noise is no texture.
      look = "noise (sigma \(noiseSigma.fixed(0)))"
    } else {
      return nil
    }
    return "looks like \(look), which sr enlarges too; real-sr is made for such pictures"
  }
}
