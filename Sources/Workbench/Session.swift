import Base
import EngineWire

/// What all screens share, and how they ask for things: questions to the engine, effects on the terminal, prompts, notices.
public struct Session: Sendable {
  // What is known
  public internal(set) var columns = 80
  public internal(set) var rows = 24
  /// Where the screen in front is drawn: what header and footer leave.
  var area: CanvasArea { ScreenFrame(columns: columns, rows: rows).body }
  /// Monotonic seconds of the last event.
  public internal(set) var time = 0.0
  public internal(set) var link = EngineLink.connecting(what: "starting the engine")
  public internal(set) var engine: EngineInfo?
  public internal(set) var models: [ModelInfo] = []
  /// The queue in the engine's order.
  public internal(set) var jobs: [JobInfo] = []
  /// The last word on the running picture of each job.
  public internal(set) var progress: [String: Progress] = [:]
  public internal(set) var log: [LogLine] = []
  /// What is known of single tiles, from the engine's events since it connected; where nothing is, the first
  /// `PictureProgress.tilesDone` are done.
  public internal(set) var tiles: [PictureKey: [Int: TileState]] = [:]
  /// The plan for what is chosen now, as the plan screen last got it; `y` shows its command.
  public var plan: JobPlan?
  /// How far the engine is with the plan that was asked for last; nil where it has not said.
  var planning: Planning?
  /// How far the analysis on screen 4 is.
  var analysing: Analysing?
  /// Seconds that the person's clock is ahead of UTC.
  public internal(set) var zoneSeconds = 0
  /// Files and folders named on the command line, absolute.
  public internal(set) var arguments: [String] = []
  public var settings: Settings
  /// The theme that is used, by a flag or the settings.
  public internal(set) var themeName = "dark"
  /// Named sets of options that can be chosen, by name.
  public internal(set) var presets: [JobPreset] = []
  /// Names of the themes that can be chosen.
  public internal(set) var themeNames: [String] = []
  /// How the terminal can show pictures and colours, after flags and settings.
  public internal(set) var graphics = Graphics.half
  public internal(set) var colours = ColourDepth.indexed
  /// What the terminal said of itself.
  public internal(set) var terminal = TerminalFacts()
  /// Pixels of one of its cells.
  var cell: CellSize { terminal.cell ?? .usual }
  /// The same where pictures are shown in its pixels; nil where they are made of cells.
  var pixelCell: CellSize? { graphics.isPixels && colours != .none ? cell : nil }

  /// A program of the desktop opens pictures; otherwise they are shown on the whole screen here.
  public internal(set) var hasViewer = false
  /// The folder that the files screen shows; relative paths begin there.
  var folder = ""

  // What the person is about
  public internal(set) var screen = ScreenID.files
  /// Pictures marked for the next job, absolute paths in the order of marking.
  public var marked: [String] = []
  /// The picture under the cursor of the files screen, if any.
  public var current: String?
  /// The part of it that the cursor of its preview frames, for a trial; nil before one was framed.
  public var framed: Rectangle?
  /// The plan for the next job.
  package internal(set) var draft: PlanDraft
  /// Where the cursor of the plan shall go.
  var wantedRow: PlanRow?
  /// Pictures that the compare screen shall take up, by path.
  var compared: [String]?
  /// The job that was queued last from here.
  var submitted: String?
  /// Trainings that were queued from here: their models go into the plan when they are there.
  var trainings: Set<String> = []

  // What is to be done, collected while an event is handled
  var effects: [Effect] = []
  private(set) var pending: [Int: Pending] = [:]
  private var lastQuestion = 0
  var overlay: Overlay?
  /// When the screen in front wants to be refreshed even if nothing happens, as `time`; nil: never.
  var wakeTime: Double?
  public internal(set) var notice: Notice?

  /// A question on its way and who gets the answer.
  struct Pending: Sendable {
    let screen: ScreenID?
    let purpose: Purpose
  }

  init(settings: Settings) {
    self.settings = settings
    draft = PlanDraft(task: settings.task, plan: settings.plan)
  }

  var isConnected: Bool { if case .connected = link { true } else { false } }

  /// The engine was there and is not any more.
  var isLost: Bool { if case .lost = link { true } else { false } }

