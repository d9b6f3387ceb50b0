/// What the derived tensors that some checkpoints store say about window, stripes and anchor factor.
///
/// `table_w` is `[1, 2w-1, 2w-1, 2]`; `table_sh` is `[1, S0+A0-1, S1+A1-1, 2]` for stripes `S` with anchors `A = S / f`, and
/// `table_sv` the same with the axes swapped; `index_sh_w2a` is `[S0*S1, A0*A1]`, `index_sh_a2w` its transpose.
struct StoredTables {
  let windowSize: Int?
  let anchorFactor: Int?
  private let stripeSums: (rows: Int, columns: Int)?
  private let stripeTokens: Int?

  /// - Throws: `ConfigurationFault.inconsistent` if the tables cannot belong to one network.
  init(_ shapes: [String: [Int]]) throws(ConfigurationFault) {
    var windows: [Int] = []
    if let shape = shapes["table_w"] {
      guard shape.count == 4, shape[1] == shape[2], shape[1] % 2 == 1, shape[1] < 1 << 16 else {
        throw Self.fault("table_w", shape)
      }
      windows.append((shape[1] + 1) / 2)
    }
    if let shape = shapes["index_w"] {
      guard shape.count == 2, shape[0] == shape[1], let side = Self.root(shape[0]) else {
        throw Self.fault("index_w", shape)
      }
      windows.append(side)
    }
    guard Set(windows).count <= 1 else { throw .inconsistent("table_w and index_w belong to different windows") }
    windowSize = windows.first

    var sums: [(rows: Int, columns: Int)] = []
    for (name, (rows, columns)) in [("table_sh", (1, 2)), ("table_sv", (2, 1))] {
      guard let shape = shapes[name] else { continue }
      guard shape.count == 4, (1...1 << 16).contains(shape[1]), (1...1 << 16).contains(shape[2]) else {
        throw Self.fault(name, shape)
      }
      sums.append((shape[rows] + 1, shape[columns] + 1))
    }
    guard sums.allSatisfy({ $0 == sums[0] }) else {
      throw .inconsistent("table_sh and table_sv belong to different stripes")
    }
    stripeSums = sums.first

    var counts: Set<[Int]> = []
    for (name, (tokens, anchors)) in [
      ("index_sh_w2a", (0, 1)), ("index_sh_a2w", (1, 0)), ("index_sv_w2a", (0, 1)), ("index_sv_a2w", (1, 0)),
    ] {
      guard let shape = shapes[name] else { continue }
      guard shape.count == 2, shape[anchors] > 0, shape[tokens].isMultiple(of: shape[anchors]),
        Self.root(shape[tokens] / shape[anchors]) != nil
      else { throw Self.fault(name, shape) }
      counts.insert([shape[tokens], shape[anchors]])
    }
    guard counts.count <= 1 else { throw .inconsistent("index_sh_* and index_sv_* belong to different stripes") }
    stripeTokens = counts.first?[0]
    anchorFactor = counts.first.flatMap { Self.root($0[0] / $0[1]) }
  }

  /// The stripes, given the anchor factor; nil where no table of stripes is stored.
  func stripe(anchorFactor: Int) throws(ConfigurationFault) -> Stripe? {
    guard let stripeSums else { return nil }
    guard (1...64).contains(anchorFactor) else {
      throw .wrongValue(key: "anchor_factor", found: "\(anchorFactor)", allowed: "1 to 64")
    }
    // S + S / f is stored, plus or minus 1.
    func side(_ sum: Int) -> Int? {
      let side = sum * anchorFactor / (anchorFactor + 1)
      return side + side / anchorFactor == sum && side.isMultiple(of: anchorFactor) ? side : nil
    }
    guard let rows = side(stripeSums.rows), let columns = side(stripeSums.columns),
      stripeTokens == nil || stripeTokens == rows * columns
    else { throw .inconsistent("table_sh does not belong to stripes with anchor factor \(anchorFactor)") }
    return Stripe(rows: rows, columns: columns)
  }

  private static func root(_ square: Int) -> Int? {
    guard (1...1 << 40).contains(square) else { return nil }
    let root = Int(Double(square).squareRoot().rounded())
    return root * root == square ? root : nil
  }

  private static func fault(_ name: String, _ shape: [Int]) -> ConfigurationFault {
    .inconsistent("\(name) has shape \(shape), which no GRL network gives it")
  }
}
