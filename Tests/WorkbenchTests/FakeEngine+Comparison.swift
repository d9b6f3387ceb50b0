import Base
import EngineWire

extension FakeEngine {
  /// Ramps with bars of 40 pixels; every picture after the first is lighter in the bars and darker between them.
  func compare(_ request: ComparisonRequest) -> (Reply, [UInt8]) {
    var found: [PictureInfo] = []
    for path in request.paths {
      guard var picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      // Some tests have sizes that no picture can have.
      picture.width = min(max(1, picture.width), 1 << 20)
      picture.height = min(max(1, picture.height), 1 << 20)
      found.append(picture)
    }
    guard let frame = found.max(by: { $0.width < $1.width }) else { return (failure("no pictures"), []) }
    switch request.question {
    case .open:
      let all = found.map { picture in
        ComparisonInfo.Picture(
          path: picture.path, width: picture.width, height: picture.height, bitDepth: picture.bitDepth,
          layout: picture.layout,
          note: picture.width == frame.width
            ? nil : "\(picture.width) x \(picture.height) shown at \(frame.width) x \(frame.height)")
      }
      return (.comparison(.opened(ComparisonInfo(width: frame.width, height: frame.height, pictures: all))), [])
    case .view(let region, let width, let height, let x, let y):
      let samples = found.indices.map { Self.pixel($0, x, y, frame).map(Int.init) }
      var bytes: [UInt8] = []
      for place in found.indices {
        for row in 0..<max(0, height) {
          for column in 0..<max(0, width) {
            bytes += Self.pixel(
              place, region.x + column * region.width / width, region.y + row * region.height / height, frame)
          }
        }
      }
      let view = ComparisonView(region: region, width: width, height: height, x: x, y: y, samples: samples)
      return (.comparison(.view(view)), bytes)
    case .measure(let region, let convention, let shave):
      let words = shave > 0 ? "\(convention), shave \(shave)" : convention
      let values = ["PSNR": region == nil ? "30.87" : "31.40", "PSNR-Y": "32.15", "SSIM": "0.8842", "MAE": "0.0213"]
      return (
        .comparison(
          .measures(
            ["PSNR", "PSNR-Y", "SSIM", "MAE"].map { name in
              ComparisonMeasure(
                name: "\(name) (\(words))",
                values: found.indices.map { $0 == request.reference ? "" : values[name] ?? "" })
            })), []
      )
    case .changes(let region):
      let values = [
        ("noise", "21.30 > 2.10"), ("blockiness", "0.02 > 0.00"), ("blur", "0.251 > 0.312"),
        ("largest change", region == nil ? "87.0" : "63.0"), ("mean change", "9.71"),
      ]
      return (
        .comparison(
          .measures(
            values.map { name, text in
              ComparisonMeasure(name: name, values: found.indices.map { $0 == request.reference ? "" : text })
            })), []
      )
    case .crops(let side, let count):
      let all = (0..<min(3, count)).map { Rectangle(x: 640 - 200 * $0, y: 320, width: side, height: side) }
      return (.comparison(.crops(all)), [])
    case .tiling(_, let columns, _):
      let score = columns.isEmpty ? nil : 1.003
      return (.comparison(.tiling(TilingInfo(maximum: 3, x: 640, y: 320, mean: 0.0123, seamScore: score))), [])
    }
  }

  private static func pixel(_ place: Int, _ x: Int, _ y: Int, _ frame: PictureInfo) -> [UInt8] {
    let isBar = x / 40 % 2 == 0
    let change = place == 0 ? 0 : isBar ? 12 * place : -12 * place
    func value(_ part: Int, _ whole: Int) -> UInt8 { UInt8(min(255, max(0, 40 + part * 160 / max(1, whole) + change))) }
    return [value(x, frame.width), value(y, frame.height), value(frame.width - x, frame.width)]
  }
}
