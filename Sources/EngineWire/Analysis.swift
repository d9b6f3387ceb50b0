import Base

/// What is to be found out about a network on a picture beyond one row of weights: of every pixel, of all tokens of a stripe, or by trying.
public enum AnalysisKind: String, Codable, Sendable, CaseIterable {
  case maps, region
  case crossScale = "cross-scale"
  case spectrum, features, rollout, models, heads, effect, attribution, field

  /// Whether it is found out from what blocks are given in one forward pass.
  public var looksAtBlocks: Bool {
    switch self {
    case .maps, .region, .crossScale, .spectrum, .rollout, .models: true
    case .features, .heads, .effect, .attribution, .field: false
    }
  }

  /// What it answers, in at most 36 columns.
  public var title: String {
    switch self {
    case .maps: "every pixel: entropy, reach, heads"
    case .region: "what a region looks at"
    case .crossScale: "is the smaller picture alike?"
    case .spectrum: "are a few anchors enough?"
    case .features: "features as colours, what is alike"
    case .rollout: "weights through the blocks so far"
    case .models: "two models, or tiles, at this pixel"
    case .heads: "what changes without each head"
    case .effect: "which squares restore this patch"
    case .attribution: "where this detail comes from"
    case .field: "effective receptive field"
    }
  }

  /// What is done for it, in a sentence.
  public var explanation: String {
    switch self {
    case .maps:
      "Of every pixel's row: entropy, mean distance, share beyond the window, direction; and the head that leads."
    case .region: "The mean row of all pixels of a region."
    case .crossScale: "Queries of the picture against keys of the picture at half the scale, as the paper argues."
    case .spectrum:
      "This stripe's full attention against what its anchors make of it: singular values, error by anchor factor."
    case .features: "Principal components of what the block makes of the picture, and what is similar to this pixel."
    case .rollout: "Attention weights multiplied through the blocks: where from, not what."
    case .models: "The row of this pixel in this model and in another one, or with another tile, and their difference."
    case .heads: "A forward pass without each head, one after the other, around this pixel."
    case .effect: "A forward pass without each square around this pixel: some hundred passes."
    case .attribution: "Integrated gradients of the detail of a patch at this pixel."
    case .field: "Size of the gradient of this pixel's result with respect to each pixel around it."
    }
  }
}

/// An analysis as it is asked for. Stages, blocks and heads count from 0.
public struct AnalysisOrder: Codable, Hashable, Sendable {
  public var kind: AnalysisKind
  /// In the upright picture's pixels; nil is the middle.
  public var x: Int?
  public var y: Int?
  /// Nil is the last.
  public var stage: Int?
  public var block: Int?
  /// Nil for the mean over all heads.
  public var head: Int?
  /// `maps` and `region`: of window attention rather than of the anchored stripe.
  public var isOfWindow = false
  public var hasBias = true
  public var hasTemperature = true
  public var region: Rectangle?
  /// `heads`: path of the undamaged picture.
  public var reference: String?
  /// Side of the part around the query that goes through the network, in pixels.
  public var span = 128
  /// Side of the restored patch, in input pixels.
  public var patch = 8
  /// `effect`: side of the squares that are taken away.
  public var square = 8
  /// `attribution`: steps from the blurred picture.
  public var steps = 32
  /// `features`: one channel besides.
  public var channel: Int?
  /// `models`: name or file of the second model; nil is the same one.
  public var other: String?
  /// `models`: the second one's tile, as `--tile` says it; nil is that of the job.
  public var otherTile: String?
  /// A client that watches and wants them gets `analysing` events meanwhile.
  public var tellsProgress: Bool?

  public init(_ kind: AnalysisKind, x: Int? = nil, y: Int? = nil, stage: Int? = nil, block: Int? = nil) {
    (self.kind, self.x, self.y, self.stage, self.block) = (kind, x, y, stage, block)
  }
}

/// What an analysis found: numbers, maps over a part of the picture, and charts.
///
/// As a reply its maps' numbers are the raw bytes: see ``body``.
public struct AnalysisReport: Codable, Hashable, Sendable {
  public var title: String
  /// What is shown and how, in a sentence or two.
  public var explanation: String
  /// Rows of cells, the first one the heading.
  public var tables: [[[String]]] = []
  public var maps: [PlaneMap] = []
  public var charts: [Chart] = []
  /// What the maps lie over, in the picture's pixels.
  public var region: Rectangle
  /// Outlines in the picture's pixels.
  public var marks: [Rectangle] = []

  /// Of a map that is sent to a client.
  public static let largestSide = 384

  public init(title: String, explanation: String, region: Rectangle) {
    (self.title, self.explanation, self.region) = (title, explanation, region)
  }
}

