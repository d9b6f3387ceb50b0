import ArgumentParser
import Imaging
import Restoration
import Tensors

/// What is done with a picture whose size is not the reference's.
enum PictureFit: String, ExpressibleByArgument, CaseIterable {
  /// `resize` where one is a whole multiple of the other or both have one shape, `crop` where they differ by a few pixels.
  case auto
  /// Compare what both have, from the top left corner.
  case crop
  /// Bring the picture to the reference's size by Matlab's bicubic.
  case resize
  /// Refuse.
  case refuse = "none"
}

/// Pictures of one size, ready to be compared, and what was done to get there.
struct FittedPictures {
  var reference: Image
  var pictures: [Image]
  /// One line for each thing that was done.
  private(set) var notes: [String] = []

  /// - Throws: a failure with `badInput` where sizes have nothing to do with each other.
  init(
    reference: (name: String, image: Image), pictures: [(name: String, image: Image)], fit: PictureFit
  ) throws(Failure) {
    self.reference = reference.image
    self.pictures = []
    for (name, image) in pictures {
      let (fitted, note) = try Self.resized(image, name, like: reference.image, fit)
      self.pictures.append(fitted)
      if let note { notes.append(note) }
      if image.bitDepth != reference.image.bitDepth {
        notes.append(
          "\(name): \(image.bitDepth)-bit samples beside \(reference.image.bitDepth)-bit ones, compared on one scale")
      }
      if image.layout.isColour != reference.image.layout.isColour {
        notes.append("\(name): \(Self.kind(image)) beside \(Self.kind(reference.image)), compared as colour")
      }
      if !image.isOpaque { notes.append("\(name): alpha is not compared") }
    }
    let width = self.pictures.reduce(reference.image.width) { min($0, $1.width) }
    let height = self.pictures.reduce(reference.image.height) { min($0, $1.height) }
    let common = PixelRegion(x: 0, y: 0, width: width, height: height)
    if ([self.reference] + self.pictures).contains(where: { $0.bounds != common }) {
      notes.append("sizes differ: the common \(width) x \(height) pixels from the top left corner are compared")
    }
    crop(to: common)
  }

  /// - Precondition: the region lies in the pictures.
  mutating func crop(to region: PixelRegion) {
    reference = reference.cropped(to: region)
    pictures = pictures.map { $0.cropped(to: region) }
  }

  /// The picture at about the reference's size; what is left to be cropped is left.
  private static func resized(
    _ image: Image, _ name: String, like reference: Image, _ fit: PictureFit
  ) throws(Failure) -> (Image, String?) {
    if image.width == reference.width && image.height == reference.height { return (image, nil) }
    func refuse(_ advice: String) -> Failure {
      Failure(
        .badInput,
        "\(name): cannot compare \(image.width) x \(image.height) with a reference of \(reference.width) x "
          + "\(reference.height): \(advice)")
    }
    func bicubic(_ width: Int, _ height: Int, _ word: String) -> (Image, String?) {
      (
        image.bicubicResized(width: width, height: height),
        "\(name): \(image.width) x \(image.height) \(word) to \(width) x \(height) by Matlab's bicubic for the comparison"
      )
    }
    switch fit {
    case .refuse: throw refuse("both must have the same sides; leave --fit none out or make them so")
    case .crop: return (image, nil)
    case .resize: return bicubic(reference.width, reference.height, "resized")
    case .auto:
      for scale in [2, 3, 4, 8] {
        if reference.width / scale == image.width && reference.height / scale == image.height {
          return bicubic(image.width * scale, image.height * scale, "enlarged")
        }
        if image.width / scale == reference.width && image.height / scale == reference.height {
          return bicubic(reference.width, reference.height, "made smaller")
        }
      }
      if abs(image.width - reference.width) <= mostToCrop && abs(image.height - reference.height) <= mostToCrop {
        return (image, nil)
      }
      let (across, down) = (image.width * reference.height, image.height * reference.width)
      guard abs(across - down) * 50 <= across else {
        throw refuse("neither size nor shape agree; name --fit crop or --fit resize to compare all the same")
      }
      return bicubic(reference.width, reference.height, "resized")
    }
  }

  /// Pixels that test sets and tiles lose at a border.
  private static let mostToCrop = 16

  private static func kind(_ image: Image) -> String { image.layout.isColour ? "a colour picture" : "a gray one" }
}

extension Image {
  /// The colours at another size by Matlab's bicubic for integer samples; alpha is dropped.
  func bicubicResized(width: Int, height: Int) -> Image {
    let source = Tensor(
      shape: Shape(height: self.height, width: self.width, channels: layout.colourChannels),
      values: floats(layout.isColour ? .rgb : .gray))
    let resized = source.bicubicResized(height: height, width: width, bitDepth: bitDepth)
    return Image(width: width, height: height, colour: resized.values, bitDepth: bitDepth)
  }
}
