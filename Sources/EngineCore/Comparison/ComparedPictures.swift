import Base
import EngineWire
import Imaging

/// Pictures brought onto one frame, that of the largest, ready to be shown and measured.
package struct ComparedPictures: Sendable {
  let paths: [String]
  let pictures: [PicturePyramid]
  let width: Int
  let height: Int
  /// How each picture belongs to the frame.
  private let relations: [SizeRelation]

  /// - Precondition: as many paths as pictures, at least one.
  package init(paths: [String], pictures: [PicturePyramid]) {
    self.paths = paths
    self.pictures = pictures
    let largest = pictures.max { $0.image.width * $0.image.height < $1.image.width * $1.image.height }!.image
    (width, height) = (largest.width, largest.height)
    relations = pictures.map { SizeRelation($0.image, largest) }
  }

  var info: ComparisonInfo {
    let first = pictures[0].image
    let all = pictures.indices.map { place in
      let image = pictures[place].image
      return ComparisonInfo.Picture(
        path: paths[place], width: image.width, height: image.height, bitDepth: image.bitDepth,
        layout: image.layout.rawValue, note: note(place, beside: first))
    }
    return ComparisonInfo(width: width, height: height, pictures: all)
  }

  private func note(_ place: Int, beside first: Image) -> String? {
    let image = pictures[place].image
    var words: [String] = []
    switch relations[place] {
    case .same: break
    case .multiple, .similar:
      let shown = relations[place].size(of: (image.width, image.height), beside: (width, height))
      words.append("\(image.width) x \(image.height) shown at \(shown.width) x \(shown.height)")
    case .cut: words.append("\(image.width) x \(image.height) in the corner of \(width) x \(height)")
    case .unrelated:
      words.append(
        "\(image.width) x \(image.height) in the corner of \(width) x \(height), not measured: neither size nor shape agree"
      )
    }
    if image.bitDepth != first.bitDepth { words.append("\(image.bitDepth) bit beside \(first.bitDepth)") }
    if image.layout.isColour != first.layout.isColour {
      words.append(image.layout.isColour ? "colour beside gray" : "gray beside colour")
    }
    if image.layout.hasAlpha { words.append("alpha is not compared") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  // MARK: Showing

  /// A part of the frame of each picture, one after the other.
  func pixels(_ region: Rectangle, width outWidth: Int, height outHeight: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(pictures.count * outWidth * outHeight * 3)
    for place in pictures.indices {
      let (x, y) = scale(place)
      let part = PicturePyramid.Part(
        x: Double(region.x) * x, y: Double(region.y) * y, width: Double(region.width) * x,
        height: Double(region.height) * y)
      result += pictures[place].scaled(part, width: outWidth, height: outHeight)
    }
    return result
  }

  /// The samples of each picture under a place of the frame.
  func samples(x: Int, y: Int) -> [[Int]] {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return pictures.map { _ in [] } }
    return pictures.indices.map { place in
      let image = pictures[place].image
      let scale = scale(place)
      let (column, row) = (Int((Double(x) + 0.5) * scale.x), Int((Double(y) + 0.5) * scale.y))
      guard column < image.width, row < image.height else { return [] }
      let start = (row * image.width + column) * image.layout.channels
      return (start..<start + image.layout.channels).map {
        switch image.samples {
        case .eight(let values): Int(values[$0])
        case .sixteen(let values): Int(values[$0])
        case .float(let values): Int(max(-65_535, min(65_535, (values[$0] * 65_535).rounded())))
        }
      }
    }
  }

  /// Pixels of a picture for one of the frame.
  func scale(_ place: Int) -> (x: Double, y: Double) {
    let image = pictures[place].image
    let shown = relations[place].size(of: (image.width, image.height), beside: (width, height))
    return (Double(image.width) / Double(shown.width), Double(image.height) / Double(shown.height))
  }
}
