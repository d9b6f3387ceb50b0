import Tensors

/// Width and height in pixels: `256` or `384x256`.
struct PictureSize {
  let width: Int
  let height: Int

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  init?(_ text: String) {
    let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(numbers.count), let width = numbers[0], let height = numbers[numbers.count - 1],
      (1...65_535).contains(width), (1...65_535).contains(height)
    else { return nil }
    self.init(width: width, height: height)
  }

  /// A slanted ramp that begins anew after 256 levels: values in 0...1, different in each channel.
  func generatedPicture(channels: Int) -> Tensor {
    var picture = Tensor(shape: Shape(height: height, width: width, channels: channels))
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          picture[y, x, channel] = Float((x &* 7 &+ y &* 13 &+ channel &* 29) % 256) / 255
        }
      }
    }
    return picture
  }
}
