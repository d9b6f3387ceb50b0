import EngineWire
import Testing
import Workbench

@Suite("Plain lines")
struct PlainTests {
  /// A plain session with an engine behind it.
  struct Room {
    var plain: PlainSession
    var engine = FakeEngine.photographs
    var effects: [Effect] = []
    var said: [String] = []

    init(isConnected: Bool = true) {
      plain = PlainSession(State())
      said = plain.start()
      if isConnected { send(.engine(.connected(FakeEngine.info))) }
    }

    mutating func send(_ event: Event) {
      let (lines, effects) = plain.update(event)
      take(lines, effects)
    }

    /// What is said to a line, answers of the engine included.
    @discardableResult
    mutating func enter(_ line: String) -> [String] {
      said = []
      let (lines, effects) = plain.enter(line)
      take(lines, effects)
      return said
    }

    private mutating func take(_ lines: [String], _ effects: [Effect]) {
      said += lines
      self.effects += effects
      for case .send(let question) in effects {
        let (reply, body) = engine.answer(question.request)
        send(.answer(Answer(id: question.id, reply), body: body))
      }
    }

    mutating func tell(_ event: EngineEvent) -> [String] {
      said = []
      send(.answer(Answer(id: 0, .event(event)), body: []))
      return said
    }
  }

  @Test("says how to begin, and the folder when it is there")
  func start() {
    let room = Room()
    #expect(room.said.first?.contains("Type help for commands") == true)
    #expect(room.said.contains("engine ready on atelier, 2 cores"))
    #expect(room.said.contains { $0.hasPrefix("folder /home/ada, ") })
    #expect(room.said.contains("2 photos, folder") || room.said.contains("2 photos, open folder"), "\(room.said)")
  }

  @Test("marks a row by its number and tells that alone")
  func mark() {
    var room = Room()
    room.enter("go-to /home/ada/photos")
    let rows = room.enter("show")
    let row = rows.first { $0.hasSuffix("harbour-02.png") }?.split(separator: " ").first.map(String.init) ?? "none"
    let said = room.enter("mark \(row)")
    #expect(said.contains("\(row) harbour-02.png, marked"), "\(said)")
    #expect(said.contains("1 picture marked"))
    #expect(said.count <= 4, "\(said)")
    #expect(room.plain.state.session.marked == ["/home/ada/photos/harbour-02.png"])
  }

  @Test("a command that needs an argument asks; the next line answers or cancels")
  func prompts() {
    var room = Room()
    #expect(room.enter("set-memory").contains { $0.contains("memory") && $0.contains("type the answer, or esc") })
    #expect(room.enter("2G").contains("4 memory: 2.00 GiB"))
    #expect(room.plain.state.session.settings.memoryBytes == 2 << 30)
    room.enter("set-memory")
    room.enter("esc")
    #expect(room.plain.state.session.settings.memoryBytes == 2 << 30 && !room.plain.state.hasOverlay)
    #expect(room.enter("set-threads 1").contains("5 threads: 1"))
    #expect(room.effects.contains { if case .save = $0 { true } else { false } })
  }

  @Test("the plan is set by name and told row by row")
  func plan() {
    var room = Room()
    room.enter("go-to /home/ada/photos")
    room.enter("mark 3")
    #expect(room.enter("2").contains { $0.hasPrefix("1 task: denoise") }, "\(room.said)")
    room.enter("task sr")
    #expect(room.plain.state.session.draft.request.task == "sr")
    let scale = room.enter("scale 4")
    #expect(room.plain.state.session.draft.request.scale == 4, "\(scale)")
    #expect(scale.contains { $0.contains("scale: x4") }, "\(scale)")
    #expect(room.enter("scale 7").contains { $0.hasPrefix("warning: scale is one of ") }, "\(room.said)")
    #expect(room.enter("quality 30").contains("warning: quality means nothing for sr"), "\(room.said)")
    room.enter("undo")
    #expect(room.plain.state.session.draft.request.scale != 4)
  }

