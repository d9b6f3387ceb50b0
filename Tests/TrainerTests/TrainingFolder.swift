import Foundation
import Imaging
import Restoration
import Tensors
import Trainer

/// A folder of its own for one test, with pictures made here.
final class TrainingFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "grl-trainer-\(UUID().uuidString)")
  var path: String { url.path }

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  @discardableResult
  func write(_ image: Image, _ name: String) throws -> String {
    let file = try place(name)
    try ImageFile.write(image, to: file, format: ImageFile.Format(path: name) ?? .png)
    return file
  }

  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let file = try place(name)
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  private func place(_ name: String) throws -> String {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    return file.path
  }
}

extension Image {
  /// No two pixels of it, nor of it and one with another `key`, are equal: `(x, y, key)`. Sides are below 256.
  static func numbered(width: Int, height: Int, key: UInt8 = 0) -> Image {
    var samples: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { samples += [UInt8(x), UInt8(y), key] }
    }
    return Image(width: width, height: height, layout: .rgb, samples: .eight(samples))
  }
}

extension StoredPicture {
  static func numbered(_ name: String, width: Int, height: Int, key: UInt8 = 0) -> StoredPicture {
    StoredPicture(Image.numbered(width: width, height: height, key: key), name: name, isColour: true)
  }

  /// A picture of `Samples`.
  static func sample(_ name: String, in root: URL) throws -> StoredPicture {
    StoredPicture(
      try ImageFile.read(root.appending(path: "Samples/\(name).png").path).image, name: name, isColour: true)
  }
}

extension TrainingDamage {
  /// Nothing: input and target are what was cut from the picture.
  static let none = TrainingDamage.noise(sigma: 0...0)
}
