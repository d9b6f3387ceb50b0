import ArgumentParser
import Base
import EngineTransport
import EngineWire
import Foundation
import Imaging
import TerminalDriver
import Workbench

/// `grl [FILES...]`: the workbench. A verb of its own only for the parser; it is what `grl` means where no verb is given.
struct OpenWorkbench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workbench",
    abstract: "Open the workbench, on FILES if some are given; this is what grl does without a verb.",
    discussion: """
      Pictures that are named are marked, a folder is opened. Jobs go on in the engine when the workbench is left.

      EXAMPLES
        grl
        grl --demo
        grl scans/*.png
        grl --theme light --color 256 photos
        grl --host me@server /data/photos
      """)

  @Argument(help: ArgumentHelp("Pictures to mark, or a folder to open.", valueName: "FILES"), completion: .pictures)
  var files: [String] = []

  @Option(help: "Theme by name; 'grl paths' tells where themes are looked for.", completion: .themes)
  var theme: String?

  @Option(
    help: "Colours: auto, none, 16, 256 or truecolor.",
    completion: .list(["auto", "none", "16", "256", "truecolor"]),
    transform: reading("auto, none, 16, 256 or truecolor", ColourChoice.init))
  var color: ColourChoice?

  @Option(
    help: ArgumentHelp("How pictures are drawn: \(Graphics.allowed)."),
    completion: .list(["auto"] + Graphics.allCases.map(\.rawValue)),
    transform: reading(Graphics.allowed, GraphicsChoice.init))
  var graphics: GraphicsChoice?

  @Option(help: "Use the engine of another machine, [user@]host, through ssh.")
  var host: String?

  @Flag(help: "Open a damaged photograph that comes with the program, with the first steps.")
  var demo = false

  @Flag(help: "Lines of text instead of a screen, for screen readers and logs.")
  var plain = false

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let folders = WorkbenchFolders(environment)
    var (settings, settingsFile, notes) = SettingsFile.load(folders.settings)
    let kept = settings
    if let host { settings.host = host }
    // `auto` undoes what is saved; what is named stands in the flags below.
    if color != nil { settings.colours = nil }
    if graphics != nil { settings.graphics = nil }
    settingsFile.leaveOut(settings, instead: kept)
    if demo && (!files.isEmpty || settings.host != nil) {
      throw ValidationError("--demo opens a picture of its own on this machine: leave out FILES and --host")
    }
    let paths = try demo ? [DemoPicture.path(environment)] : checked(files, isRemote: settings.host != nil)
    let (themes, complaints) = ThemeFiles.load(folders.themes)
    notes += complaints
    var presets: [JobPreset] = []
    for found in PresetFiles(environment).load() {
      do { presets.append(try found.preset.get()) } catch { notes.append("\(error)") }
    }
    if let theme, !themes.contains(where: { $0.name == theme }) {
      let names = themes.map(\.name).sorted().joined(separator: ", ")
      throw ValidationError("--theme: there is no theme '\(theme.printable)'; there are \(names)")
    }
    let engine: EngineConnection
    do {
      engine = try EngineConnection(
        host: settings.host, client: "workbench \(Version.current)", environment: environment)
    } catch {
      throw Failure(.usage, "--host: \(error)")
    }
    var flags = State.Flags(theme: theme, colours: color?.depth, graphics: graphics?.graphics)
    flags.hasViewer = Viewer.program(environment) != nil
    flags.followsJobs = files.isEmpty && !demo
    // Marks of pictures that are gone would only be in the way.
    if settings.host == nil { settings.marked.removeAll { !fileExists($0) } }
    // Who names pictures means those.
    if demo || paths.contains(where: { !isFolder($0) }) { settings.marked = [] }
    if plain {
      let state = State(
        settings: settings, themes: themes, presets: presets, files: paths, graphics: .ascii, colours: .none,
        flags: flags, notes: notes,
        zoneSeconds: zoneSeconds())
      throw ExitCode(PlainLoop(engine, state, settingsFile).run())
    }
    let terminal: Terminal
    do {
      terminal = try Terminal(environment)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    if demo { flags.greeting = DemoPicture.steps }
    // Nothing that anybody wishes gives a terminal characters it does not have.
    if terminal.capabilities.isASCII { flags.graphics = .ascii }
    let state = State(
      settings: settings, themes: themes, presets: presets, files: paths, colours: terminal.detectedColours,
      flags: flags, notes: notes,
      zoneSeconds: zoneSeconds())
    let loop = WorkbenchLoop(terminal, engine, state, settingsFile, TerminalAnswersFile(environment))
    throw ExitCode(loop.run().rawValue)
  }

  /// Absolute paths; the folder of the shell where nothing is named. On another machine nothing is known about them; here each
  /// must exist.
  private func checked(_ files: [String], isRemote: Bool) throws -> [String] {
    if isRemote { return files }
    if files.isEmpty { return [FileManager.default.currentDirectoryPath] }
    return try files.map { file in
      guard fileExists(file) else {
        let isWord = !file.contains("/") && !file.contains(".")
        throw isWord
          ? ValidationError("'\(file.printable)' is neither a verb nor a file")
          : Failure(.badInput, "\(file.printable): no such file or folder")
      }
      return file.hasPrefix("/") ? file : joined(FileManager.default.currentDirectoryPath, file)
    }
  }
}

/// How far the clock on the wall is ahead of UTC.
private func zoneSeconds() -> Int {
  var (now, local) = (time(nil), tm())
  localtime_r(&now, &local)
  return local.tm_gmtoff
}

/// `--color`.
struct ColourChoice {
  /// nil is `auto`: what settings and terminal tell.
  let depth: ColourDepth?

  init?(_ text: String) {
    guard text == "auto" || ColourDepth(rawValue: text) != nil else { return nil }
    depth = ColourDepth(rawValue: text)
  }
}

/// `--graphics`.
struct GraphicsChoice {
  /// nil is `auto`: what settings and terminal tell.
  let graphics: Graphics?

  init?(_ text: String) {
    guard text == "auto" || Graphics(rawValue: text) != nil else { return nil }
    graphics = Graphics(rawValue: text)
  }
}