  @Test("help lists commands, with a word those that mention it; a wrong name suggests others")
  func help() {
    var room = Room()
    let all = room.enter("help")
    #expect(all.contains { $0.hasPrefix("mark: ") } && all.contains { $0.hasPrefix("theme: ") })
    #expect(room.enter("help theme").allSatisfy { $0.lowercased().contains("theme") })
    #expect(room.enter("thme") == ["no command 'thme'; perhaps theme"])
    #expect(room.enter("xqzw") == ["no command 'xqzw'; help lists them"])
    #expect(room.enter("go 9999") == ["no row '9999'; show tells them"])
    #expect(room.enter("") == [])
  }

  @Test("numbers go to screens and tell them")
  func screens() {
    var room = Room()
    #expect(room.enter("6").first == "screen 6: Models")
    #expect(room.said.contains { $0.hasPrefix("1 denoise-color-tiny: ") })
    #expect(room.enter("4").first == "screen 4: Attention")
    #expect(room.enter("go-models").first == "screen 6: Models")
  }

  @Test("progress is told at tenths, ends and failures as they come, and nothing twice")
  func progress() {
    var room = Room()
    let picture = PictureProgress(input: "/p/harbour.png", output: "/p/o.png", state: .running)
    let job = JobInfo(
      id: "j1", created: 0, state: .running, request: JobRequest(inputs: ["/p/harbour.png"], task: "denoise"),
      pictures: [picture])
    _ = room.tell(.jobs([job]))
    func step(_ done: Int) -> EngineEvent {
      .progress(
        Progress(
          job: "j1", picture: 0, tilesDone: done, tileCount: 40, tileFraction: 0, secondsElapsed: 1,
          secondsRemaining: Double(40 - done), pixelsPerSecond: 1, residentBytes: 1, budgetBytes: 1, cpuPercent: 1))
    }
    var said: [String] = []
    for done in 0...40 { said += room.tell(step(done)) }
    #expect(said.count == 11, "\(said)")
    #expect(said[0] == "harbour.png: started, picture 1 of 1")
    #expect(said[3] == "harbour.png: 30 percent, 28 s left")
    #expect(
      room.tell(.job(job: "j1", state: .done, reason: nil)).contains { $0.hasPrefix("denoise done: harbour.png") })
    #expect(room.tell(.job(job: "j1", state: .done, reason: nil)) == [])
  }

  @Test("leaving asks while a job runs")
  func leaving() {
    var room = Room()
    let job = JobInfo(
      id: "j1", created: 0, state: .running, request: JobRequest(inputs: ["/p/a.png"], task: "denoise"), pictures: [])
    _ = room.tell(.jobs([job]))
    #expect(room.enter("quit").contains { $0.contains("A job is running") && $0.contains("or esc") })
    #expect(room.enter("nonsense").contains("'nonsense' is none of the answers"))
    room.enter("esc")
    #expect(!room.effects.contains(.quit))
    room.enter("quit")
    room.enter("leave")
    #expect(room.effects.last == .quit)
  }

  @Test(
    "nothing reaches the terminal that could move its cursor, and no effect that draws",
    arguments: [1, 2, 3] as [UInt64])
  func hostile(seed: UInt64) {
    var random = Seeded(seed)
    var room = Room(isConnected: false)
    room.engine = AnySizeTests.hostileEngine(&random)
    room.send(.engine(.connected(FakeEngine.info)))
    let lines =
      [
        "help", "show", "mark 2", "open 3", "1", "2", "3", "4", "5", "6", "7", "theme light", "set-colours none", "run",
        "y", "?",
        "filter a", "find b", "cancel", "go 4", "range", "undo", "show-command", "pause", "mouse", "q", "escape",
      ]
      + AnySizeTests.hostile
    for _ in 0..<250 {
      room.said = []
      if random.below(2) == 0 {
        room.enter(random.pick(lines))
      } else {
        _ = room.tell(AnySizeTests.randomEngineEvent(&random))
      }
      for line in room.said {
        for scalar in line.unicodeScalars {
          let isBad = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x202e
          #expect(!isBad, "\(line.debugDescription)")
        }
      }
    }
    for effect in room.effects {
      switch effect {
      case .send, .quit, .save, .savePreset, .connect, .export, .change, .view: break
      case .suspend, .redraw, .askTerminal, .setMouse, .copy: Issue.record("\(effect)")
      }
    }
  }
}
