import Base

/// What is done with a picture whose size is not the reference's, before both are compared.
public enum PictureFit: String, Sendable, CaseIterable {
  /// As the sizes say (``SizeRelation``): bicubic where one is a multiple of the other or both have one shape, the common
  /// pixels where a few are missing; anything else is refused.
  case auto
  /// Compare what both have, from the top left corner.
  case crop
  /// Bring the picture to the reference's size by Matlab's bicubic.
  case resize
  /// Refuse.
  case refuse = "none"
}

/// Pictures brought onto the pixels of a reference: the one way in which the program fits pictures to be compared.
///
/// A picture that has to be resized is resized by Matlab's bicubic for integer samples, alpha being dropped, and only where
/// it is asked for.
public struct FittedPictures: Sendable {
  /// A picture, or a part of it, for each that was given, all of one size.
  public struct Part: Sendable {
    public let reference: Image
    /// In the order in which they were given.
    public let pictures: [Image]
  }

  /// The pixels of the reference that every picture covers, from its top left corner.
  public let common: Rectangle
  /// One line for each thing that was done or is special.
  public let notes: [String]

  private let reference: Image
  private let pictures: [(image: Image, scaler: BicubicScaler?)]

  /// - Throws: ``MetricError/unfitting(picture:width:height:referenceWidth:referenceHeight:fit:)``.
  public init(
    reference: (name: String, image: Image), pictures: [(name: String, image: Image)], fit: PictureFit = .auto
  ) throws(MetricError) {
    var notes: [String] = []
    var fitted: [(image: Image, scaler: BicubicScaler?)] = []
    let own = (width: reference.image.width, height: reference.image.height)
    var common = own
    for (name, image) in pictures {
      let given = (width: image.width, height: image.height)
      let relation = SizeRelation(given, own)
      guard given == own || fit != .refuse, fit != .auto || relation != .unrelated else {
        throw .unfitting(
          picture: name, width: given.width, height: given.height, referenceWidth: own.width,
          referenceHeight: own.height, fit: fit)
      }
      let size =
        switch fit {
        case .auto: relation.size(of: given, beside: own)
        case .resize: own
        case .crop, .refuse: given
        }
      var scaler: BicubicScaler?
      if size != given {
        scaler = BicubicScaler(
          from: given, to: size, scales: Self.scales(fit == .auto ? relation : .similar, from: given, to: size),
          channels: image.layout.colourChannels, bitDepth: image.bitDepth)
        notes.append(
          "\(name): \(given.width) x \(given.height) \(Self.word(relation, from: given, to: size)) to \(size.width) x "
            + "\(size.height) by Matlab's bicubic for the comparison")
      }
      fitted.append((image, scaler))
      common = (min(common.width, size.width), min(common.height, size.height))
      if image.bitDepth != reference.image.bitDepth {
        notes.append(
          "\(name): \(image.bitDepth)-bit samples beside \(reference.image.bitDepth)-bit ones, compared on one scale")
      }
      if image.layout.isColour != reference.image.layout.isColour {
        notes.append("\(name): \(Self.kind(image)) beside \(Self.kind(reference.image)), compared as colour")
      }
      if !image.isOpaque { notes.append("\(name): alpha is not compared") }
    }
    let shared = Rectangle(x: 0, y: 0, width: common.width, height: common.height)
    if common != own || fitted.contains(where: { image, scaler in scaler == nil && image.bounds != shared }) {
      notes.append(
        "sizes differ: the common \(common.width) x \(common.height) pixels from the top left corner are compared")
    }
    self.common = shared
    self.notes = notes
    self.reference = reference.image
    self.pictures = fitted
  }

  /// `region`, all that is common where it is nil.
  ///
  /// - Parameter flag: looked at before each picture; the rest is left out once it is set.
  /// - Precondition: the region is not empty and lies in `common`.
  public func part(_ region: Rectangle? = nil, heeding flag: CancelFlag? = nil) -> Part {
    let region = region ?? common
    precondition(region.x + region.width <= common.width && region.y + region.height <= common.height)
    return Part(
      reference: reference.cropped(to: region),
      pictures: pictures.compactMap { image, scaler in
        if flag?.isSet == true { return nil }
        guard let scaler else { return image.cropped(to: region) }
        let source = image.floats(image.layout.isColour ? .rgb : .gray, of: scaler.source(of: region))
        return Image(
          width: region.width, height: region.height, colour: scaler.scaled(source, region: region),
          bitDepth: image.bitDepth)
      })
  }

  /// The factor itself where there is one: what is over at the right and the bottom is no part of it. Nil for those of the sizes.
  private static func scales(
    _ relation: SizeRelation, from: (width: Int, height: Int), to: (width: Int, height: Int)
  ) -> (vertical: Double, horizontal: Double)? {
    guard case .multiple(let factor) = relation else { return nil }
    let scale = to.width > from.width ? Double(factor) : 1 / Double(factor)
    return (scale, scale)
  }

  private static func word(
    _ relation: SizeRelation, from: (width: Int, height: Int), to: (width: Int, height: Int)
  ) -> String {
    guard case .multiple = relation else { return "resized" }
    return to.width > from.width ? "enlarged" : "made smaller"
  }

  private static func kind(_ image: Image) -> String { image.layout.isColour ? "a colour picture" : "a gray one" }
}
