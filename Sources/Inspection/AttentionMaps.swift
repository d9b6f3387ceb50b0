import CKernels
import CPUDevice
import GRLModel
import Glibc
import Tensors

/// What is told of the row of every pixel.
public enum AttentionMeasure: String, CaseIterable, Sendable {
  /// Shannon entropy of the weights, in bits.
  case entropy
  /// Mean distance from the query to its keys, in pixels.
  case reach
  /// Share of the weight beyond the pixel's square window, 0...1; weight on padding is beyond it.
  case outside
  /// How much longer than wide the row lies, 0...1: of the second moments of the keys about the query, the difference of the larger and
  /// the smaller principal one over their sum.
  case anisotropy
  /// Which way it lies, in degrees counter-clockwise from the horizontal, above -90 to 90.
  case direction
  /// How far the row lies from where equal weights on all keys that are not masked would lie, 0...2: what the content adds to the shape of
  /// the cell and to the pixel's place in it. The difference of the two anisotropies as vectors of twice the direction's angle.
  case anisotropyBeyondCell
  /// The direction of that difference, in degrees as above.
  case directionBeyondCell
  /// Distance of the heaviest key, in pixels.
  case heaviest
}

/// Measures of the rows of every pixel of a part of a picture, for one block, kind and head.
public struct AttentionMaps: Sendable {
  public let area: AttentionCell.Area
  /// `[height, width, GRL_ROW_STATISTICS]`.
  fileprivate var statistics: [Float]
  /// `[height, width, 2]`: anisotropy of equal weights as a vector, see `Axis`.
  fileprivate var ofCell: [Float]

  /// Zeros, to be taken from parts.
  public init(_ area: AttentionCell.Area) {
    self.area = area
    statistics = [Float](repeating: 0, count: area.width * area.height * Self.stride)
    ofCell = [Float](repeating: 0, count: area.width * area.height * 2)
  }

  private static let stride = Int(GRL_ROW_STATISTICS.rawValue)

  /// A measure of every pixel, `[height, width]`.
  public func plane(_ measure: AttentionMeasure) -> [Float] {
    func each(_ value: (UnsafePointer<Float>) -> Float) -> [Float] {
      statistics.withUnsafeBufferPointer { statistics in
        (0..<area.width * area.height).map { value(statistics.baseAddress! + $0 * Self.stride) }
      }
    }
    func sum(_ which: grl_row_statistic) -> Int { Int(which.rawValue) }
    let (xx, xy, yy) = (sum(GRL_ROW_XX), sum(GRL_ROW_XY), sum(GRL_ROW_YY))
    func axes(_ value: (Axis) -> Float) -> [Float] { each { value(Axis(xx: $0[xx], xy: $0[xy], yy: $0[yy])) } }
    func axesBeyondCell(_ value: (Axis) -> Float) -> [Float] {
      var pixel = 0
      return axes { axis in
        defer { pixel += 2 }
        return value(axis - Axis(ofCell[pixel], ofCell[pixel + 1]))
      }
    }
    switch measure {
    case .entropy: return each { max(0, $0[sum(GRL_ROW_ENTROPY)]) }
    case .reach: return each { $0[sum(GRL_ROW_DISTANCE)] }
    case .outside: return each { min(1, max(0, 1 - $0[sum(GRL_ROW_INSIDE)])) }
    case .heaviest: return each { $0[sum(GRL_ROW_HEAVIEST)] }
    case .anisotropy: return axes { min(1, $0.length) }
    case .direction: return axes(\.degrees)
    case .anisotropyBeyondCell: return axesBeyondCell { min(2, $0.length) }
    case .directionBeyondCell: return axesBeyondCell(\.degrees)
    }
  }

  /// Takes a part of the picture from another's measures.
  public mutating func take(_ part: AttentionCell.Area, of other: AttentionMaps) {
    guard let shared = part.intersection(area)?.intersection(other.area) else { return }
    func copy(_ values: [Float], _ count: Int, to target: inout [Float]) {
      for y in shared.y..<shared.y + shared.height {
        let from = ((y - other.area.y) * other.area.width + shared.x - other.area.x) * count
        let to = ((y - area.y) * area.width + shared.x - area.x) * count
        target.replaceSubrange(to..<to + shared.width * count, with: values[from..<from + shared.width * count])
      }
    }
    copy(other.statistics, Self.stride, to: &statistics)
    copy(other.ofCell, 2, to: &ofCell)
  }
}

/// An axis as a vector of twice its angle, as long as the anisotropy: opposite directions are one, and a direction and the one across it
/// cancel. Rows of a picture count downwards.
private struct Axis {
  let across: Float
  let along: Float

