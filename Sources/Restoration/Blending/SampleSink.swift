import Base
import Imaging
import Tensors

/// Takes blended rows from the top and turns them into the samples of the output picture, alpha beside the colours.
struct SampleSink {
  /// Part of the blended rows that is kept, in output pixels.
  private let crop: Rectangle
  private let layout: Image.Layout
  /// Alpha of the kept part on the scale 0...1: `[crop.height, crop.width, 1]`.
  private let alpha: Tensor?
  private var samples: Image.Samples

  init(layout: Image.Layout, bitDepth: Int, crop: Rectangle, alpha: Tensor?) {
    self.layout = layout
    self.crop = crop
    self.alpha = alpha
    let count = crop.width * crop.height * layout.channels
    samples = .init(zeros: count, bitDepth: bitDepth)
  }

  /// Takes row `y` of the blended picture: its colours in float, clamped to 0...1 and rounded to the nearest sample here, unless the output
  /// is float too.
  mutating func add(row y: Int, _ row: UnsafeBufferPointer<Float>) {
    guard crop.rows.contains(y) else { return }
    let colours = layout.colourChannels
    let kept = UnsafeBufferPointer(rebasing: row[crop.x * colours..<(crop.x + crop.width) * colours])
    // Taking the array out of the enumeration keeps it unique, so that it is changed in place.
    switch samples {
    case .eight(var values):
      samples = .eight([])
      write(kept, y - crop.y, to: &values) { UInt8((min(max($0, 0), 1) * 255).rounded()) }
      samples = .eight(values)
    case .sixteen(var values):
      samples = .sixteen([])
      write(kept, y - crop.y, to: &values) { UInt16((min(max($0, 0), 1) * 65_535).rounded()) }
      samples = .sixteen(values)
    case .float(var values):
      samples = .float([])
      write(kept, y - crop.y, to: &values) { $0 }
      samples = .float(values)
    }
  }

  func image(metadata: ImageMetadata) -> Image {
    Image(width: crop.width, height: crop.height, layout: layout, samples: samples, metadata: metadata)
  }

  private func write<Sample>(
    _ row: UnsafeBufferPointer<Float>, _ y: Int, to samples: inout [Sample], _ quantised: (Float) -> Sample
  ) {
    let (colours, stored) = (layout.colourChannels, layout.channels)
    var target = y * crop.width * stored
    for x in 0..<crop.width {
      for channel in 0..<colours { samples[target + channel] = quantised(row[x * colours + channel]) }
      if let alpha { samples[target + colours] = quantised(alpha.values[y * crop.width + x]) }
      target += stored
    }
  }
}
