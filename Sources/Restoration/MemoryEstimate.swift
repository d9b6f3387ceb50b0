/// Expected peak of resident memory, part by part, in bytes.
public struct MemoryEstimate: Hashable, Sendable, CustomStringConvertible {
  /// The program itself with its libraries and thread stacks.
  public var process: Int
  /// Packed weights.
  public var weights: Int
  /// Features, tables and scratch of one tile shape.
  public var workspace: Int
  /// Input and output tensor of a tile, and the sum of the self-ensemble.
  public var tiles: Int
  /// The rows of the output that tiles still add to, in float.
  public var band: Int
  /// Samples of the pictures in and out, alpha included.
  public var pictures: Int

  public var totalBytes: Int { process + weights + workspace + tiles + band + pictures }

  /// `network 3 MiB, working memory 1.5 GiB, ...`
  public var description: String {
    [
      ("program", process), ("weights", weights), ("working memory", workspace), ("tiles", tiles), ("band", band),
      ("pictures", pictures),
    ].map { "\($0) \(MemoryBudget.text($1))" }.joined(separator: ", ")
  }
}
