import GRLModel
import TestSupport
import Testing

@Suite struct GRLConfigurationJSONTests {
  static let fields: [(key: String, value: String)] = [
    ("in_channels", "3"), ("out_channels", "null"), ("embed_dim", "64"), ("depths", "[4, 4, 4, 4]"),
    ("heads_window", "2"), ("heads_stripe", "2"), ("window", "8"), ("stripe_size", "[16, 16]"),
    ("stripe_groups", "[null, null]"), ("stripe_shift", "true"), ("anchor_factor", "4"), ("mlp_ratio", "2.0"),
    ("qkv_bias", "true"), ("local_connection", "false"), ("upscale", "1"), ("upsampler", "\"\""), ("img_range", "1.0"),
    ("drop_path", "0.0"), ("stage_tail", "\"1conv\""),
  ]

  /// The sound text above with some values changed; nil takes a key out.
  static func text(_ changes: [String: String?] = [:]) -> String {
    var members = fields.compactMap { field -> String? in
      if let change = changes[field.key] { return change.map { "\"\(field.key)\": \($0)" } }
      return "\"\(field.key)\": \(field.value)"
    }
    for (key, value) in changes where !fields.contains(where: { $0.key == key }) {
      if let value { members.append("\"\(key)\": \(value)") }
    }
    return "{" + members.joined(separator: ", ") + "}"
  }

  @Test("the text of our model files is read")
  func sound() throws {
    let configuration = try GRLConfiguration(json: Self.text())
    #expect(
      configuration
        == GRLConfiguration(
          windowSize: 8, stripeRows: .pixels(16), stripeColumns: .pixels(16), anchorFactor: 4))
    #expect(
      try GRLConfiguration(json: Self.text(["drop_path": nil, "stage_tail": nil, "out_channels": "1"])).outputChannels
        == 1)
    let groups = try GRLConfiguration(json: Self.text(["stripe_size": "[8, null]", "stripe_groups": "[null, 4]"]))
    #expect(groups.stripeRows == .pixels(8) && groups.stripeColumns == .groups(4) && groups.padMultiple == 16)
  }

  @Test("text written from a configuration reads back the same")
  func roundTrip() throws {
    var configurations = PublishedSettings.all.map(\.configuration) + [GRLConfiguration()]
    configurations += try GoldenCase.files.map { try GoldenCase($0).configuration }
    for configuration in configurations { #expect(try GRLConfiguration(json: configuration.json) == configuration) }
  }

  @Test(
    "nonsense is refused",
    arguments: [
      ["window": nil], ["anchor_factor": nil], ["euclidean": "true"], ["window": "1"], ["window": "0"],
      ["window": "-8"],
      ["window": "8.5"], ["window": "\"8\""], ["window": "null"], ["window": "9"], ["window": "1000000000000000000000"],
      ["window": "129"], ["in_channels": "0"], ["out_channels": "true"], ["out_channels": "99"], ["embed_dim": "63"],
      ["embed_dim": "66"], ["embed_dim": "9223372036854775807"], ["heads_window": "0"], ["heads_stripe": "3"],
      ["heads_window": "9223372036854775807"], ["depths": "[]"], ["depths": "[4, 0]"], ["depths": "[4, null]"],
      ["depths": "4"],
      ["depths": "[65]"], ["stripe_size": "[16]"], ["stripe_size": "[1, 16]"], ["stripe_size": "[18, 16]"],
      ["stripe_size": "[16, null]"], ["stripe_groups": "[4, null]"], ["stripe_size": "[16, 24]"],
      ["stripe_size": "[0, 16]"],
      ["stripe_size": "[null, null]", "stripe_groups": "[0, 4]"],
      ["stripe_size": "[null, null]", "stripe_groups": "[3, 4]"], ["stripe_size": "[2048, 2048]"],
      ["stripe_size": "[null, 8]", "stripe_groups": "[8, null]", "anchor_factor": "1"], ["anchor_factor": "0"],
      ["anchor_factor": "3"], ["anchor_factor": "9223372036854775807"], ["mlp_ratio": "0"], ["mlp_ratio": "-1"],
      ["mlp_ratio": "1e300"], ["mlp_ratio": "0.001"], ["mlp_ratio": "\"2\""], ["img_range": "0"],
      ["img_range": "1e300"],
      ["upscale": "2"], ["upscale": "0"], ["upscale": "3", "upsampler": "\"nearest+conv\""],
      ["upscale": "5", "upsampler": "\"pixelshuffle\""], ["upscale": "9", "upsampler": "\"pixelshuffledirect\""],
      ["upsampler": "\"bilinear\""], ["upsampler": "null"], ["stripe_shift": "1"], ["qkv_bias": "null"],
      ["local_connection": "true", "embed_dim": "16"], ["stage_tail": "\"3conv\""], ["stage_tail": "null"],
      ["drop_path": "\"x\""],
    ] as [[String: String?]])
  func broken(_ changes: [String: String?]) throws {
    let error = #expect(throws: ConfigurationFault.self) { try GRLConfiguration(json: Self.text(changes)) }
    #expect("\(try #require(error))".count > 10)
  }

  @Test("text that is no JSON object is refused", arguments: ["", "[]", "null", "{", "{\"window\": 8, \"window\": 8}"])
  func malformed(_ text: String) {
    #expect(throws: ConfigurationFault.self) { try GRLConfiguration(json: text) }
  }

  @Test("a fault names the key, what was found and what is allowed")
  func messages() {
    func message(_ changes: [String: String?]) -> String {
      do throws(ConfigurationFault) {
        _ = try GRLConfiguration(json: Self.text(changes))
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(["window": "1"]) == "window: 1, allowed is 2 to 128")
    #expect(message(["window": "12"]) == "window: the padded size 16 is not a multiple of 12")
    #expect(message(["stage_tail": "\"3conv\""]) == "stage_tail: \"3conv\", allowed is \"1conv\"")
    #expect(message(["heads_stripe": "5"]) == "embed_dim: 64 does not divide into two halves of 5 heads (heads_stripe)")
    #expect(message(["stripe_size": "[18, 16]"]) == "stripe_size (rows): 18 is not a multiple of anchor_factor 4")
    #expect(message(["extra": "1"]) == "configuration: unknown key extra")
    #expect(message(["window": nil]) == "configuration: window is missing")
  }
}
