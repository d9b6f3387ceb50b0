import Checkpoints
import CPUDevice
import GRLModel
import TestSupport
import Testing

@Suite struct ConfigurationResolverTests {
  /// A checkpoint with the parameters of `configuration`, all zero, and perhaps tables.
  static func checkpoint(
    _ configuration: GRLConfiguration, path: String = "model.ckpt", tables: [String: [Int]] = [:],
    metadata: [String: String] = [:]
  ) -> Checkpoint {
    let tensors = GRL.parameters(of: configuration).map { name, shape in
      (name, StoredTensor(elementType: .int8, shape: shape, bytes: [UInt8](repeating: 0, count: shape.reduce(1, *))))
    }
    return Checkpoint(
      path: path, metadata: metadata, tensors: Dictionary(uniqueKeysWithValues: tensors), derivedShapes: tables)
  }

  /// What the published code stores for that configuration.
  static func tables(window: Int, stripe: (Int, Int), anchorFactor f: Int) -> [String: [Int]] {
    let (s, a) = (stripe, (stripe.0 / f, stripe.1 / f))
    return [
      "table_w": [1, 2 * window - 1, 2 * window - 1, 2], "index_w": [window * window, window * window],
      "table_sh": [1, s.0 + a.0 - 1, s.1 + a.1 - 1, 2], "table_sv": [1, s.1 + a.1 - 1, s.0 + a.0 - 1, 2],
      "index_sh_w2a": [s.0 * s.1, a.0 * a.1], "index_sh_a2w": [a.0 * a.1, s.0 * s.1],
      "index_sv_w2a": [s.0 * s.1, a.0 * a.1], "mask_w": [4, window * window, window * window],
    ]
  }

  /// Two blocks in all; no published size.
  static let mini = GRLConfiguration(
    inputChannels: 3, embeddingWidth: 16, depths: [1, 1], windowSize: 8, stripeRows: .pixels(8),
    stripeColumns: .pixels(16),
    anchorFactor: 2, mlpRatio: 3, hasQKVBias: false)

