import Base
import Imaging
import Tensors

/// A picture is damaged in bands of rows, so that little of it is ever held in float; the samples are those that the damage of
/// the whole would have. JPEG alone takes a picture at once, in 8 bits.
extension Degradation {
  /// The damaged picture as a file can hold it: clipped and rounded to the picture's depth (8 bits after JPEG).
  ///
  /// Gray stays gray. Alpha is not damaged, only shrunk with the colours; a mosaic has none. Metadata are kept, but for the
  /// colour profile of a mosaic, which is not a colour picture any more. `bicubic` rounds to the picture's depth.
  ///
  /// - Throws: as ``apply(to:on:)-(Tensor,_)``; a mosaic needs a colour picture.
  public func apply(
    to image: Image, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> Image {
    try validate()
    switch self {
    case .noise(let noise): return image.adding(noise)
    case .bicubic(let scale, _): return try image.shrunk(scale)
    case .jpeg(let quality): return try image.throughJPEG(quality: quality)
    case .mosaic(let filters): return try image.mosaicked(filters)
    case .motionBlur(let length, let angleDegrees):
      return image.blurredInLinearLight(by: .motion(length: length, angleDegrees: angleDegrees), on: threads)
    case .defocus(let radius): return image.blurredInLinearLight(by: .disc(radius: radius), on: threads)
    case .realWorld(let seed): return try image.damaged(RealWorldDamage(seed: seed), on: threads)
    }
  }

  /// ``dualPixelDefocus(_:radius:on:)-(Tensor,_,_)`` of a picture; both views keep its depth, alpha and metadata.
  public static func dualPixelDefocus(
    _ image: Image, radius: Double, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> (left: Image, right: Image) {
    try Degradation.defocus(radius: radius).validate()
    return (
      image.blurredInLinearLight(by: .disc(radius: radius, through: .left), on: threads),
      image.blurredInLinearLight(by: .disc(radius: radius, through: .right), on: threads)
    )
  }

  /// The peak of ``apply(to:on:)-(Image,_)``, the picture that is damaged and what decodes it included.
  ///
  /// - Parameters:
  ///   - views: results that are made: two of a dual-pixel sensor.
  ///   - decodingBytes: of the picture, from its header.
  public func estimate(
    _ picture: PictureShape, views: Int = 1, decodingBytes: Int, threadCount: Int
  ) -> MemoryEstimate {
    let (pixels, colours) = (picture.width * picture.height, picture.layout.colourChannels)
    let channels = picture.layout.channels
    let own = picture.byteCount
    let (result, band): (Int, Int)
    // What is damaged, what is made, and the floats of a band, as often as there are copies of it.
    switch self {
    case .noise: (result, band) = (own, Band.bytes(picture, copies: 3))
    case .bicubic(let scale, _): (result, band) = (own / (scale * scale), Band.bytes(picture, copies: 4))
    // A file (noise at quality 100 takes six tenths of its samples) and what is read from it; before that the samples in 8 bits,
    // and behind it the result with alpha, where these are not what is there.
    case .jpeg:
      let isPlain = picture.bitDepth == 8 && !picture.layout.hasAlpha
      (result, band) = (
        pixels * (2 * colours + (isPlain ? 0 : colours + channels)), Band.bytes(picture, copies: 2)
      )
    case .mosaic: (result, band) = (pixels * picture.bitDepth / 8, Band.bytes(picture, copies: 2))
    case .motionBlur(let length, let angle):
      (result, band) = (
        own * views, Band.bytes(picture, halo: BlurKernel.motion(length: length, angleDegrees: angle).radius, copies: 5)
      )
    case .defocus(let radius):
      (result, band) = (own * views, Band.bytes(picture, halo: BlurKernel.disc(radius: radius).radius, copies: 5))
    case .realWorld(let seed):
      let small = pixels / (RealWorldDamage.scale * RealWorldDamage.scale)
      // Floats of the small picture with and without noise, and those of a JPEG file.
      (result, band) = (
        small * (channels + colours * (3 * 4 + 3)),
        Band.bytes(picture, halo: RealWorldDamage(seed: seed).kernel.radius, copies: 5)
      )
    }
    return MemoryEstimate(pictures: max(decodingBytes, own + result), band: band, threadCount: threadCount)
  }
}

/// How a picture is cut into bands.
package enum Band {
  /// Floats of a band, about, in bytes. Tests take less.
  @TaskLocal package static var bytes = 16 << 20

  /// Rows of a band without those around it. Even, so that a mosaic begins anew in each.
  fileprivate static func rows(width: Int, channels: Int, halo: Int) -> Int {
    max(16, 2 * halo, bytes / (width * channels * 4)) / 2 * 2
  }

  /// Bytes that the largest band takes with `halo` rows on both sides, and as many again that padding adds.
  fileprivate static func bytes(_ picture: PictureShape, halo: Int = 0, copies: Int) -> Int {
    let channels = picture.layout.colourChannels
    let rows = min(picture.height, rows(width: picture.width, channels: channels, halo: halo)) + 4 * halo
    return rows * (picture.width + 2 * halo) * channels * 4 * copies
  }
}

extension Image {
  private var colours: Int { layout.colourChannels }
  private var planes: Planes { layout.isColour ? .rgb : .gray }

  /// The rows of each band in turn, for a picture of `width` x `height` pixels.
  private func bands(width: Int, height: Int, halo: Int = 0, rowsPerRow: Int = 1) -> [Range<Int>] {
    let rows = max(2, Band.rows(width: self.width, channels: colours, halo: halo) / rowsPerRow)
    return stride(from: 0, to: height, by: rows).map { $0..<min($0 + rows, height) }
  }

  /// Some rows, or a part of them, in float.
  private func tensor(_ region: Rectangle, _ planes: Planes? = nil) -> Tensor {
    let planes = planes ?? self.planes
    return Tensor(
      shape: Shape(height: region.height, width: region.width, channels: planes.channels),
      values: floats(planes, of: region))
  }

  private func rows(_ rows: Range<Int>) -> Rectangle {
    Rectangle(x: 0, y: rows.lowerBound, width: width, height: rows.count)
  }

  /// A picture of this one's size and depth whose colours are made band by band; alpha is taken over.
  ///
  /// - Parameter colours: `[rows, width, colours]` of the rows that it is given.
  private func mapped(
    bitDepth: Int? = nil, halo: Int = 0, _ make: (Range<Int>) -> [Float]
  ) -> Image {
    var result = ImageRows(width: width, height: height, layout: layout, bitDepth: bitDepth ?? self.bitDepth)
    for band in bands(width: width, height: height, halo: halo) {
      result.set(make(band), channels: 0..<colours, from: band.lowerBound)
      if layout.hasAlpha {
        result.set(floats(.alpha, of: rows(band)), channels: colours..<colours + 1, from: band.lowerBound)
      }
    }
    return result.image(metadata: metadata)
  }

  /// The random numbers of one plane follow those of another where the order says so, which takes a pass for each.
  fileprivate func adding(_ noise: GaussianNoise) -> Image {
    var generator = noise.seed.generator
    var result = ImageRows(width: width, height: height, layout: layout, bitDepth: bitDepth)
    let groups = noise.order == .planes ? (0..<colours).map { $0..<$0 + 1 } : [0..<colours]
    for group in groups {
      for band in bands(width: width, height: height) {
        var values = tensor(rows(band))
        if group.count < colours { values = values.channel(group.lowerBound) }
        result.set(
          values.adding(noise.sigma, noise.order, from: &generator).values, channels: group, from: band.lowerBound)
      }
    }
    if layout.hasAlpha {
      for band in bands(width: width, height: height) {
        result.set(floats(.alpha, of: rows(band)), channels: colours..<colours + 1, from: band.lowerBound)
      }
    }
    return result.image(metadata: metadata)
  }

  fileprivate func blurredInLinearLight(by kernel: BlurKernel, on threads: ThreadLease) -> Image {
    mapped(halo: kernel.radius) { band in
      let around = band.grown(by: kernel.radius, within: height)
      return tensor(rows(around)).blurredInLinearLight(
        by: kernel, rows: band.offset(by: -around.lowerBound), on: threads
      )
      .values
    }
  }

  fileprivate func mosaicked(_ filters: ColourFilterArray) throws(DegradationError) -> Image {
    guard layout.isColour else { throw .wrongChannels(operation: "a mosaic", found: 1, allowed: [3]) }
    var result = ImageRows(width: width, height: height, layout: .gray, bitDepth: bitDepth)
    for band in bands(width: width, height: height) {
      result.set(tensor(rows(band)).mosaicked(filters).values, channels: 0..<1, from: band.lowerBound)
    }
    var metadata = metadata
    metadata.iccProfile = nil
    return result.image(metadata: metadata)
  }

  /// - Parameters:
  ///   - planes: those of the picture where nil.
  ///   - bitDepth: that of the rounding; nil does not round.
  ///   - source: the floats of a part of the picture; those of its samples where nil.
  private func shrunk(
    _ scale: Int, _ planes: Planes? = nil, bitDepth: Int?, source: ((Rectangle) -> [Float])? = nil,
    halo: Int = 0, to take: (Range<Int>, [Float]) -> Void
  ) throws(DegradationError) {
    let (tall, wide) = (height / scale, width / scale)
    let channels = (planes ?? self.planes).channels
    guard tall > 0 && wide > 0 else {
      throw .tooSmall(Shape(height: height, width: width, channels: channels), scale: scale)
    }
    let scaler = BicubicScaler(
      from: (wide * scale, tall * scale), to: (wide, tall), channels: channels, bitDepth: bitDepth)
    for band in bands(width: wide, height: tall, halo: halo, rowsPerRow: scale) {
      let region = Rectangle(x: 0, y: band.lowerBound, width: wide, height: band.count)
      let part = scaler.source(of: region)
      take(band, scaler.scaled(source?(part) ?? floats(planes ?? self.planes, of: part), region: region))
    }
  }

  fileprivate func shrunk(_ scale: Int) throws(DegradationError) -> Image {
    var result = ImageRows(
      width: max(1, width / scale), height: max(1, height / scale), layout: layout, bitDepth: bitDepth)
    try shrunk(scale, bitDepth: bitDepth) { result.set($1, channels: 0..<colours, from: $0.lowerBound) }
    if layout.hasAlpha {
      try shrunk(scale, .alpha, bitDepth: bitDepth) {
        result.set($1, channels: colours..<colours + 1, from: $0.lowerBound)
      }
    }
    return result.image(metadata: metadata)
  }

  fileprivate func throughJPEG(quality: Int) throws(DegradationError) -> Image {
    let opaque = Image.Layout(colourChannels: colours, hasAlpha: false)
    let plain: Image
    if case .eight = samples, layout == opaque {
      plain = Image(width: width, height: height, layout: layout, samples: samples)
    } else {
      var rounded = ImageRows(width: width, height: height, layout: opaque, bitDepth: 8)
      for band in bands(width: width, height: height) {
        rounded.set(floats(planes, of: rows(band)), channels: 0..<colours, from: band.lowerBound)
      }
      plain = rounded.image()
    }
    var decoded = try plain.decodedJPEG(quality: quality)
    decoded.metadata = metadata
    return layout.hasAlpha ? mapped(bitDepth: 8) { decoded.floats(planes, of: rows($0)) } : decoded
  }

  /// Noise and JPEG are those of the small picture, which is held in float.
  fileprivate func damaged(_ damage: RealWorldDamage, on threads: ThreadLease) throws(DegradationError) -> Image {
    let scale = RealWorldDamage.scale
    let kernel = damage.kernel
    var small: [Float] = []
    try shrunk(
      scale, bitDepth: nil,
      source: { part in
        let (band, around) = (part.rows, part.rows.grown(by: kernel.radius, within: height))
        return tensor(rows(around)).blurred(by: kernel, rows: band.offset(by: -around.lowerBound), on: threads)
          .cropped(Rectangle(x: part.x, y: 0, width: part.width, height: part.height)).values
      }, halo: kernel.radius
    ) { small += $1 }
    let shape = Shape(height: height / scale, width: width / scale, channels: colours)
    var result = ImageRows(width: shape.width, height: shape.height, layout: layout, bitDepth: 8)
    result.set(
      try damage.finished(Tensor(shape: shape, values: small)).values, channels: 0..<colours, from: 0)
    if layout.hasAlpha {
      try shrunk(scale, .alpha, bitDepth: 8) { result.set($1, channels: colours..<colours + 1, from: $0.lowerBound) }
    }
    return result.image(metadata: metadata)
  }
}

extension Tensor {
  /// `[H, W, C]` to `[H, W, 1]`.
  fileprivate func channel(_ channel: Int) -> Tensor {
    Tensor(
      shape: Shape(height: shape.height, width: shape.width, channels: 1),
      values: stride(from: channel, to: values.count, by: shape.channels).map { values[$0] })
  }
}

extension Range<Int> {
  fileprivate func grown(by margin: Int, within count: Int) -> Range<Int> {
    Swift.max(0, lowerBound - margin)..<Swift.min(count, upperBound + margin)
  }

  fileprivate func offset(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