  init(_ across: Float, _ along: Float) { (self.across, self.along) = (across, along) }

  /// From second moments.
  init(xx: Float, xy: Float, yy: Float) {
    self = xx + yy > 0 ? Axis((xx - yy) / (xx + yy), 2 * xy / (xx + yy)) : Axis(0, 0)
  }

  static func - (a: Axis, b: Axis) -> Axis { Axis(a.across - b.across, a.along - b.along) }

  var length: Float { (across * across + along * along).squareRoot() }
  var degrees: Float { atan2(-along, across) / 2 * 180 / .pi }
}

/// Where the tokens of a cell lie.
private struct CellPlaces {
  /// Behind the last token up to a vector's width what kernels may read.
  let x: [Float]
  let y: [Float]
  let window: [Int32]
  /// Sums over the tokens of a region of the cell that are masked from one another: count, then means of x, y, x^2, x y, y^2, about the cell's
  /// first token.
  private let sums: [[Double]]
  private let regions: [Int]

  init(_ pixels: [Int32], _ places: PixelPlaces, regions: [Int]) {
    let keys = pixels.count.rounded(upTo: 16)
    var (x, y) = ([Float](repeating: 0, count: keys), [Float](repeating: 0, count: keys))
    var window = [Int32](repeating: -2, count: keys)
    var sums = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 9)
    let first = Int(pixels[0])
    for (token, pixel) in pixels.enumerated() {
      (x[token], y[token], window[token]) = (places.x[Int(pixel)], places.y[Int(pixel)], places.window[Int(pixel)])
      let (dx, dy) = (Double(x[token] - places.x[first]), Double(y[token] - places.y[first]))
      for (index, value) in [1, dx, dy, dx * dx, dx * dy, dy * dy].enumerated() { sums[regions[token]][index] += value }
    }
    (self.x, self.y, self.window, self.sums, self.regions) = (x, y, window, sums, regions)
  }

  /// That of equal weights on all tokens that a token may look at.
  func axis(of token: Int) -> Axis {
    let s = sums[regions[token]]
    let (x, y) = (Double(self.x[token] - self.x[0]), Double(self.y[token] - self.y[0]))
    return Axis(
      xx: Float(s[3] - 2 * x * s[1] + x * x * s[0]), xy: Float(s[4] - x * s[2] - y * s[1] + x * y * s[0]),
      yy: Float(s[5] - 2 * y * s[2] + y * y * s[0]))
  }
}

