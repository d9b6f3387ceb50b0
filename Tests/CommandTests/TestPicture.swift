import Foundation
import Imaging
import TestSupport

/// Pictures that the tests make or bring.
enum TestPicture {
  /// A photograph that every clone has, 480 x 320, colour.
  static let sample = TestData.packageRoot.appending(path: "Samples/torii_gates.png")

  /// The bundled colour denoiser.
  static let denoiser = TestData.packageRoot.appending(
    path: "Sources/Restoration/Models/denoise-color-tiny.safetensors")

  /// Writes a picture of soft waves, in which a network finds something to do and a mean stays where it is.
  @discardableResult
  static func write(
    to folder: TemporaryFolder, _ name: String, width: Int = 48, height: Int = 40, layout: Image.Layout = .rgb,
    bitDepth: Int = 8, phase: Double = 0
  ) throws -> Image {
    let white = bitDepth == 8 ? 255.0 : 65535
    var values: [Double] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<layout.channels {
          let isAlpha = layout.hasAlpha && channel == layout.channels - 1
          let wave = sin(Double(x) * 0.31 + phase + Double(channel)) * cos(Double(y) * 0.23 - phase)
          values.append(isAlpha ? white : ((0.5 + 0.35 * wave) * white).rounded())
        }
      }
    }
    let samples: Image.Samples = bitDepth == 8 ? .eight(values.map { UInt8($0) }) : .sixteen(values.map { UInt16($0) })
    let image = Image(width: width, height: height, layout: layout, samples: samples)
    try ImageFile.write(image, to: folder.path(name), format: name.hasSuffix(".jpg") ? .jpeg : .png)
    return image
  }

  /// Writes the first three quarters of a picture's file, 64 x 48.
  ///
  /// - Returns: the row at which the library says that it ends.
  static func cutOff(in folder: TemporaryFolder, _ name: String) throws -> Int {
    try write(to: folder, name, width: 64, height: 48)
    let bytes = try folder.bytes(name)
    try bytes.prefix(bytes.count * 3 / 4).write(to: folder.url.appending(path: name))
    do {
      throw Unexpected(try ImageFile.read(folder.path(name)).faults)
    } catch ImageError.cutOff(_, let row?, 48) {
      return row
    }
  }

  /// A part of the sample photograph.
  static func writeCrop(to folder: TemporaryFolder, _ name: String, side: Int) throws {
    let image = try ImageFile.read(sample.path).image
    let channels = image.layout.channels
    let all = values(image)
    let (left, top) = ((image.width - side) / 2, (image.height - side) / 2)
    var part: [UInt8] = []
    for y in top..<top + side {
      let start = (y * image.width + left) * channels
      part += all[start..<start + side * channels].map { UInt8($0) }
    }
    let crop = Image(width: side, height: side, layout: image.layout, samples: .eight(part))
    try ImageFile.write(crop, to: folder.path(name), format: .png)
  }

  static func read(_ folder: TemporaryFolder, _ name: String) throws -> Image {
    try ImageFile.read(folder.path(name)).image
  }

  /// All samples as whole numbers.
  static func values(_ image: Image) -> [Int] {
    switch image.samples {
    case .eight(let values): values.map(Int.init)
    case .sixteen(let values): values.map(Int.init)
    case .float(let values): values.map { Int(($0 * 65_535).rounded()) }
    }
  }

  /// PSNR over all samples of two 8-bit pictures, by the definition.
  static func psnr(_ a: Image, _ b: Image) -> Double {
    let errors = zip(values(a), values(b)).map { Double(($0 - $1) * ($0 - $1)) }
    return 10 * log10(255 * 255 / (errors.reduce(0, +) / Double(errors.count)))
  }
}