/// A number for every pixel, or every square of pixels, of a part of a picture.
public struct PlaneMap: Hashable, Sendable {
  public enum Look: Hashable, Sendable {
    /// From 0, or the least number, to the largest.
    case magnitude(fromZero: Bool)
    /// Below and above zero.
    case signed
    /// Degrees of an axis as hue, as strong as `strength` (0...1) says.
    case axis(strength: [Float])
    /// Whole numbers from 0 on, each its name and colour.
    case categories([String])
    /// Colours as 0xRRGGBB; `values` is what red was made of.
    case colours([UInt32])
  }

  public let name: String
  /// Behind the numbers; empty for none.
  public let unit: String
  public let width: Int
  public let height: Int
  public let values: [Float]
  public let look: Look
  /// The ends of its colours.
  public let range: (low: Float, high: Float)

  public init(
    _ name: String, unit: String = "", width: Int, height: Int, values: [Float], look: Look = .magnitude(fromZero: true)
  ) {
    precondition(values.count == width * height)
    (self.name, self.unit, self.width, self.height, self.values) = (name, unit, width, height, values)
    self.look = look
    let finite = values.filter { $0.isFinite }
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 0)
    switch look {
    case .magnitude(let fromZero): range = (fromZero ? 0 : least, most)
    case .signed: range = (-max(abs(least), abs(most)), max(abs(least), abs(most)))
    case .axis: range = (-90, 90)
    case .categories(let names): range = (0, Float(names.count - 1))
    case .colours: range = (0, 1)
    }
  }

  public static func == (a: PlaneMap, b: PlaneMap) -> Bool {
    (a.name, a.unit, a.width, a.height) == (b.name, b.unit, b.width, b.height)
      && (a.values, a.look) == (b.values, b.look)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(values)
  }

  public struct Numbers: Codable, Hashable, Sendable {
    public let mean: Double
    public let least: Double
    public let median: Double
    public let largest: Double
  }

  /// Of what is a number; all 0 where nothing is.
  public var numbers: Numbers {
    var finite = values.filter { $0.isFinite }
    guard !finite.isEmpty else { return Numbers(mean: 0, least: 0, median: 0, largest: 0) }
    var (sum, least, largest) = (0.0, finite[0], finite[0])
    for value in finite {
      sum += Double(value)
      least = min(least, value)
      largest = max(largest, value)
    }
    let count = finite.count
    return Numbers(
      mean: sum / Double(count), least: Double(least), median: Double(Self.select(count / 2, of: &finite)),
      largest: Double(largest))
  }

  /// What would stand at a place if the values were sorted (Hoare's selection): maps have hundreds of thousands.
  private static func select(_ place: Int, of values: inout [Float]) -> Float {
    values.withUnsafeMutableBufferPointer { values in
      var (low, high) = (0, values.count - 1)
      while low < high {
        let pivot = values[(low + high) / 2]
        var (left, right) = (low, high)
        while left <= right {
          while values[left] < pivot { left += 1 }
          while values[right] > pivot { right -= 1 }
          guard left <= right else { break }
          values.swapAt(left, right)
          (left, right) = (left + 1, right - 1)
        }
        if place <= right { high = right } else if place >= left { low = left } else { break }
      }
      return values[place]
    }
  }

  /// Where a value lies between the ends of the colours, 0...1; nil where it is no number.
  public func share(_ pixel: Int) -> Float? {
    let value = values[pixel]
    guard value.isFinite else { return nil }
    return range.high > range.low ? min(max((value - range.low) / (range.high - range.low), 0), 1) : 0
  }
}

/// Lines or bars of numbers.
public struct Chart: Codable, Hashable, Sendable {
  public struct Series: Codable, Hashable, Sendable {
    public let name: String
    public let values: [Double]

    public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  }

  public let title: String
  /// What is counted along the lower edge.
  public let axis: String
  public let series: [Series]
  /// Whether upwards counts powers of ten.
  public let isLogarithmic: Bool
  /// By bar, below it; empty for lines.
  public let labels: [String]

  public init(_ title: String, axis: String, _ series: [Series], isLogarithmic: Bool = false, labels: [String] = []) {
    (self.title, self.axis, self.series, self.isLogarithmic, self.labels) = (title, axis, series, isLogarithmic, labels)
  }
}

// MARK: On the wire

extension PlaneMap: Codable {
  private enum Key: String, CodingKey { case name, unit, width, height, look, categories }