  static func error(
    _ checkpoint: Checkpoint, fileName: String? = nil, _ overrides: ConfigurationOverrides = .init()
  ) throws -> ConfigurationError {
    try #require(
      #expect(throws: ConfigurationError.self) {
        try ConfigurationResolver.resolve(checkpoint, fileName: fileName, overrides: overrides)
      })
  }

  // MARK: Released checkpoints

  @Test(
    "every released checkpoint is settled by its name",
    arguments: PublishedSettings.all.filter { !$0.checkpoints.isEmpty })
  func released(_ row: PublishedSettings) throws {
    let checkpoint = Self.checkpoint(row.configuration)
    for (name, level) in row.checkpoints {
      let resolved = try ConfigurationResolver.resolve(checkpoint, fileName: name + ".ckpt")
      #expect(resolved.configuration == row.configuration)
      #expect(resolved.published == row && resolved.task == row.task && resolved.variant == row.variant)
      #expect(resolved.level == level)
      #expect(Set(resolved.sources.keys) == Set(ConfigurationSetting.allCases))
      #expect(resolved.sources[.embeddingWidth] == .weightShapes && resolved.sources[.imageRange] == .published)
      for setting in [ConfigurationSetting.window, .stripe, .anchorFactor] {
        #expect(resolved.sources[setting] == .publishedSettings(row.name))
      }
    }
  }

  @Test("a released name on other weights is refused")
  func wrongWeights() throws {
    let error = try Self.error(Self.checkpoint(Self.mini), fileName: "sr_grl_tiny_c3x3.ckpt")
    guard case .contradiction(_, let setting, let claims) = error else { Issue.record("\(error)"); return }
    #expect(setting == "embed_dim" && claims.map(\.value) == ["16", "64"])
    #expect("\(error)".contains("rename the file and give --window N --stripe H,W --anchor-factor N"))
  }

  // MARK: Hyperparameters

  /// The mini network with hyperparameters as JSON.
  static func checkpoint(
    _ configuration: GRLConfiguration, hyperparameters: String, tables: [String: [Int]] = [:]
  ) throws -> Checkpoint {
    let plain = Self.checkpoint(configuration)
    return Checkpoint(
      path: "model.ckpt", metadata: [:], tensors: plain.tensors, derivedShapes: tables, weightSet: nil,
      hyperparameters: try JSON.parse(Array(hyperparameters.utf8)))
  }

  @Test("what Lightning stored of the experiment settles network, task and level")
  func experiment() throws {
    let file = TestData.fixtures.appending(path: "checkpoints/blind/lightning_omegaconf.ckpt")
    let resolved = try ConfigurationResolver.resolve(try Checkpoint(contentsOf: file.path))
    let configuration = resolved.configuration
    #expect(configuration.windowSize == 8 && configuration.anchorFactor == 2)
    #expect(configuration.stripeRows == .pixels(8) && configuration.stripeColumns == .pixels(16))
    #expect(configuration.inputChannels == 2 && configuration.outputChannels == 1)
    #expect(resolved.task == .denoise && resolved.levels == 0...50 && resolved.level == nil)
    for setting in [ConfigurationSetting.window, .stripe, .anchorFactor, .stripeShift, .imageRange] {
      #expect(resolved.sources[setting] == .hyperparameters)
    }
  }

  @Test("references are followed, stripes may be shares, and plain constructor arguments are read too")
  func hyperparameterForms() throws {
    let shares = try Self.checkpoint(
      Self.mini,
      hyperparameters: #"{"model": {"window_size": 8, "stripe_size": [8, null], "stripe_groups": [null, 4], "#
        + #""anchor_window_down_factor": "${factor}"}, "factor": 2, "data_module": {"name": "jpeg", "quality_factor": 10}}"#
    )
    let resolved = try ConfigurationResolver.resolve(shares)
    #expect(resolved.configuration.stripeRows == .pixels(8) && resolved.configuration.stripeColumns == .groups(4))
    #expect(resolved.configuration.anchorFactor == 2 && resolved.task == .jpeg && resolved.level == 10)
    let plain = try Self.checkpoint(
      Self.mini, hyperparameters: #"{"window_size": 8, "stripe_size": [8, 16], "anchor_window_down_factor": 2}"#)
    #expect(try ConfigurationResolver.resolve(plain).configuration == Self.mini)
    let endless = try Self.checkpoint(
      Self.mini, hyperparameters: #"{"model": {"window_size": 8, "anchor_window_down_factor": "${a}"}, "a": "${a}"}"#)
    #expect(
      try Self.error(endless)
        == .unsettled(path: "model.ckpt", settings: [.anchorFactor, .stripe], candidates: []))
  }

  @Test("hyperparameters that contradict tables or flags, or ask for another network, are refused")
  func hyperparameterContradictions() throws {
    let text = #"{"model": {"window_size": 8, "stripe_size": [8, 16], "anchor_window_down_factor": 2"#
    let sound = text + "}}"
    let flag = try Self.error(try Self.checkpoint(Self.mini, hyperparameters: sound), .init(window: 16))
    guard case .contradiction(_, "window", let claims) = flag else { Issue.record("\(flag)"); return }
    #expect(claims.map(\.source) == [.hyperparameters, .flag])
    let tables = Self.tables(window: 16, stripe: (8, 16), anchorFactor: 2)
    let table = try Self.error(try Self.checkpoint(Self.mini, hyperparameters: sound, tables: tables))
    guard case .contradiction(_, "window", let found) = table else { Issue.record("\(table)"); return }
    #expect(found.map(\.source) == [.storedTables, .hyperparameters])
    for other in [#""qkv_proj_type": "separable_conv""#, #""euclidean_dist": true"#, #""anchor_one_stage": false"#] {
      let error = try Self.error(try Self.checkpoint(Self.mini, hyperparameters: text + ", " + other + "}}"))
      guard case .invalid(_, .wrongValue) = error else { Issue.record("\(error)"); return }
    }
  }

  // MARK: Shapes, tables, flags

  @Test("without name, tables and flags the error says what to give")
  func unsettled() throws {
    let error = try Self.error(Self.checkpoint(Self.mini))
    #expect(error == .unsettled(path: "model.ckpt", settings: [.window, .anchorFactor, .stripe], candidates: []))
    for flag in ["--window N", "--stripe H,W", "--anchor-factor N", "--task T --variant V"] {
      #expect("\(error)".contains(flag))
    }
    let partly = try Self.error(Self.checkpoint(Self.mini), .init(window: 8, anchorFactor: 2))
    #expect(partly == .unsettled(path: "model.ckpt", settings: [.stripe], candidates: []))
    #expect(!"\(partly)".contains("--window"))
  }

  @Test("flags settle what the weights do not tell")
  func flags() throws {
    let resolved = try ConfigurationResolver.resolve(
      Self.checkpoint(Self.mini), overrides: .init(window: 8, stripe: Stripe(rows: 8, columns: 16), anchorFactor: 2))
    #expect(resolved.configuration == Self.mini)
    #expect(resolved.sources[.window] == .flag && resolved.sources[.mlpRatio] == .weightShapes)
    #expect(resolved.task == nil && resolved.variant == nil && resolved.published == nil)
  }

  @Test(
    "flags that give no network are refused",
    arguments: [
      ConfigurationOverrides(window: 9, stripe: Stripe(rows: 8, columns: 16), anchorFactor: 2),
      ConfigurationOverrides(window: 8, stripe: Stripe(rows: 8, columns: 15), anchorFactor: 2),
      ConfigurationOverrides(window: 8, stripe: Stripe(rows: 8, columns: 16), anchorFactor: 0),
      ConfigurationOverrides(window: 8, stripe: Stripe(rows: 8, columns: 16), anchorFactor: -1),
      ConfigurationOverrides(window: .max, stripe: Stripe(rows: .max, columns: .max), anchorFactor: .max),
      ConfigurationOverrides(window: .min, stripe: Stripe(rows: .min, columns: .min), anchorFactor: .min),
    ])
  func nonsenseFlags(_ overrides: ConfigurationOverrides) throws {
    var tables = Self.tables(window: 8, stripe: (8, 16), anchorFactor: 2)
    for key in tables.keys where key.hasPrefix("index") { tables[key] = nil }
    for checkpoint in [Self.checkpoint(Self.mini), Self.checkpoint(Self.mini, tables: tables)] {
      _ = try Self.error(checkpoint, overrides)
    }
  }

  @Test(
    "stored tables settle window, stripes and anchor factor",
    arguments: [
      (8, (8, 16), 2), (12, (48, 96), 4), (36, (72, 144), 4), (32, (64, 64), 2), (16, (32, 64), 4),
    ])
  func storedTables(_ window: Int, _ stripe: (Int, Int), _ anchorFactor: Int) throws {
    let checkpoint = Self.checkpoint(
      Self.mini, tables: Self.tables(window: window, stripe: stripe, anchorFactor: anchorFactor))
    let resolved = try ConfigurationResolver.resolve(checkpoint)
    #expect(resolved.configuration.windowSize == window && resolved.configuration.anchorFactor == anchorFactor)
    #expect(
      resolved.configuration.stripeRows == .pixels(stripe.0)
        && resolved.configuration.stripeColumns == .pixels(stripe.1))
    #expect(resolved.sources[.stripe] == .storedTables)
  }

  @Test("part of the tables settles part of the settings")
  func someTables() throws {
    let all = Self.tables(window: 8, stripe: (8, 16), anchorFactor: 2)
    let onlyWindow = Self.checkpoint(Self.mini, tables: ["table_w": all["table_w"]!])
    #expect(
      try Self.error(onlyWindow) == .unsettled(path: "model.ckpt", settings: [.anchorFactor, .stripe], candidates: []))
    let noIndex = Self.checkpoint(Self.mini, tables: ["table_w": all["table_w"]!, "table_sh": all["table_sh"]!])
    #expect(try ConfigurationResolver.resolve(noIndex, overrides: .init(anchorFactor: 2)).configuration == Self.mini)
    #expect(throws: ConfigurationError.self) {
      try ConfigurationResolver.resolve(noIndex, overrides: .init(anchorFactor: 4))
    }
  }

  @Test(
    "tables that no network has are refused",
    arguments: [
      ["table_w": [1, 14, 14, 2]], ["table_w": [1, 15, 17, 2]], ["table_w": [15]], ["index_w": [63, 63]],
      ["table_w": [1, 15, 15, 2], "index_w": [81, 81]], ["table_sh": [1, 0, 5, 2]],
      ["table_sh": [1, 11, 23, 2], "table_sv": [1, 11, 23, 2]], ["index_sh_w2a": [128, 33]],
      ["index_sh_w2a": [128, 0]],
      ["index_sh_w2a": [128, 32], "index_sv_w2a": [128, 8]],
      ["table_sh": [1, 11, 23, 2], "index_sh_w2a": [512, 128]],
      ["table_w": [1, .max, .max, 2]], ["table_sh": [1, .max, .max, 2], "index_sh_w2a": [.max, 1]],
    ])
  func brokenTables(_ tables: [String: [Int]]) throws {
    let error = try Self.error(Self.checkpoint(Self.mini, tables: tables))
    guard case .invalid = error else { Issue.record("\(error)"); return }
  }

  @Test("a flag against the stored tables is refused")
  func flagAgainstTable() throws {
    let checkpoint = Self.checkpoint(Self.mini, tables: Self.tables(window: 8, stripe: (8, 16), anchorFactor: 2))
    let error = try Self.error(checkpoint, .init(window: 16))
    #expect(
      error
        == .contradiction(
          path: "model.ckpt", setting: "window",
          claims: [.init(value: "8", source: .storedTables), .init(value: "16", source: .flag)]))
    #expect("\(error)".hasSuffix("leave out the flag"))
  }

  @Test("file name against stored tables is refused until a flag settles it")
  func nameAgainstTable() throws {
    let row = try PublishedSettingsTests.row(.denoise, .tiny)
    let checkpoint = Self.checkpoint(row.configuration, tables: ["table_w": [1, 15, 15, 2]])
    let error = try Self.error(checkpoint, fileName: "dn_grl_tiny_c3s15.ckpt")
    #expect("\(error)".contains("8 (tables stored in the file) against 16 (published settings of denoise tiny)"))
    #expect("\(error)".hasSuffix("give --window N to settle it"))
    let resolved = try ConfigurationResolver.resolve(
      checkpoint, fileName: "dn_grl_tiny_c3s15.ckpt", overrides: .init(window: 8))
    #expect(resolved.configuration.windowSize == 8 && resolved.configuration.stripeColumns == .pixels(128))
    #expect(resolved.published == nil)
  }

  // MARK: Task and variant

  @Test("task and variant together name the published settings")
  func taskAndVariant() throws {
    let row = try PublishedSettingsTests.row(.jpeg, .small)
    let checkpoint = Self.checkpoint(row.configuration)
    let resolved = try ConfigurationResolver.resolve(checkpoint, overrides: .init(task: .jpeg, variant: .small))
    #expect(resolved.configuration == row.configuration && resolved.published == row)
    #expect(resolved.sources[.window] == .publishedSettings("jpeg small"))
    guard case .unsettled = try Self.error(checkpoint, .init(task: .jpeg)) else { Issue.record("guessed"); return }
    let denoise = try ConfigurationResolver.resolve(checkpoint, overrides: .init(task: .denoise, variant: .small))
    #expect(denoise.configuration.windowSize == 16)
  }

  @Test("where two rows were published for a task, the error lists both")
  func ambiguous() throws {
    let row = try PublishedSettingsTests.row(.blindSuperResolution, .base)
    let error = try Self.error(Self.checkpoint(row.configuration), .init(task: .blindSuperResolution, variant: .base))
    #expect(
      error
        == .unsettled(
          path: "model.ckpt", settings: [.stripe],
          candidates: [
            "--window 16 --stripe 32,64 --anchor-factor 4", "--window 16 --stripe 64,64 --anchor-factor 4",
          ]))
  }

  @Test("task and variant must fit weights and file name")
  func wrongTask() throws {
    let row = try PublishedSettingsTests.row(.superResolution, .tiny)
    let checkpoint = Self.checkpoint(row.configuration)
    guard
      case .contradiction(_, "task", _) = try Self.error(
        checkpoint, fileName: "sr_grl_tiny_c3x2.ckpt", .init(task: .jpeg))
    else { Issue.record("task was not compared"); return }
    guard case .contradiction(_, "variant", _) = try Self.error(checkpoint, .init(variant: .base)) else {
      Issue.record("variant was not compared")
      return
    }
    #expect(
      try Self.error(checkpoint, .init(task: .jpeg, variant: .tiny))
        == .notPublished(path: "model.ckpt", task: "jpeg", variant: "tiny"))
  }

  // MARK: Shapes

  @Test(
    "heads and widths are read from shapes",
    arguments: [
      GRLConfiguration(
        inputChannels: 1, embeddingWidth: 36, depths: [1], windowHeads: 3, stripeHeads: 1, mlpRatio: 2,
        hasChannelAttention: true),
      GRLConfiguration(
        inputChannels: 6, outputChannels: 3, embeddingWidth: 14, depths: [2, 1], windowHeads: 1, stripeHeads: 1,
        mlpRatio: 2.7),
      GRLConfiguration(inputChannels: 1, embeddingWidth: 16, depths: [1], upscale: 3, upsampler: .pixelShuffleDirect),
      GRLConfiguration(embeddingWidth: 16, depths: [1], upscale: 1, upsampler: .pixelShuffleDirect),
      GRLConfiguration(embeddingWidth: 16, depths: [1], upscale: 2, upsampler: .pixelShuffle),
      GRLConfiguration(embeddingWidth: 16, depths: [1], upscale: 3, upsampler: .pixelShuffle),
      GRLConfiguration(embeddingWidth: 16, depths: [1], upscale: 8, upsampler: .pixelShuffle),
      GRLConfiguration(embeddingWidth: 16, depths: [1], upscale: 4, upsampler: .nearestConvolution),
    ])
  func shapes(_ configuration: GRLConfiguration) throws {
    var expected = configuration
    (expected.stripeRows, expected.stripeColumns) = (.pixels(8), .pixels(16))
    let resolved = try ConfigurationResolver.resolve(
      Self.checkpoint(expected), overrides: .init(window: 8, stripe: Stripe(rows: 8, columns: 16), anchorFactor: 4))
    #expect(resolved.configuration.hiddenWidth == expected.hiddenWidth)
    expected.mlpRatio = resolved.configuration.mlpRatio
    #expect(resolved.configuration == expected)
    #expect(
      GRL.parameters(of: resolved.configuration).map(\.shape) == GRL.parameters(of: expected).map(\.shape))
  }

  @Test(
    "weights of another network are named as such",
    arguments: ["conv_first.weight", "layers.0.blocks.0.mlp.fc1.weight"])
  func otherNetwork(_ missing: String) throws {
    let whole = Self.checkpoint(Self.mini)
    let checkpoint = Checkpoint(path: "x.pth", tensors: whole.tensors.filter { $0.key != missing })
    #expect(try Self.error(checkpoint) == .notGRL(path: "x.pth", reason: "no tensor \(missing)"))
    let flat = Checkpoint(
      path: "x.pth", tensors: whole.tensors.merging([missing: StoredTensor(shape: [1], values: [0])]) { $1 })
    guard case .notGRL = try Self.error(flat) else { Issue.record("rank was not checked"); return }
  }

  // MARK: Own files

  @Test("metadata decides everything, and flags must agree")
  func metadata() throws {
    var configuration = Self.mini
    configuration.stripeColumns = .groups(4)
    let checkpoint = Checkpoint(
      path: "own.safetensors", metadata: ["config": configuration.json, "task": "dn", "variant": "tiny"], tensors: [:])
    let resolved = try ConfigurationResolver.resolve(checkpoint, overrides: .init(window: 8, task: .denoise))
    #expect(resolved.configuration == configuration)
    #expect(resolved.task == .denoise && resolved.variant == .tiny)
    #expect(
      Set(resolved.sources.values) == [.metadata] && resolved.sources.count == ConfigurationSetting.allCases.count)
    for overrides in [
      ConfigurationOverrides(window: 16), .init(stripe: Stripe(rows: 8, columns: 16)), .init(anchorFactor: 4),
      .init(task: .jpeg), .init(variant: .base),
    ] {
      guard case .contradiction = try Self.error(checkpoint, overrides) else { Issue.record("\(overrides)"); continue }
    }
    let broken = Checkpoint(path: "own.safetensors", metadata: ["config": "{}"], tensors: [:])
    guard case .invalid = try Self.error(broken) else { Issue.record("accepted"); return }
  }

  @Test("a Lightning checkpoint is settled by table, hyperparameters and a flag, and makes a network")
  func lightning() throws {
    let path = TestData.fixtures.appending(path: "checkpoints/golden/lightning.ckpt").path
    let checkpoint = try Checkpoint(contentsOf: path)
    let open = try Self.error(checkpoint)
    #expect(open == .unsettled(path: path, settings: [.anchorFactor], candidates: []))
    let resolved = try ConfigurationResolver.resolve(checkpoint, overrides: .init(anchorFactor: 2))
    #expect(resolved.configuration.windowSize == 8 && resolved.sources[.window] == .storedTables)
    #expect(resolved.configuration.stripeColumns == .pixels(16))
    #expect(resolved.configuration.embeddingWidth == 8 && resolved.configuration.depths == [2])
    #expect(resolved.configuration.inputChannels == 1)
    _ = try GRL(checkpoint, configuration: resolved.configuration, on: CPUDevice())
  }

  /// Tensors of a sound file, one of them spoiled.
  @Test("sound containers with unfit weights are refused by the network", arguments: ["nan", "shape", "missing"])
  func unfit(_ fault: String) throws {
    let path = TestData.fixtures.appending(path: "checkpoints/golden/lightning.expected.safetensors").path
    var tensors = try Checkpoint(contentsOf: path).tensors
    let overrides = ConfigurationOverrides(window: 8, stripe: Stripe(rows: 8, columns: 16), anchorFactor: 2)
    func network() throws -> GRL {
      let checkpoint = Checkpoint(path: "unfit.pth", tensors: tensors)
      return try GRL(
        checkpoint, configuration: ConfigurationResolver.resolve(checkpoint, overrides: overrides).configuration,
        on: CPUDevice())
    }
    _ = try network()
    let key = "layers.0.blocks.0.attn.proj.bias"
    let tensor = try #require(tensors[key])
    switch fault {
    case "nan": tensors[key] = StoredTensor(shape: tensor.shape, values: tensor.floats().map { _ in .nan })
    case "shape": tensors[key] = StoredTensor(shape: tensor.shape + [1], values: tensor.floats())
    default: tensors[key] = nil
    }
    let error = #expect(throws: (any Error).self) { try network() }
    #expect("\(try #require(error))".contains("unfit.pth"))
  }
}
