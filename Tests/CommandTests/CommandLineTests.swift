import Base
import EngineWire
import Foundation
import Testing
import grl

@Suite("command lines of jobs", .timeLimit(.minutes(10))) struct CommandLineTests {
  /// Names that a shell, a terminal or a parser of options could take for something else.
  static let hostile = [
    "it's.png", "a b.png", "  blanks  ", "-x.png", "--task", "-", "$(reboot)", "`id`", "a\"b", "back\\slash", "*.png",
    "~ada",
    "#c", "a;b&c|d>e<f", "é.png", "=x", "a=b", "{a,b}", "!h", "%41", "new\nline", "tab\t", "esc\u{1B}[31m",
    "e\u{202E}gnp", "\u{7F}", "e\u{301}", "'", "\\", "$'x'", "(a)", "[a-z]?",
  ]

  /// Jobs that together change every property there is.
  static let jobs: [JobRequest] = {
    var denoise = JobRequest(inputs: ["a.png", "b.png"], task: "denoise")
    (denoise.isRecursive, denoise.sigma, denoise.model, denoise.variant) = (true, 12.345678901234567, "mine", "small")
    denoise.network = .init(window: 8, stripeRows: 4, stripeColumns: 16, anchorFactor: 2)
    (denoise.tile, denoise.overlap, denoise.memoryBytes, denoise.threadCount) = (.side(128), 24, 1_234_567_891, 7)
    (denoise.region, denoise.maxPixels) = (Rectangle(x: 1, y: 2, width: 30, height: 40), 123_456_789)
    (denoise.depth, denoise.metadata, denoise.precision) = ("16", "strip", "bf16")
    (denoise.usesSelfEnsemble, denoise.outputFolder, denoise.name) = (true, "out dir", "{stem} it's {sigma}.{ext}")
    (denoise.existing, denoise.noise, denoise.damaged) = (.rename, "photo", "keep")
    var enlarge = JobRequest(inputs: ["a.png"], task: "sr")
    (enlarge.scale, enlarge.output, enlarge.existing, enlarge.tile) = (4, "-o.png", .replace, .whole)
    enlarge.network = .init(window: 16)
    enlarge.model = "-weights.pth"
    var compressed = JobRequest(inputs: ["a.jpg"], task: "jpeg")
    (compressed.quality, compressed.existing, compressed.precision) = (40, .skip, "exact")
    (compressed.kernels, compressed.device) = ("own", "NVIDIA \"it's\" 4090")
    (compressed.format, compressed.outputQuality, compressed.chroma) = ("avif", 80, "half")
    (compressed.strength, compressed.texture, compressed.chromaOnly) = (0.7, 0.25, "on")
    (compressed.grain, compressed.grainSeed) = (3.5, 11)
    (compressed.width, compressed.height) = (1920, 1080)
    var mosaic = JobRequest(inputs: ["a.dng"], task: "demosaic")
    (mosaic.filters, mosaic.transfer, mosaic.memoryBytes) = ("gbrg", "linear", 3 << 30)
    mosaic.exposure = "-1.5"
    (mosaic.format, mosaic.compression) = ("tiff", "zstd")
    var defocus = JobRequest(inputs: ["left.png"], task: "defocus-deblur")
    (defocus.right, defocus.output, defocus.memoryBytes) = ("-right view.png", "-", 512 << 20)
    (defocus.fit, defocus.maxMegapixels) = (.init(width: 800, height: 600), 0.5)
    var chain = JobRequest(inputs: ["a.dng"], task: "demosaic,denoise,sr")
    (chain.scale, chain.exposure, chain.model) = (2, "auto", ",denoise-photo-tiny,it's.pth")
    var real = JobRequest(inputs: ["small.jpg"], task: "real-sr")
    (real.scale, real.style) = (4, "sharp")
    return [denoise, enlarge, compressed, mosaic, defocus, chain, real]
  }()

  @Test("command lines are those of grl restore, quoted for a shell")
  func commandLine() {
    var request = JobRequest(inputs: ["/a b/it's.png", "-x.png"], task: "sr")
    (request.scale, request.tile, request.memoryBytes) = (4, .side(128), 2 << 30)
    (request.existing, request.outputFolder, request.isRecursive) = (.rename, "/out", true)
    request.network = .init(window: 8, stripeRows: 4, stripeColumns: 16)
    #expect(
      request.commandLine == "grl restore --task sr --scale 4 --window 8 --stripe 4,16 --tile 128 --memory 2G "
        + "--recursive --rename-existing --output-dir /out -- '/a b/it'\\''s.png' -x.png")
    #expect(JobRequest(inputs: ["a.png"], task: "denoise").commandLine == "grl restore --task denoise a.png")
    #expect(ShellLine.quoted("e\u{1B}'\u{202E}") == "$'e\\x1b\\'\\xe2\\x80\\xae'")
    // A byte of a name that is no UTF-8.
    #expect(ShellLine.quoted("x\u{10FFE9}\u{e9}") == "$'x\\xe9\\xc3\\xa9'")
    #expect(ShellLine.words("$'x\\xe9\\xc3\\xa9'") == ["x\u{10FFE9}\u{e9}"])
  }

  @Test("every property of a job is changed by a job of this test")
  func allProperties() throws {
    var changed: Set<String> = []
    var all: Set<String> = []
    for job in Self.jobs {
      let usual = Mirror(reflecting: JobRequest(inputs: [], task: "")).children.map { ($0.label ?? "", "\($0.value)") }
      for ((label, value), child) in zip(usual, Mirror(reflecting: job).children) {
        all.insert(label)
        if value != "\(child.value)" { changed.insert(label) }
      }
    }
    #expect(all.subtracting(changed).isEmpty)
    #expect(all.count >= 36)
  }

  @Test("a job survives: written, taken apart by a shell, read by grl restore", arguments: jobs)
  func roundTrip(job: JobRequest) async throws {
    let words = try await Self.shellWords(job.commandLine)
    #expect(Array(words.prefix(2)) == ["grl", "restore"])
    #expect(try RestoreArguments.job(Array(words.dropFirst(2))) == job)
    #expect(ShellLine.words(job.commandLine) == words)
  }

  @Test("so does every hostile name, wherever a job can hold one")
  func hostileNames() async throws {
    for name in Self.hostile {
      var first = JobRequest(inputs: [name, "b.png"], task: "denoise")
      (first.outputFolder, first.name, first.model) = (name, name, name)
      var second = JobRequest(inputs: ["left.png"], task: "defocus-deblur")
      second.output = name
      if name != "-" { second.right = name }
      for job in [first, second] {
        let line = job.commandLine
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" })
        let words = try await Self.shellWords(line)
        #expect(words == ["grl", "restore"] + job.arguments, "\(line)")
        #expect(ShellLine.words(line) == words, "\(line)")
        #expect(try RestoreArguments.job(job.arguments) == job, "\(line)")
      }
    }
  }

  @Test("a path in the home folder stays one")
  func home() async throws {
    let line = ShellLine.text(["grl", "compare", "~/it's here/a b.png"])
    #expect(line == "grl compare ~/'it'\\''s here/a b.png'")
    let words = try await Self.shellWords(line)
    #expect(words[2].hasPrefix("/") && words[2].hasSuffix("/it's here/a b.png"))
  }

  @Test("lines that end in the middle are no lines")
  func unfinished() {
    for line in ["'a", "\"a", "a\\", "$'a", "$'a\\", "\"a\\"] { #expect(ShellLine.words(line) == nil, "\(line)") }
    #expect(ShellLine.words("  a  '' \"b c\"d ") == ["a", "", "b cd"])
    #expect(ShellLine.words("") == [])
  }

  /// What bash makes of a line.
  private static func shellWords(_ line: String) async throws -> [String] {
    let outcome = try await GRLProcess.shell("printf '%s\\0' " + line, in: TemporaryFolder())
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return outcome.output.dropLast().split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