  /// Asks the engine; the answer goes to `screen` (nil: the workbench itself) with `purpose` beside it. An earlier question of the
  /// same purpose is forgotten: its answer, when it comes, goes to nobody. Nothing happens without an engine.
  mutating func ask(_ request: Request, for screen: ScreenID?, _ purpose: Purpose) {
    guard isConnected else { return }
    forget(screen, purpose)
    lastQuestion += 1
    pending[lastQuestion] = Pending(screen: screen, purpose: purpose)
    effects.append(.send(Question(id: lastQuestion, request)))
  }

  /// Asks for the models anew where a plan knows the time of one whose speed the list does not know: it was timed for the plan.
  mutating func askSpeeds(of plan: JobPlan) {
    let unknown = Set(models.filter { $0.pixelsPerSecond == nil }.map(\.name))
    let isTimed = plan.pictures.contains { $0.seconds != nil && unknown.contains($0.model) }
    if isTimed { ask(.listModels, for: nil, .models) }
  }

  /// A question of this purpose has been sent and not been answered.
  func isAsking(_ screen: ScreenID?, _ purpose: Purpose) -> Bool {
    pending.values.contains { $0.screen == screen && $0.purpose == purpose }
  }

  /// A trial of a region is being computed for some screen.
  var isTrying: Bool { pending.values.contains { $0.purpose == .trial } }

  /// The answer to the question of this purpose, if one is on its way, goes to nobody.
  mutating func forget(_ screen: ScreenID?, _ purpose: Purpose) {
    pending = pending.filter { !($0.value.screen == screen && $0.value.purpose == purpose) }
  }

  /// Has the screen in front refreshed `seconds` from now, or earlier where something else asked for that. Every refresh
  /// takes this back: ask again there.
  mutating func wake(in seconds: Double) { wakeTime = min(wakeTime ?? .infinity, time + seconds) }

  /// Who asked question `id`; each answer is handed over once.
  mutating func takePending(_ id: Int) -> Pending? { pending.removeValue(forKey: id) }

  mutating func forgetPending() { pending = [:] }

  /// The most pixels that a picture in such an area can show: what to ask the engine for.
  func pixels(in area: CanvasArea) -> (width: Int, height: Int) { graphics.pixels(in: area, colours, cell) }

  /// Says something on the status line until the next key.
  mutating func say(_ text: String, _ kind: Notice.Kind = .info) { notice = Notice(kind, text) }

  /// The same, for a command that is done by it.
  mutating func sayTrue(_ text: String) -> Bool {
    say(text)
    return true
  }

  /// Asks for a line of text; `screen` gets it by `answered` with `tag`.
  ///
  /// - Parameter replaces: the first character that is typed takes the place of `text`, as for a number.
  mutating func prompt(
    _ title: String, tag: String, for screen: ScreenID?, text: String = "", completion: Prompt.Completion = .none,
    replaces: Bool = false
  ) {
    var prompt = Prompt(screen: screen, tag: tag, title: title, text: text, completion: completion)
    prompt.replaces = replaces
    overlay = .prompt(prompt)
  }

  /// Asks a question with few answers; `screen` gets the key of the chosen one by `answered` with `tag`, or nothing.
  mutating func confirm(_ text: String, tag: String, for screen: ScreenID?, choices: [(Character, String)]) {
    let choices = choices.map { Confirmation.Choice(key: $0.0, title: $0.1) }
    overlay = .question(Confirmation(screen: screen, tag: tag, text: text, choices: choices))
  }

  /// Shows a command line and copies it.
  mutating func show(command: String) {
    effects.append(.copy(command))
    overlay = .report(Report(title: "The same as a command line (copied)", text: command))
  }

  /// Has a command line write `file` into the folder that the workbench was started in; shows it instead where the pictures are on
  /// another machine.
  mutating func export(_ words: [String], file: String) {
    guard settings.host == nil else { return show(command: ShellLine.text(["grl"] + words)) }
    effects.append(.export(arguments: words, file: file))
    say("writing \(file)")
  }

  /// Shows a picture as large as can be: in the person's viewer, or on the whole screen.
  mutating func view(_ path: String) {
    if hasViewer && settings.host == nil {
      effects.append(.view(path: path))
      return say("opening \(path.lastPathPart); GRL_VIEWER names another program")
    }
    overlay = .picture(FullPicture(path: path))
    askFullPicture()
  }

