import Base
import Imaging
import Tensors

/// Takes the blended rows from the top and hands them on as `ResultFinish` says, strength, colours and texture. Holds a few rows in
/// float; what it computes of a row depends on the picture and on the blended rows alone, whatever the tiles and threads.
struct RowFinisher {
  private let finish: ResultFinish
  private let channels: Int
  /// What values are clamped to: floats are not.
  private let range: ClosedRange<Float>
  private var input: InputRows?
  private var detail: FineDetail?

  init(_ plan: RestorationPlan) {
    finish = plan.options.finish
    channels = plan.route.pictureChannels
    range = plan.output.bitDepth == 32 ? -.infinity ... .infinity : 0...1
    guard finish.usesInput else { return }
    input = InputRows(plan)
    if finish.texture > 0 {
      detail = FineDetail(
        width: plan.area.width * plan.scale, height: plan.area.height * plan.scale, channels: channels,
        levels: FineDetail.levels(scale: plan.scale), share: Float(finish.texture))
    }
  }

  /// Bytes of the rows held in float beside a band of this width.
  static func bytes(_ finish: ResultFinish, width: Int, channels: Int, scale: Int) -> Int {
    guard finish.usesInput else { return 0 }
    let texture = finish.texture > 0 ? FineDetail.rowCount(scale: scale) * width * (channels + 2) * 4 : 0
    return InputRows.bytes(width: width, channels: channels) + texture
  }

  /// Takes row `y`, and hands on those rows that are settled by it.
  ///
  /// - Parameter picture: the input, with the rows around this one (``SourceBands/margin``).
  mutating func add(
    row y: Int, _ row: UnsafeBufferPointer<Float>, _ picture: ImageBand,
    _ body: (_ y: Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    guard input != nil else { return body(y, row) }
    let range = range
    func clamped(_ value: Float) -> Float { min(max(value, range.lowerBound), range.upperBound) }
    let before = input!.row(y, picture).map(clamped)
    var values = row.map(clamped)
    let strength = Float(finish.strength)
    if strength != 1 {
      for i in values.indices { values[i] = clamped(before[i] + strength * (values[i] - before[i])) }
    }
    var loss = [Float](repeating: 0, count: values.count / channels)
    if finish.isChromaOnly || detail != nil {
      before.withUnsafeBufferPointer { before in
        values.withUnsafeMutableBufferPointer { values in
          for x in loss.indices {
            let pixel = x * channels
            loss[x] =
              luma(before.baseAddress! + pixel, channels: channels)
              - luma(values.baseAddress! + pixel, channels: channels)
            guard finish.isChromaOnly else { continue }
            for i in pixel..<pixel + channels { values[i] += loss[x] }
            loss[x] = 0
          }
        }
      }
    }
    if detail != nil {
      detail!.add(values, loss: loss, body)
    } else {
      values.withUnsafeBufferPointer { body(y, $0) }
    }
  }
}

/// The input at the size of the result, in the result's colours, row by row: what strength mixes the result with.
private struct InputRows {
  /// Rows that are made at a time.
  private static let bandHeight = SourceBands.rowsAhead

  private let plan: RestorationPlan
  private let scaler: BicubicScaler?
  private var band: [Float] = []
  private var rows = 0..<0

  init(_ plan: RestorationPlan) {
    self.plan = plan
    let (width, height) = (plan.input.width, plan.input.height)
    scaler =
      plan.scale == 1
      ? nil
      : BicubicScaler(
        from: (width, height), to: (width * plan.scale, height * plan.scale),
        channels: plan.route.pictureChannels)
  }

  /// A band, what it is made of, and what lies between.
  static func bytes(width: Int, channels: Int) -> Int { 3 * bandHeight * width * channels * 4 }

  /// Row `y` of the enlarged area.
  mutating func row(_ y: Int, _ picture: ImageBand) -> ArraySlice<Float> {
    let pitch = plan.area.width * plan.scale * plan.route.pictureChannels
    if !rows.contains(y) {
      rows = y..<min(y + Self.bandHeight, plan.area.height * plan.scale)
      band = values(of: rows, picture)
    }
    let start = (y - rows.lowerBound) * pitch
    return band[start..<start + pitch]
  }

  private func values(of rows: Range<Int>, _ picture: ImageBand) -> [Float] {
    let area = plan.area.scaled(by: plan.scale)
    let region = Rectangle(x: area.x, y: area.y + rows.lowerBound, width: area.width, height: rows.count)
    guard let scaler else { return plan.route.colours(of: picture, region).values }
    return scaler.scaled(plan.route.colours(of: picture, scaler.source(of: region)).values, region: region)
  }
}
