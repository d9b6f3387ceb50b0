import Checkpoints
import Foundation
import GRLModel
import Restoration
import TestSupport
import Testing

@Suite("Metadata of a model") struct ModelMetadataTests {
  private static let colour = [
    "format": "grl", "task": "dn", "variant": "tiny", "scale": "1",
    "normalisation":
      #"{"input_range": [0, 1], "subtract": [0.4488, 0.4371, 0.404], "img_range": 1.0, "inside_network": true}"#,
    "colour": #"{"space": "sRGB", "channels_in": 3, "channels_out": 3, "order": "RGB"}"#,
    "degradation": #"{"kind": "noise", "sigma": [0, 55]}"#,
  ]

  /// Something that a file says beside what it ought to say.
  struct Claim: CustomTestStringConvertible {
    /// What the message has to name.
    let field: String
    let entries: [String: String]
    var configuration = TestNetworks.configuration()
    init(_ field: String, _ entries: [String: String]) { (self.field, self.entries) = (field, entries) }
    init(_ field: String, _ configuration: GRLConfiguration, _ entries: [String: String] = [:]) {
      self.init(field, entries)
      self.configuration = configuration
    }
    var testDescription: String { "\(field): \(entries)" }
  }

  private func card(_ claim: Claim) throws -> ModelCard {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-metadata-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var metadata = Self.colour
    metadata["config"] = claim.configuration.json
    metadata.merge(claim.entries) { $1 }
    let checkpoint = Checkpoint(
      path: "", metadata: metadata, tensors: TestNetworks.checkpoint(claim.configuration).tensors)
    let file = folder.appending(path: "m.safetensors")
    try Data(checkpoint.safetensorsFile()).write(to: file)
    return try ModelLibrary(folders: [], userFolder: "/nowhere").card(file.path)
  }

  private static let small = GRLConfiguration(embeddingWidth: 128)
  private static let gray = TestNetworks.configuration(inputChannels: 1)

  static let contradictions: [Claim] = [
    Claim("format", ["format": "other"]),
    Claim("task", ["task": "paint"]), Claim("task", ["task": "sr"]), Claim("task", ["task": "db_defocus_dual"]),
    Claim("task", TestNetworks.configuration(upscale: 2, upsampler: .pixelShuffleDirect), ["scale": "2"]),
    Claim("variant", ["variant": "huge"]), Claim("variant", small),
    Claim("scale", ["scale": "4"]), Claim("scale", ["scale": "one"]),
    Claim("normalisation", ["normalisation": "none"]),
    Claim("normalisation.input_range", ["normalisation": #"{"input_range": [0, 255]}"#]),
    Claim("normalisation.input_range", ["normalisation": #"{"input_range": [-1, 1]}"#]),
    Claim("normalisation.img_range", ["normalisation": #"{"img_range": 255}"#]),
    Claim("normalisation.subtract", ["normalisation": #"{"subtract": [0.5, 0.5, 0.5]}"#]),
    Claim("normalisation.subtract", ["normalisation": #"{"subtract": [0.404, 0.4371, 0.4488]}"#]),
    Claim("normalisation.subtract", ["normalisation": #"{"subtract": [0.0]}"#]),
    Claim("normalisation.inside_network", ["normalisation": #"{"inside_network": false}"#]),
    Claim("colour.order", ["colour": #"{"order": "BGR"}"#]),
    Claim("colour.space", ["colour": #"{"space": "luma BT.601"}"#]),
    Claim("colour.channels_in", ["colour": #"{"channels_in": 1}"#]),
    Claim("colour.channels_out", ["colour": #"{"channels_out": 1}"#]),
    Claim("normalisation.subtract", gray), Claim("colour.channels_in", gray, ["normalisation": "{}"]),
    Claim("degradation", ["degradation": "[]"]),
    Claim("degradation.kind", ["degradation": #"{"kind": "jpeg"}"#]),
    Claim("degradation.sigma", ["degradation": #"{"sigma": [55, 0]}"#]),
    Claim("degradation.sigma", ["degradation": #"{"sigma": [0, 300]}"#]),
    Claim("degradation.sigma", ["degradation": #"{"sigma": "strong"}"#]),
    Claim("degradation.sigma", ["degradation": #"{"sigma": [0, 25, 50]}"#]),
    Claim("degradation.sigma", ["degradation": #"{"sigma": 0}"#]),
    Claim("degradation.quality", ["degradation": #"{"kind": "noise", "quality": 10}"#]),
    Claim("degradation.quality", ["task": "jpeg", "degradation": #"{"kind": "jpeg", "quality": [0, 95]}"#]),
    Claim("degradation.length", ["task": "db_motion", "degradation": #"{"kind": "motion", "length": -3}"#]),
    Claim("degradation.dual", ["task": "db_defocus", "degradation": #"{"kind": "defocus", "dual": true}"#]),
  ]

  @Test("What contradicts the network or itself is refused, and the field is named", arguments: contradictions)
  func contradiction(claim: Claim) throws {
    let error = #expect(throws: RestorationError.self) { try card(claim) }
    #expect(error?.kind == .model)
    let text = error?.description ?? ""
    #expect(text.contains(": \(claim.field): "), "\(text)")
    #expect(text.contains("allowed is"), "\(text)")
  }

  @Test("What fits is taken, and so is what says little")
  func fitting() throws {
    #expect(try card(Claim("", [:])).sigmas == 0...55)
    #expect(try card(Claim("", ["degradation": #"{"sigma": 25}"#])).sigmas == 25...25)
    #expect(try card(Claim("", ["normalisation": "{}", "colour": "{}", "degradation": "{}"])).task == .denoise)
    // A size that was not published may go by any name.
    #expect(try card(Claim("", ["variant": "base"])).variant == .base)
    let gray = [
      "normalisation": #"{"subtract": [0.0]}"#,
      "colour": #"{"space": "luma BT.601", "channels_in": 1, "channels_out": 1, "order": "Y"}"#,
    ]
    #expect(try card(Claim("", Self.gray, gray)).isGray)
    #expect(
      try card(Claim("", ["task": "db_motion", "degradation": #"{"kind": "motion", "length": 24.0}"#])).largestBlur
        == 24)
  }

  @Test("What bundled files say of themselves fits their networks")
  func bundled() throws {
    let listing = ModelLibrary.standard(environment: ["HOME": "/nowhere"]).list()
    #expect(listing.problems.isEmpty && listing.cards.count >= 14)
  }
}