  private var word: String {
    switch look {
    case .magnitude(let fromZero): fromZero ? "magnitude" : "level"
    case .signed: "signed"
    case .axis: "axis"
    case .categories: "categories"
    case .colours: "colours"
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(name, forKey: .name)
    try fields.encode(unit, forKey: .unit)
    try fields.encode(width, forKey: .width)
    try fields.encode(height, forKey: .height)
    try fields.encode(word, forKey: .look)
    if case .categories(let names) = look { try fields.encode(names, forKey: .categories) }
  }

  /// Without its numbers, which are all 0: ``AnalysisReport/filled(by:)`` takes them.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    let (width, height) = (try fields.decode(Int.self, forKey: .width), try fields.decode(Int.self, forKey: .height))
    guard (1...4096).contains(width), (1...4096).contains(height) else {
      throw DecodingError.dataCorruptedError(forKey: .width, in: fields, debugDescription: "a map of no such size")
    }
    let nothing = [Float](repeating: 0, count: width * height)
    let look: Look =
      switch try fields.decode(String.self, forKey: .look) {
      case "level": .magnitude(fromZero: false)
      case "signed": .signed
      case "axis": .axis(strength: nothing)
      case "categories": .categories(try fields.decode([String].self, forKey: .categories))
      case "colours": .colours([UInt32](repeating: 0, count: width * height))
      default: .magnitude(fromZero: true)
      }
    self.init(
      try fields.decode(String.self, forKey: .name), unit: try fields.decode(String.self, forKey: .unit), width: width,
      height: height, values: nothing, look: look)
  }

  /// Smaller by whole steps, until no side is over `side`: means of numbers, of the others the one in the middle.
  public func reduced(to side: Int) -> PlaneMap {
    let step = (max(width, height) + side - 1) / side
    guard step > 1 else { return self }
    let (columns, rows) = ((width + step - 1) / step, (height + step - 1) / step)
    func middles<Value>(_ values: [Value]) -> [Value] {
      (0..<rows).flatMap { y in
        (0..<columns).map { x in
          values[min(height - 1, y * step + step / 2) * width + min(width - 1, x * step + step / 2)]
        }
      }
    }
    func means(_ values: [Float]) -> [Float] {
      (0..<rows).flatMap { y in
        (0..<columns).map { x in
          var (sum, count) = (Float(0), Float(0))
          for row in y * step..<min(height, (y + 1) * step) {
            for column in x * step..<min(width, (x + 1) * step) where values[row * width + column].isFinite {
              sum += values[row * width + column]
              count += 1
            }
          }
          return count > 0 ? sum / count : .nan
        }
      }
    }
    let look: Look
    let smaller: [Float]
    switch self.look {
    case .magnitude, .signed: (look, smaller) = (self.look, means(values))
    case .axis(let strength): (look, smaller) = (.axis(strength: middles(strength)), middles(values))
    case .categories: (look, smaller) = (self.look, middles(values))
    case .colours(let colours): (look, smaller) = (.colours(middles(colours)), middles(values))
    }
    return PlaneMap(name, unit: unit, width: columns, height: rows, values: smaller, look: look)
  }
}

extension AnalysisReport {
  /// Map by map: `values`, behind those of an axis its strengths, behind those of colours the colours; 32 bits each, little-endian.
  public var body: [UInt8] {
    var bytes: [UInt8] = []
    func add(_ word: UInt32) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    for map in maps {
      for value in map.values { add(value.bitPattern) }
      switch map.look {
      case .axis(let strength): for value in strength { add(value.bitPattern) }
      case .colours(let colours): for colour in colours { add(colour) }
      default: break
      }
    }
    return bytes
  }

  /// The same with the numbers of a ``body``; nil where it does not hold as many as the maps have.
  public func filled(by body: [UInt8]) -> AnalysisReport? {
    var rest = body[...]
    func words(_ count: Int) -> [UInt32]? {
      guard rest.count >= 4 * count else { return nil }
      defer { rest = rest.dropFirst(4 * count) }
      return rest.prefix(4 * count).withUnsafeBytes { raw in
        (0..<count).map { UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
      }
    }
    var filled = self
    filled.maps = []
    for map in maps {
      let count = map.width * map.height
      guard let values = words(count)?.map(Float.init(bitPattern:)) else { return nil }
      var look = map.look
      switch look {
      case .axis:
        guard let strength = words(count)?.map(Float.init(bitPattern:)) else { return nil }
        look = .axis(strength: strength)
      case .colours:
        guard let colours = words(count) else { return nil }
        look = .colours(colours)
      default: break
      }
      filled.maps.append(
        PlaneMap(map.name, unit: map.unit, width: map.width, height: map.height, values: values, look: look))
    }
    return rest.isEmpty ? filled : nil
  }
}