extension WholeBlock {
  /// Measures of the rows of every pixel.
  ///
  /// - Parameters:
  ///   - kind: `window` or `stripe`.
  ///   - head: nil for the row that is the mean of all heads'.
  /// - Throws: `OutOfMemory`.
  public func maps(
    _ kind: AttentionKind, head: Int?, terms: ScoreTerms = ScoreTerms()
  ) throws(OutOfMemory) -> AttentionMaps {
    var result = AttentionMaps(area)
    let (places, cells) = (PixelPlaces(self), cells(kind))
    let regions = Partition.Border.allCases.map(cells.regions)
    let statistics = Int(GRL_ROW_STATISTICS.rawValue)
    let kernels = inspectionKernels
    try result.statistics.withUnsafeMutableBufferPointer { (target) throws(OutOfMemory) in
      try result.ofCell.withUnsafeMutableBufferPointer { (ofCell) throws(OutOfMemory) in
        // Each pixel by one cell.
        nonisolated(unsafe) let (target, ofCell) = (target, ofCell)
        try forEachRows(
          kind, heads: head.map { [$0] } ?? Array(0..<heads(kind)), terms: terms,
          prepare: { cell, pixels in CellPlaces(pixels, places, regions: regions[cells.border(of: cell).rawValue]) }
        ) { block, cell in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: block.queries.count * statistics) { own in
            cell.x.withUnsafeBufferPointer { x in
              cell.y.withUnsafeBufferPointer { y in
                cell.window.withUnsafeBufferPointer { window in
                  let first = block.queries.lowerBound
                  var task = grl_row_statistics(
                    rows: block.rows, row_stride: block.stride, row_count: Int32(block.queries.count),
                    key_count: Int32(block.pixels.count), query_x: x.baseAddress! + first,
                    query_y: y.baseAddress! + first, query_place: window.baseAddress! + first, key_x: x.baseAddress!,
                    key_y: y.baseAddress!, key_place: window.baseAddress!, out: own.baseAddress!)
                  kernels.pointee.row_statistics(&task)
                }
              }
            }
            for (row, token) in block.queries.enumerated() {
              let index = Int(places.index[Int(block.pixels[token])])
              guard index >= 0 else { continue }
              (target.baseAddress! + index * statistics)
                .update(from: own.baseAddress! + row * statistics, count: statistics)
              let axis = cell.axis(of: token)
              (ofCell[2 * index], ofCell[2 * index + 1]) = (axis.across, axis.along)
            }
          }
        }
      }
    }
    return result
  }

  /// The head whose part of the attention's result is longest after the output projection, `[height, width]`: windows from 0 on, then
  /// stripes.
  ///
  /// - Parameter projection: the block's `attn.proj.weight`, `[C, C]`.
  /// - Throws: `OutOfMemory`.
  public func dominantHeads(projection: [Float]) throws(OutOfMemory) -> [Int] {
    let channels = shape.channels
    precondition(projection.count == channels * channels)
    let attended = try block.attended()
    let ranges: [Range<Int>] = [AttentionKind.window, .stripe].enumerated().flatMap { part, kind in
      (0..<heads(kind)).map { head in
        let first = part * channels / 2 + head * width(kind)
        return first..<first + width(kind)
      }
    }
    // |W o|^2 = o^T (W^T W) o of each head's columns W.
    let squares = ranges.map { range in
      PackedRows(
        range.flatMap { a in
          range.map { b in
            (0..<channels).reduce(Float(0)) { $0 + projection[$1 * channels + a] * projection[$1 * channels + b] }
          }
        }, rows: range.count, columns: range.count, stride: range.count)
    }
    let stride = (ranges.map(\.count).max() ?? 0).rounded(upTo: 16)
    let (area, columns) = (area, shape.width)
    var result = [Int](repeating: 0, count: area.width * area.height)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      attended.withUnsafeBufferPointer { attended in
        nonisolated(unsafe) let attended = attended
        threads.run(count: area.height) { y, _ in
          let line = attended.baseAddress! + y * columns * channels
          var longest = [Float](repeating: -1, count: area.width)
          withUnsafeTemporaryAllocation(of: Float.self, capacity: area.width * stride + Int(GRL_SLACK)) { turned in
            let turned = turned.baseAddress!
            for (head, range) in ranges.enumerated() {
              squares[head].multiply(
                line + range.lowerBound, stride: channels, count: area.width, into: turned, outStride: stride)
              for x in 0..<area.width {
                let (own, other) = (line + x * channels + range.lowerBound, turned + x * stride)
                var length = Float(0)
                for i in 0..<range.count { length += own[i] * other[i] }
                if length > longest[x] { (longest[x], result[y * area.width + x]) = (length, head) }
              }
            }
          }
        }
      }
    }
    return result
  }
}

extension WholeBlock {
  /// The mean of the rows of all pixels of a part of the picture, `[height, width]` of the area: what goes to padding has no place in it.
  ///
  /// - Parameters:
  ///   - kind: `window` or `stripe`.
  ///   - queries: in the picture's pixels.
  /// - Throws: `OutOfMemory`.
  /// - Precondition: a pixel of the area is among the queries.
  public func meanRow(
    _ kind: AttentionKind, head: Int?, terms: ScoreTerms = ScoreTerms(), queries: AttentionCell.Area
  ) throws(OutOfMemory) -> [Float] {
    guard let wanted = queries.intersection(area) else { preconditionFailure("no pixel of \(area) is asked") }
    let (places, cells) = (PixelPlaces(self), cells(kind))
    var busy: Set<Int> = []
    for y in wanted.y..<wanted.y + wanted.height {
      for x in wanted.x..<wanted.x + wanted.width { busy.insert(cells.place(y: y - area.y, x: x - area.x).cell) }
    }
    let share = 1 / Float(wanted.width * wanted.height)
    var result = [Float](repeating: 0, count: area.width * area.height)
    try result.withUnsafeMutableBufferPointer { (result) throws(OutOfMemory) in
      // Each pixel by one cell.
      nonisolated(unsafe) let result = result
      try forEachRows(
        kind, heads: head.map { [$0] } ?? Array(0..<heads(kind)), terms: terms, cells: busy.sorted(),
        prepare: { _, _ in }
      ) { block, _ in
        for (row, token) in block.queries.enumerated() {
          let pixel = Int(block.pixels[token])
          guard places.index[pixel] >= 0, wanted.contains(x: Int(places.x[pixel]), y: Int(places.y[pixel])) else {
            continue
          }
          for (key, place) in block.pixels.enumerated() {
            let index = Int(places.index[Int(place)])
            if index >= 0 { result[index] += share * block.rows[row * block.stride + key] }
          }
        }
      }
    }
    return result
  }
}
