import Checkpoints
import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Model library") struct ModelLibraryTests {
  /// A folder that goes when the test ends.
  final class Folder {
    let path = NSTemporaryDirectory() + "grl-models-\(UInt64.random(in: 0 ... .max))"
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], as name: String) throws { try Data(bytes).write(to: URL(filePath: path + "/" + name)) }
    var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
  }

  private func modelFile(
    task: String = "dn", _ configuration: GRLConfiguration = TestNetworks.configuration(),
    _ change: (inout [String: String]) -> Void = { _ in }
  ) -> [UInt8] {
    var metadata = [
      "config": configuration.json, "task": task, "variant": "tiny", "title": "a test",
      "psnr": #"{"Set5/25": 31.256, "Set12/q10": 30}"#, "psnr_input": #"{"Set5/25": 20.5}"#,
      "training": #"{"iterations": 7, "minutes": 1.5}"#,
    ]
    if task == "dn" { metadata["degradation"] = #"{"kind": "noise", "sigma": [0, 55]}"# }
    change(&metadata)
    return Checkpoint(path: "", metadata: metadata, tensors: TestNetworks.checkpoint(configuration).tensors)
      .safetensorsFile()
  }

  private func library(_ folders: Folder..., user: Folder? = nil) -> ModelLibrary {
    ModelLibrary(
      folders: folders.map { .init(path: $0.path, origin: .bundled) }
        + (user.map { [.init(path: $0.path, origin: .user)] } ?? []), userFolder: user?.path ?? "/nowhere")
  }

  // MARK: Finding

  @Test("The models that come with the program are found, sound, and of a kind that is known")
  func bundled() throws {
    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    let bundled = library.list().cards.filter { $0.origin == .bundled }
    let card = try #require(bundled.first { $0.name == "denoise-color-tiny" })
    #expect(card.task == .denoise && card.variant == .tiny && !card.isGray && card.sigmas == 0...55)
    #expect(card.fileBytes > 1_000_000 && card.sources[.window] == .metadata)
    #expect(card.facts.contains { $0.name == "training" && $0.text.contains("iterations") })
    for card in bundled {
      #expect(!card.results.isEmpty && card.results.allSatisfy { $0.psnr > $0.inputPSNR ?? .infinity }, "\(card.name)")
      let model = try library.load(card)
      #expect(model.network.weightBytes > 0)
      #expect(try card.sha256().count == 64)
    }
  }

  @Test("Folders are those of the environment, of the user and of the program")
  func folders() {
    func paths(_ environment: [String: String]) -> [String] {
      ModelLibrary.standard(environment: environment, executable: "/prefix/bin/grl").folders.map(\.path)
    }
    let bundled = ["/prefix/bin/grl-workbench_Restoration.resources/Models", "/prefix/share/grl/models"]
    #expect(paths(["HOME": "/home/a"]) == ["/home/a/.local/share/grl/models"] + bundled)
    #expect(paths(["HOME": "/home/a", "XDG_DATA_HOME": "/data"]) == ["/data/grl/models"] + bundled)
    #expect(paths(["HOME": "/home/a", "XDG_DATA_HOME": "data"]) == ["/home/a/.local/share/grl/models"] + bundled)
    #expect(paths(["HOME": "/h", "GRL_MODELS": "/a:/b"]) == ["/a", "/b"])
    #expect(paths(["HOME": "/h", "GRL_MODELS": ""]).count == 3)
    let override = ModelLibrary.standard(environment: ["GRL_MODELS": "/a:/b"], executable: nil)
    #expect(override.userFolder == "/a" && override.folders.allSatisfy { $0.origin == .environment })
  }

  @Test("A listing has every model once, says what it cannot read, and skips what is no model")
  func listing() throws {
    let (first, second) = (try Folder(), try Folder())
    try first.write(modelFile(), as: "b.safetensors")
    try first.write(modelFile(task: "jpeg"), as: "a.safetensors")
    try first.write(Array("rubbish".utf8), as: "c.safetensors")
    try first.write(modelFile { $0["task"] = nil }, as: "d.safetensors")
    try first.write(Array("text".utf8), as: "README.md")
    try first.write(modelFile(), as: ".hidden.safetensors")
    try second.write(modelFile(task: "db_motion"), as: "b.safetensors")
    try second.write(modelFile(task: "db_motion"), as: "z.safetensors")
    let missing = ModelLibrary.Folder(path: first.path + "/missing", origin: .user)
    let library = ModelLibrary(
      folders: [missing] + self.library(first, second).folders, userFolder: missing.path)
    let listing = library.list()
    #expect(listing.cards.map(\.name) == ["a", "b", "z"])
    #expect(listing.cards.map(\.task) == [.jpeg, .denoise, .motionDeblur])
    #expect(listing.problems.count == 2 && listing.problems.allSatisfy { $0.kind == .model })

    #expect(try library.card("b").task == .denoise)
    #expect(try library.card(second.path + "/b.safetensors").task == .motionDeblur)
    let unknown = #expect(throws: RestorationError.self) { try library.card("x") }
    #expect(unknown?.description == "no model and no file is called x: installed are a, b, z")
    for path in ["x.safetensors", "./x", second.path + "/x"] {
      #expect(throws: RestorationError.self) { try library.card(path) }
    }
  }

  @Test("A card tells what the metadata tells")
  func card() throws {
    let folder = try Folder()
    try folder.write(modelFile(), as: "dn.safetensors")
    let jpeg = modelFile(task: "jpeg", TestNetworks.configuration(inputChannels: 1)) {
      $0["degradation"] = #"{"kind": "jpeg", "quality": 10}"#
      $0["variant"] = nil
      $0["psnr"] = "{}"
      $0["training"] = "not JSON"
    }
    try folder.write(jpeg, as: "jpeg.safetensors")
    let cards = library(folder).list().cards
    #expect(cards[0].sigmas == 0...55 && cards[0].qualities == nil && cards[0].variant == .tiny)
    #expect(
      cards[0].facts.map(\.text) == [
        "a test", "7 iterations, 1.5 minutes",
        "the file claims PSNR Set12/q10 30.00 dB, Set5/25 31.26 dB (input 20.50)",
      ])
    #expect(cards[0].results.map(\.level) == [10, 25] && cards[0].results.map(\.inputPSNR) == [nil, 20.5])
    #expect(cards[1].qualities == 10...10 && cards[1].sigmas == nil && cards[1].variant == nil && cards[1].isGray)
    #expect(cards[1].facts.map(\.text) == ["a test", "not measured on a test set"])
    #expect(cards.map(\.summary) == ["denoise, colour, sigma 0 to 55, tiny", "jpeg, gray, quality 10"])
  }

  @Test("What is not yet to be relied on says so in its summary, its facts and every plan")
  func experimental() throws {
    let folder = try Folder()
    try folder.write(modelFile { $0["experimental"] = "0.1 dB\u{1b}[2J on real pictures" }, as: "new.safetensors")
    let library = library(folder)
    let card = try library.card("new")
    #expect(card.summary == "denoise, colour, sigma 0 to 55, tiny, experimental")
    #expect(card.facts.contains { $0.name == "experimental" })
    let plan = try Restorer(model: library.load(card), threads: ThreadLease(threadCount: 1)).plan(
      for: PictureShape(width: 20, height: 10, layout: .rgb), request: .init(.denoise))
    #expect(plan.notes.count == 1 && plan.notes[0].hasPrefix("new is experimental: 0.1 dB"))
    #expect(!plan.notes[0].unicodeScalars.contains { $0.value < 32 })

    // Those that ship: none of the blur models helps real pictures yet (Docs/Models.md).
    let bundled = ModelLibrary.standard(environment: ["HOME": "/nowhere"]).list().cards
    #expect(
      bundled.filter { $0.experimental != nil }.map(\.name)
        == ["defocus-deblur-tiny", "defocus-dual-tiny", "motion-deblur-tiny"])
  }

  @Test("Weights that do not fit their configuration are refused when loaded")
  func mismatch() throws {
    let folder = try Folder()
    var configuration = TestNetworks.configuration()
    let tensors = TestNetworks.checkpoint(configuration).tensors
    configuration.depths = [2, 2]
    let file = Checkpoint(path: "", metadata: ["config": configuration.json, "task": "dn"], tensors: tensors)
    try folder.write(file.safetensorsFile(), as: "odd.safetensors")
    let library = library(folder)
    let error = #expect(throws: RestorationError.self) { try library.load(library.card("odd")) }
    #expect(error?.kind == .model && error?.description.contains("layers.1.blocks.1") == true)
  }

  // MARK: Choosing

  @Test("The model is chosen by task, kind of picture, level and variant")
  func choice() {
    let gray = TestNetworks.configuration(inputChannels: 1)
    let colour = TestNetworks.configuration()
    let x4 = TestNetworks.configuration(upscale: 4, upsampler: .nearestConvolution)
    let cards = [
      TestNetworks.card(.denoise, colour, name: "blind", sigmas: 0...55),
      TestNetworks.card(.denoise, gray, name: "gray", sigmas: 0...55),
      TestNetworks.card(.denoise, colour, variant: .small, name: "s25", sigmas: 25...25),
      TestNetworks.card(.denoise, colour, variant: .small, name: "blind-small", sigmas: 0...50),
      TestNetworks.card(.jpeg, colour, name: "q10", qualities: 10...10),
      TestNetworks.card(.demosaic, colour, name: "dm"),
      TestNetworks.card(.superResolution, x4, name: "sr4"), TestNetworks.card(.realSuperResolution, x4, name: "bsr"),
      TestNetworks.card(.defocusDeblur, colour, variant: .base, name: "defocus"),
      TestNetworks.card(
        .defocusDeblur, TestNetworks.configuration(inputChannels: 6, outputChannels: 3), variant: .base, name: "dual"),
    ]
    func best(_ request: RestorationRequest, _ layout: Image.Layout = .rgb, _ variant: ModelVariant? = nil) -> String? {
      ModelLibrary.best(of: cards, for: request, layout: layout, variant: variant)?.name
    }
    #expect(best(.init(.denoise)) == "blind" && best(.init(.denoise), .rgbAlpha) == "blind")
    #expect(best(.init(.denoise), .gray) == "gray" && best(.init(.denoise), .grayAlpha) == "gray")
    #expect(best(.init(.denoise, sigma: 25)) == "s25" && best(.init(.denoise, sigma: 24)) == "blind-small")
    #expect(best(.init(.denoise, sigma: 52)) == "blind" && best(.init(.denoise, sigma: 56)) == nil)
    #expect(best(.init(.denoise), .rgb, .small) == "blind-small" && best(.init(.denoise), .rgb, .base) == nil)
    #expect(best(.init(.denoise, sigma: 25), .gray, .small) == "s25")
    #expect(best(.init(.jpeg)) == nil && best(.init(.jpeg, quality: 10)) == "q10")
    #expect(best(.init(.jpeg, quality: 10), .gray) == "q10" && best(.init(.jpeg, quality: 11)) == nil)
    #expect(best(.init(.demosaic), .gray) == "dm")
    #expect(best(.init(.superResolution, scale: 4), .gray) == "sr4" && best(.init(.superResolution, scale: 2)) == nil)
    #expect(best(.init(.realSuperResolution)) == "bsr" && best(.init(.motionDeblur)) == nil)
    #expect(best(.init(.defocusDeblur)) == "defocus" && best(.init(.defocusDeblur, isDualPixel: true)) == "dual")
  }

  @Test("Correlated noise takes the model for photographs, a level or a word of the person decides before")
  func noiseChoice() throws {
    let (gray, colour) = (TestNetworks.configuration(inputChannels: 1), TestNetworks.configuration())
    let white = [
      TestNetworks.card(.denoise, colour, variant: .small, name: "white", sigmas: 0...55, noise: .gaussian),
      TestNetworks.card(.denoise, gray, name: "gray", sigmas: 0...55, noise: .gaussian),
    ]
    let photo = TestNetworks.card(.denoise, colour, name: "photo", sigmas: 0...75, noise: .photo)
    func best(
      _ cards: [ModelCard], noise: NoiseKind? = nil, measured: NoiseKind? = nil, sigma: Double? = nil,
      _ layout: Image.Layout = .rgb, _ variant: ModelVariant? = nil
    ) -> String? {
      var request = RestorationRequest(.denoise, sigma: sigma, noise: noise)
      request.measuredNoise = measured
      return ModelLibrary.best(of: cards, for: request, layout: layout, variant: variant)?.name
    }
    for all in [white + [photo], [photo] + white] {
      #expect(best(all) == "white" && best(all, measured: .gaussian) == "white")
      #expect(best(all, measured: .photo) == "photo")
      #expect(best(all, noise: .gaussian, measured: .photo) == "white")
      #expect(best(all, noise: .photo, measured: .gaussian) == "photo")
      // A level is one of white noise, unless the person says otherwise.
      #expect(best(all, measured: .photo, sigma: 25) == "white" && best(all, noise: .photo, sigma: 25) == "photo")
      // A gray picture has a gray model; by name it gets what there is.
      #expect(best(all, measured: .photo, .gray) == "gray" && best(all, noise: .photo, .gray) == "photo")
      // Nothing of that size is made for it: what is measured gives way, what is said does not.
      #expect(best(all, measured: .photo, .rgb, .small) == "white" && best(all, noise: .photo, .rgb, .small) == nil)
    }
    #expect(best(white, measured: .photo) == "white" && best(white, noise: .photo) == nil)
    #expect(best([photo], measured: .gaussian) == "photo" && best([photo], noise: .gaussian) == nil)
    #expect(photo.summary == "denoise, colour, sigma 0 to 75, photo noise, tiny")
    #expect(throws: RestorationError.self) { try RestorationRequest(.jpeg, noise: .photo).validate() }

    let folder = try Folder()
    let error = #expect(throws: RestorationError.self) {
      try library(folder).best(
        for: RestorationRequest(.denoise, noise: .photo), picture: .init(width: 1, height: 1, layout: .rgb))
    }
    #expect(error?.description.contains("denoise of photo noise of a colour picture") == true)
  }

  @Test("real-sr is faithful where nobody says otherwise; a style that is said is the model's")
  func styles() throws {
    let network = TestNetworks.configuration(upscale: 4, upsampler: .nearestConvolution)
    let faithful = TestNetworks.card(.realSuperResolution, network, name: "faithful", style: .faithful)
    let sharp = TestNetworks.card(.realSuperResolution, network, variant: .small, name: "sharp", style: .sharp)
    func best(_ cards: [ModelCard], _ style: EnlargementStyle? = nil, _ variant: ModelVariant? = nil) -> String? {
      let request = RestorationRequest(.realSuperResolution, style: style)
      return ModelLibrary.best(of: cards, for: request, layout: .rgb, variant: variant)?.name
    }
    for all in [[faithful, sharp], [sharp, faithful]] {
      #expect(best(all) == "faithful" && best(all, .faithful) == "faithful" && best(all, .sharp) == "sharp")
      #expect(best(all, nil, .small) == "sharp" && best(all, .faithful, .small) == nil)
    }
    #expect(best([sharp]) == "sharp" && best([sharp], .faithful) == nil)
    #expect(sharp.summary == "real-sr x4, colour, sharp, small" && faithful.summary == "real-sr x4, colour, tiny")
    let error = #expect(throws: RestorationError.self) { try RestorationRequest(.denoise, style: .sharp).validate() }
    #expect(error?.description.contains("--style") == true && error?.description.contains("real-sr") == true)
    for (text, style) in [
      (#"{"kind": "real", "style": "sharp"}"#, EnlargementStyle.sharp), (#"{"kind": "real", "style": "odd"}"#, nil),
      (#"{"kind": "real"}"#, nil),
    ] { #expect(ModelMetadata(["degradation": text]).style == style) }
  }

  @Test("A picture of a test set's size takes the largest variant, a larger one the variant that is worth its time")
  func worth() throws {
    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    func best(_ task: RestorationTask, _ width: Int, _ height: Int, _ variant: ModelVariant? = nil) throws -> String {
      try library.best(
        for: .init(task), picture: .init(width: width, height: height, layout: .rgb), variant: variant
      ).name
    }
    #expect(try best(.denoise, 512, 512) == "denoise-color-small" && best(.denoise, 513, 512) == "denoise-color-tiny")
    #expect(try best(.denoise, 4000, 3000, .small) == "denoise-color-small")
    #expect(try best(.jpeg, 481, 321) == "jpeg-color-small" && best(.jpeg, 4000, 3000) == "jpeg-color-tiny")
    let others = ModelLibrary.alternatives(
      to: try library.card("denoise-color-tiny"), of: library.list().cards, for: .init(.denoise), layout: .rgb)
    #expect(others.map(\.card.name) == ["denoise-color-small"] && others.allSatisfy { (0.1...0.3).contains($0.gain) })
  }

  @Test("A variant has to bring 0.15 dB a doubling of its parameters; where nobody measured, the larger one is taken")
  func worthByFigures() {
    let tiny = TestNetworks.configuration()
    var wide = tiny
    wide.embeddingWidth *= 2
    func best(_ smaller: Double?, _ larger: Double?) -> String? {
      func results(_ psnr: Double?) -> [ModelCard.TestResult] {
        psnr.map {
          [.init(key: "CBSD68/25", psnr: $0, inputPSNR: 20), .init(key: "Own/\($0)", psnr: 99, inputPSNR: nil)]
        }
          ?? []
      }
      let cards = [
        TestNetworks.card(.denoise, wide, variant: .small, name: "small", sigmas: 0...50, results: results(larger)),
        TestNetworks.card(.denoise, tiny, name: "tiny", sigmas: 0...50, results: results(smaller)),
      ]
      return ModelLibrary.best(of: cards, for: .init(.denoise), layout: .rgb, pixels: 1_000_000)?.name
    }
    func count(_ configuration: GRLConfiguration) -> Double {
      Double(GRL.parameters(of: configuration).reduce(0) { $0 + $1.shape.reduce(1, *) })
    }
    let needed = 0.15 * log2(count(wide) / count(tiny))
    #expect(needed > 0.1)
    #expect(best(30, 30 + needed + 0.01) == "small" && best(30, 30 + needed - 0.01) == "tiny" && best(30, 29) == "tiny")
    #expect(best(nil, 30) == "small" && best(30, nil) == "small")
  }

  @Test("Where none fits, the error says what was wanted and what the task has")
  func noneFits() throws {
    let folder = try Folder()
    try folder.write(modelFile(), as: "mine.safetensors")
    func error(_ request: RestorationRequest) -> RestorationError? {
      #expect(throws: RestorationError.self) {
        try library(folder).best(
          for: request, picture: .init(width: 1, height: 1, layout: .gray), variant: .base)
      }
    }
    let denoise = error(.init(.denoise, sigma: 25))
    #expect(denoise?.kind == .model)
    #expect(denoise?.description.contains("denoise sigma 25 of a gray picture, variant base") == true)
    #expect(denoise?.description.contains("mine (denoise, colour, sigma 0 to 55, tiny)") == true)
    let jpeg = error(.init(.jpeg, quality: 10))
    #expect(jpeg?.description.contains("jpeg quality 10 of a gray picture, variant base is installed: get") == true)
  }

  // MARK: Importing

  @Test("A model that reads a level map is told the level, and gives what the published code gives")
  func levelMap() throws {
    let folder = TestData.fixtures.appending(path: "checkpoints/blind")
    let library = ModelLibrary(folders: [], userFolder: "/nowhere")
    let card = try library.card(folder.path + "/lightning_omegaconf.ckpt")
    #expect(card.takesLevelMap && card.isGray && card.sigmas == 0...50)
    #expect(card.summary == "denoise, gray, sigma 0 to 50, level given")
    let model = try library.load(card)
    let restorer = Restorer(model: model, threads: ThreadLease(threadCount: 2))
    let image = try ImageFile.read(folder.path + "/input.png").image
    let expected = try ImageFile.read(folder.path + "/expected16_sigma25.png").image
    var options = RestorationOptions()
    (options.tile, options.depth) = (.whole, .sixteen)
    func restored(_ sigma: Double) throws -> Image {
      let plan = try restorer.plan(
        for: PictureShape(image), request: RestorationRequest(.denoise, sigma: sigma), options: options)
      return try restorer.restore(image, plan: plan).image
    }
    let found = try restored(25)
    let largest = zip(found.integers, expected.integers).map { abs($0 - $1) }.max()
    #expect(try #require(largest) <= 2, "levels of 65535")
    #expect(try restored(50).integers != found.integers)
    let error = #expect(throws: RestorationError.self) {
      try restorer.plan(for: PictureShape(image), request: RestorationRequest(.denoise), options: options)
    }
    #expect("\(try #require(error))".contains("--sigma: give 0 to 50"))
  }

  @Test("An imported model is the same network under its new name, with everything that its file told")
  func importOwn() throws {
    let (source, user) = (try Folder(), try Folder())
    try source.write(modelFile(), as: "file.safetensors")
    let library = ModelLibrary(
      folders: [.init(path: user.path + "/deep/models", origin: .user)], userFolder: user.path + "/deep/models")
    let card = try library.importModel(from: source.path + "/file.safetensors", name: "New-1.x")
    #expect(card.name == "New-1.x" && card.origin == .user && card.sigmas == 0...55)
    #expect(library.list().cards == [card])
    let original = try Checkpoint(contentsOf: source.path + "/file.safetensors")
    let copy = try Checkpoint(contentsOf: card.path)
    #expect(copy.tensors == original.tensors)
    #expect(original.metadata.filter { $0.key != "config" }.allSatisfy { copy.metadata[$0.key] == $0.value })
    _ = try library.load(card)

    let taken = #expect(throws: RestorationError.self) {
      try library.importModel(from: source.path + "/file.safetensors", name: "New-1.x")
    }
    #expect(taken?.description.contains("installed already") == true)
  }

  @Test("A PyTorch checkpoint is imported once the user says what it does not tell")
  func importForeign() throws {
    let user = try Folder()
    let library = library(user: user)
    // A Lightning checkpoint that stores the table of its windows, but not of its stripes, and does not say its task.
    let path = TestData.fixtures.appending(path: "checkpoints/golden/lightning.ckpt").path
    let silent = #expect(throws: RestorationError.self) { try library.importModel(from: path) }
    #expect(silent?.description.contains("--anchor-factor") == true && silent?.kind == .model)
    var overrides = ConfigurationOverrides(stripe: Stripe(rows: 8, columns: 16), anchorFactor: 2)
    let idle = #expect(throws: RestorationError.self) { try library.importModel(from: path, overrides: overrides) }
    #expect(idle?.description.contains("give --task") == true && idle?.kind == .model)
    overrides.task = .denoise
    let card = try library.importModel(from: path, overrides: overrides)
    #expect(card.name == "lightning" && card.task == .denoise && card.configuration.windowSize == 8 && card.isGray)
    #expect(card.facts.contains { $0.name == "settings" && $0.text.contains("window: tables stored in the file") })
    #expect(card.facts.contains { $0.name == "imported from" && $0.text == "lightning" })
    _ = try library.load(card)
    #expect(try user.files == ["lightning.safetensors"])
  }

  @Test("What cannot be imported leaves nothing behind")
  func importRefused() throws {
    let (source, user) = (try Folder(), try Folder())
    let library = library(user: user)
    try source.write(Array("rubbish".utf8), as: "bad.safetensors")
    try source.write(modelFile(), as: "good.safetensors")
    let good = source.path + "/good.safetensors"
    var configuration = TestNetworks.configuration()
    configuration.embeddingWidth = 32
    let odd = modelFile { $0["config"] = configuration.json }
    try source.write(odd, as: "odd.safetensors")

    #expect(throws: RestorationError.self) { try library.importModel(from: source.path + "/bad.safetensors") }
    #expect(throws: RestorationError.self) { try library.importModel(from: source.path + "/odd.safetensors") }
    #expect(throws: RestorationError.self) { try library.importModel(from: source.path + "/missing.pth") }
    for name in ["", ".x", "a/b", "..", "ä", "a b", "a\n", String(repeating: "a", count: 65)] {
      let error = #expect(throws: RestorationError.self) { try library.importModel(from: good, name: name) }
      #expect(error?.description.contains("cannot name a model") == true)
    }
    #expect(try user.files.isEmpty)

    let blocked = ModelLibrary(folders: [], userFolder: good + "/models")
    let unwritable = #expect(throws: RestorationError.self) { try blocked.importModel(from: good) }
    #expect(unwritable?.description.contains("could not be written") == true)
    // A folder has the name already.
    try FileManager.default.createDirectory(
      atPath: user.path + "/good.safetensors", withIntermediateDirectories: true)
    #expect(throws: RestorationError.self) { try library.importModel(from: good) }
    #expect(try user.files == ["good.safetensors"])
  }
}
