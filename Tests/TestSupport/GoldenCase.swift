import Checkpoints
import Foundation
import GRLModel
import Tensors

/// One file of golden vectors: a network, an input, the expected output and intermediate values (Docs/Network.md section 10).
///
/// Read with Foundation alone, not with the code under test.
public struct GoldenCase: Sendable, CustomStringConvertible {
  public struct Values: Sendable {
    public let shape: [Int]
    public let values: [Float]
    /// Largest minus smallest value.
    public var range: Float { (values.max() ?? 0) - (values.min() ?? 0) }
  }

  public let name: String
  public let configuration: GRLConfiguration
  public let seed: UInt64
  public let outputRange: Float
  public let tensors: [String: Values]
  public var description: String { name }

  /// The cases of the project.
  public static let files = files(in: TestData.fixtures.appending(path: "golden"))

  /// The case that stores rows of attention.
  public static let attentionRows = TestData.fixtures.appending(path: "golden/attention_rows.safetensors")

  /// Those beside it that the project has not, or only as a small copy; empty where there is no `../shared`.
  public static let sharedFiles: [URL] = {
    guard let folder = TestData.shared("golden") else { return [] }
    return files(in: folder).filter { file in
      !files.contains {
        $0.lastPathComponent == file.lastPathComponent
          && FileManager.default.contentsEqual(atPath: $0.path, andPath: file.path)
      }
    }
  }()

  private static func files(in folder: URL) -> [URL] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        .filter { $0.hasSuffix(".safetensors") }.map { folder.appending(path: $0) }
    } catch {
      fatalError("\(folder.path): \(error)")
    }
  }

  public init(_ url: URL) throws {
    let data = try Data(contentsOf: url)
    let headerLength = Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    let header = try JSONSerialization.jsonObject(with: data[8..<(8 + headerLength)]) as! [String: Any]
    let metadata = header["__metadata__"] as! [String: String]
    name = metadata["case"]!
    seed = UInt64(metadata["seed"]!)!
    outputRange = Float(metadata["output_range"]!)!
    configuration = GoldenCase.configuration(
      try JSONSerialization.jsonObject(with: Data(metadata["config"]!.utf8)) as! [String: Any])
    var tensors: [String: Values] = [:]
    for (key, value) in header where key != "__metadata__" {
      let entry = value as! [String: Any]
      let offsets = entry["data_offsets"] as! [Int]
      let bytes = data[(8 + headerLength + offsets[0])..<(8 + headerLength + offsets[1])]
      let values = [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
        count = bytes.copyBytes(to: buffer) / 4
      }
      tensors[key] = Values(shape: entry["shape"] as! [Int], values: values)
    }
    self.tensors = tensors
  }

  /// The network's weights: stored ones, or generated from the seed.
  public var checkpoint: Checkpoint {
    let stored = tensors.filter { $0.key.hasPrefix("weight.") }
    if stored.isEmpty { return GeneratedWeights.checkpoint(configuration, seed: seed) }
    let named = stored.map {
      (String($0.key.dropFirst("weight.".count)), StoredTensor(shape: $0.value.shape, values: $0.value.values))
    }
    return Checkpoint(path: name, tensors: Dictionary(uniqueKeysWithValues: named))
  }

  /// Picture `index` of the batch under `key`, which is stored `[B, C, H, W]`, channels last.
  public func picture(_ key: String, _ index: Int) -> Tensor {
    let stored = tensors[key]!
    let (channels, height, width) = (stored.shape[1], stored.shape[2], stored.shape[3])
    let start = index * channels * height * width
    var picture = Tensor(shape: Shape(height: height, width: width, channels: channels))
    for channel in 0..<channels {
      for y in 0..<height {
        for x in 0..<width { picture[y, x, channel] = stored.values[start + (channel * height + y) * width + x] }
      }
    }
    return picture
  }

  public var batch: Int { tensors["input"]!.shape[0] }

  /// Rows of attention under `prob.name` with the place of each, for the cells and tokens that the case keeps: all of them, or
  /// those that `cells.name` and `rows.name` name.
  public func attentionRows(_ name: String) -> [(cell: Int, head: Int, token: Int, weights: [Float])] {
    let stored = tensors["prob." + name]!
    func places(_ key: String, _ count: Int) -> [Int] { tensors[key]?.values.map { Int($0) } ?? Array(0..<count) }
    let (cells, tokens) = (places("cells." + name, stored.shape[0]), places("rows." + name, stored.shape[2]))
    let (heads, keys) = (stored.shape[1], stored.shape[3])
    var start = 0
    var rows: [(cell: Int, head: Int, token: Int, weights: [Float])] = []
    for cell in cells {
      for head in 0..<heads {
        for token in tokens {
          rows.append((cell, head, token, Array(stored.values[start..<start + keys])))
          start += keys
        }
      }
    }
    return rows
  }

  public static func configuration(_ json: [String: Any]) -> GRLConfiguration {
    func extent(_ index: Int) -> GRLConfiguration.StripeExtent {
      if let pixels = (json["stripe_size"] as! [Any])[index] as? Int { return .pixels(pixels) }
      return .groups((json["stripe_groups"] as! [Any])[index] as! Int)
    }
    return GRLConfiguration(
      inputChannels: json["in_channels"] as! Int, outputChannels: json["out_channels"] as? Int,
      embeddingWidth: json["embed_dim"] as! Int, depths: json["depths"] as! [Int],
      windowHeads: json["heads_window"] as! Int,
      stripeHeads: json["heads_stripe"] as! Int, windowSize: json["window"] as! Int, stripeRows: extent(0),
      stripeColumns: extent(1), shiftsStripes: json["stripe_shift"] as! Bool,
      anchorFactor: json["anchor_factor"] as! Int,
      mlpRatio: json["mlp_ratio"] as! Double, hasQKVBias: json["qkv_bias"] as! Bool,
      hasChannelAttention: json["local_connection"] as! Bool, upscale: json["upscale"] as! Int,
      upsampler: GRLConfiguration.Upsampler(rawValue: json["upsampler"] as! String)!,
      imageRange: (json["img_range"] as! NSNumber).floatValue)
  }
}
