import EngineWire
import Imaging

/// Pictures brought onto one frame, ready to be shown and measured.
struct ComparedPictures: Sendable {
  /// How a picture lies in the frame.
  private enum Fit: Hashable {
    case same
    case enlarged
    /// In the top left corner, pixel on pixel.
    case corner
  }

  let paths: [String]
  let pictures: [PicturePyramid]
  let width: Int
  let height: Int
  private let fits: [Fit]

  /// - Precondition: as many paths as pictures, at least one.
  init(paths: [String], pictures: [PicturePyramid]) {
    self.paths = paths
    self.pictures = pictures
    let largest = pictures.max { $0.image.width * $0.image.height < $1.image.width * $1.image.height }!.image
    (width, height) = (largest.width, largest.height)
    fits = pictures.map { Self.fit($0.image, in: largest) }
  }

  private static func fit(_ image: Image, in frame: Image) -> Fit {
    if image.width == frame.width && image.height == frame.height { return .same }
    for scale in 2...8 where frame.width / scale == image.width && frame.height / scale == image.height {
      return .enlarged
    }
    let (across, down) = (image.width * frame.height, image.height * frame.width)
    return abs(across - down) * 50 <= across ? .enlarged : .corner
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
    switch fits[place] {
    case .same: break
    case .enlarged: words.append("\(image.width) x \(image.height) shown at \(width) x \(height)")
    case .corner: words.append("\(image.width) x \(image.height) in the corner of \(width) x \(height)")
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
        }
      }
    }
  }

  /// Pixels of a picture for one of the frame.
  private func scale(_ place: Int) -> (x: Double, y: Double) {
    guard fits[place] == .enlarged else { return (1, 1) }
    return (
      Double(pictures[place].image.width) / Double(width), Double(pictures[place].image.height) / Double(height)
    )
  }

  // MARK: Measuring

  /// What pictures `places` have in common of a part of the frame; nil where that is nothing.
  func common(_ region: Rectangle?, _ places: [Int]) -> Rectangle? {
    var (right, bottom) = (width, height)
    for place in places where fits[place] == .corner {
      right = min(right, pictures[place].image.width)
      bottom = min(bottom, pictures[place].image.height)
    }
    let region = region ?? Rectangle(x: 0, y: 0, width: width, height: height)
    right = min(right, region.x + region.width)
    bottom = min(bottom, region.y + region.height)
    guard right > region.x, bottom > region.y else { return nil }
    return Rectangle(x: region.x, y: region.y, width: right - region.x, height: bottom - region.y)
  }

  /// A part of the frame in a picture's own pixels, rounded outwards.
  func crop(_ region: Rectangle, _ place: Int) -> Image {
    let image = pictures[place].image
    let scale = scale(place)
    func axis(_ start: Int, _ length: Int, _ scale: Double, _ limit: Int) -> Range<Int> {
      let first = min(limit - 1, Int(Double(start) * scale + 1e-9))
      let end = Int((Double(start + length) * scale - 1e-9).rounded(.up))
      return first..<max(first + 1, min(limit, end))
    }
    let x = axis(region.x, region.width, scale.x, image.width)
    let y = axis(region.y, region.height, scale.y, image.height)
    return image.cropped(to: PixelRegion(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count))
  }
}
