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
  /// Distance of the heaviest key, in pixels.
  case heaviest
}

/// Measures of the rows of every pixel of a part of a picture, for one block, kind and head.
public struct AttentionMaps: Sendable {
  public let area: AttentionCell.Area
  /// `[height, width, GRL_ROW_STATISTICS]`.
  fileprivate var statistics: [Float]

  /// Zeros, to be taken from parts.
  public init(_ area: AttentionCell.Area) {
    self.area = area
    statistics = [Float](repeating: 0, count: area.width * area.height * Int(GRL_ROW_STATISTICS.rawValue))
  }

  /// A measure of every pixel, `[height, width]`.
  public func plane(_ measure: AttentionMeasure) -> [Float] {
    let count = Int(GRL_ROW_STATISTICS.rawValue)
    return (0..<area.width * area.height).map { pixel in
      func sum(_ which: grl_row_statistic) -> Float { statistics[pixel * count + Int(which.rawValue)] }
      switch measure {
      case .entropy: return max(0, sum(GRL_ROW_ENTROPY))
      case .reach: return sum(GRL_ROW_DISTANCE)
      case .outside: return min(1, max(0, 1 - sum(GRL_ROW_INSIDE)))
      case .heaviest: return sum(GRL_ROW_HEAVIEST)
      case .anisotropy, .direction:
        let (xx, xy, yy) = (sum(GRL_ROW_XX), sum(GRL_ROW_XY), sum(GRL_ROW_YY))
        let (across, along) = (xx - yy, 2 * xy)
        if measure == .anisotropy {
          return xx + yy > 0 ? min(1, (across * across + along * along).squareRoot() / (xx + yy)) : 0
        }
        // Rows of a picture count downwards.
        return atan2(-along, across) / 2 * 180 / .pi
      }
    }
  }

  /// Takes the pixels that `isWanted` from another part of the same picture.
  public mutating func take(_ other: AttentionMaps, where isWanted: (_ x: Int, _ y: Int) -> Bool) {
    let count = Int(GRL_ROW_STATISTICS.rawValue)
    guard let shared = area.intersection(other.area) else { return }
    for y in shared.y..<shared.y + shared.height {
      for x in shared.x..<shared.x + shared.width where isWanted(x, y) {
        let from = ((y - other.area.y) * other.area.width + x - other.area.x) * count
        let to = ((y - area.y) * area.width + x - area.x) * count
        for index in 0..<count { statistics[to + index] = other.statistics[from + index] }
      }
    }
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
    let places = PixelPlaces(self)
    let statistics = Int(GRL_ROW_STATISTICS.rawValue)
    try result.statistics.withUnsafeMutableBufferPointer { (target) throws(OutOfMemory) in
      // Each pixel by one cell.
      nonisolated(unsafe) let target = target
      try forEachRows(kind, heads: head.map { [$0] } ?? Array(0..<heads(kind)), terms: terms) { block in
        let keys = block.pixels.count.rounded(upTo: 16)
        var (x, y) = ([Float](repeating: 0, count: keys), [Float](repeating: 0, count: keys))
        var place = [Int32](repeating: -2, count: keys)
        for (token, pixel) in block.pixels.enumerated() {
          (x[token], y[token], place[token]) = (places.x[Int(pixel)], places.y[Int(pixel)], places.window[Int(pixel)])
        }
        var own = [Float](repeating: 0, count: block.queries.count * statistics)
        x.withUnsafeBufferPointer { x in
          y.withUnsafeBufferPointer { y in
            place.withUnsafeBufferPointer { place in
              own.withUnsafeMutableBufferPointer { own in
                let first = block.queries.lowerBound
                var task = grl_row_statistics(
                  rows: block.rows, row_stride: block.stride, row_count: Int32(block.queries.count),
                  key_count: Int32(block.pixels.count), query_x: x.baseAddress! + first,
                  query_y: y.baseAddress! + first, query_place: place.baseAddress! + first, key_x: x.baseAddress!,
                  key_y: y.baseAddress!, key_place: place.baseAddress!, out: own.baseAddress!)
                inspectionKernels.pointee.row_statistics(&task)
              }
            }
          }
        }
        for (row, token) in block.queries.enumerated() {
          let index = Int(places.index[Int(block.pixels[token])])
          guard index >= 0 else { continue }
          for value in 0..<statistics { target[index * statistics + value] = own[row * statistics + value] }
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
    let squares: [[Float]] = ranges.map { range in
      range.flatMap { a in
        range.map { b in
          (0..<channels).reduce(Float(0)) { $0 + projection[$1 * channels + a] * projection[$1 * channels + b] }
        }
      }
    }
    let (area, columns) = (area, shape.width)
    var result = [Int](repeating: 0, count: area.width * area.height)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      attended.withUnsafeBufferPointer { attended in
        nonisolated(unsafe) let attended = attended
        threads.run(count: area.height) { y, _ in
          for x in 0..<area.width {
            let pixel = (y * columns + x) * channels
            var best = (length: Float(-1), head: 0)
            for (head, range) in ranges.enumerated() {
              var length = Float(0)
              for (i, a) in range.enumerated() {
                var sum = Float(0)
                for (j, b) in range.enumerated() { sum += squares[head][i * range.count + j] * attended[pixel + b] }
                length += sum * attended[pixel + a]
              }
              if length > best.length { best = (length, head) }
            }
            result[y * area.width + x] = best.head
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
        kind, heads: head.map { [$0] } ?? Array(0..<heads(kind)), terms: terms, cells: busy.sorted()
      ) { block in
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