  /// Asks for the picture that lies over the screen, at the screen's size.
  mutating func askFullPicture() {
    guard case .picture(let picture) = overlay else { return }
    let room = pixels(in: FullPicture.area(columns: columns, rows: rows))
    ask(
      .preview(path: picture.path, region: nil, width: room.width, height: room.height), for: nil, FullPicture.purpose)
  }

  /// Marks results as the pictures of the next job and shows its plan.
  mutating func takeAsInput(_ paths: [String]) {
    guard !paths.isEmpty else { return say("there is no result yet that could be the next input") }
    marked = paths
    go(to: .plan)
    say("\(Quantity.count(paths.count, "result")) marked as the next input; choose what to do with it, then r")
  }

  /// An absolute path for one that was typed: `~` is the home folder of the engine's machine, others begin in the folder shown.
  func absolute(_ typed: String) -> String {
    if typed == "~" || typed.hasPrefix("~/"), let home = engine?.home { return home + typed.dropFirst() }
    if typed.isEmpty || typed.hasPrefix("/") || typed.hasPrefix("~") || folder.isEmpty { return typed }
    return joined(folder, typed)
  }

  // MARK: Trash

  /// Files of another machine are not changed from here, which is said.
  mutating func mayChange() -> Bool {
    guard settings.host != nil else { return true }
    say("files of another machine are not changed from here", .warning)
    return false
  }

  /// Asks whether files shall go to the trash, by their names; what lies in a folder that goes needs no word of its own. `screen` hands
  /// the answer to `answeredTrash`.
  ///
  /// - Parameter folder: where the person is: what lies elsewhere is named with its path.
  mutating func askTrash(_ paths: [String], from folder: String, for screen: ScreenID) {
    guard mayChange() else { return }
    let folders = Set(paths.filter { $0.hasSuffix("/") })
    let tops = paths.filter { path in
      !folders.contains { $0 != path && path.hasPrefix($0) }
    }
    guard !tops.isEmpty else { return say("the cursor is on no file") }
    let names = tops.map { path in
      path.relative(to: folder, home: engine?.home) + (path.hasSuffix("/") ? " and all that is in it" : "")
    }
    let tag = "trash " + tops.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }.joined(separator: "\0")
    let (yes, no) = ((Character("y"), "move to the trash"), (Character("n"), "keep"))
    guard names.count > 1 || names[0].contains("/") else {
      return confirm("Move \(names[0]) to the trash?", tag: tag, for: screen, choices: [yes, no])
    }
    // Marks may be out of sight: every name is read before they go, and Enter keeps them.
    let room = max(2, rows - 12)
    let shown = names.count > room ? names.prefix(room - 1) + ["and \(names.count - room + 1) more"] : names
    confirm(
      "Move these to the trash?\n" + shown.map { "  " + $0 }.joined(separator: "\n"), tag: tag, for: screen,
      choices: [no, yes])
  }

  /// Moves what `askTrash` asked about, if that was the answer.
  mutating func answeredTrash(_ text: String, to tag: String) {
    guard tag.hasPrefix("trash "), text == "y" else { return }
    effects.append(.change(.trash(tag.dropFirst("trash ".count).split(separator: "\0").map(String.init))))
  }

  /// Brings a screen to the front.
  mutating func go(to screen: ScreenID) { self.screen = screen }
}

/// How far a plan is: files looked at in folders, then pictures planned.
struct Planning: Hashable, Sendable {
  var files: Int
  var pictures: Int
  var count: Int

  /// `3,200 files looked at`
  var text: String {
    count > 0 ? "\(pictures) of \(Quantity.count(count, "picture"))" : "\(Quantity.count(files, "file")) looked at"
  }
}

/// What the engine tells of an analysis while it works on it.
struct Analysing: Hashable, Sendable {
  /// 0...1 of its work.
  var share: Double
  var detail: String
}

/// A picture of a job.
public struct PictureKey: Hashable, Sendable {
  public let job: String
  public let picture: Int

  public init(job: String, picture: Int) {
    self.job = job
    self.picture = picture
  }
}

/// What a question was asked for.
enum Purpose: Hashable, Sendable {
  case listing, details, preview, models, plan, submit, jobPreview, trial, completion, control
  /// Where one screen has several of a kind.
  case other(String)
}

/// One line for the person.
public struct Notice: Hashable, Sendable {
  public enum Kind: Hashable, Sendable { case info, warning, error }
  public var kind: Kind
  public var text: String

  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}
