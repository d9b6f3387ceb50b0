import EngineCore
import EngineWire
import Foundation
import JobStore
import Testing

@Suite("Job folders", .timeLimit(.minutes(10))) struct JournalTests {
  private func record() throws -> PictureRecord {
    let json = """
      {"input": {"bytes": 5, "modified": 6, "sha256": "ab"}, "model": "m", "modelHash": "cd", "instructionSet": "scalar",
       "width": 80, "height": 60, "side": 16, "overlap": 4, "tileCount": 35, "tileBytes": 3072, "reason": "tile as asked"}
      """
    return try JSONDecoder().decode(PictureRecord.self, from: Data(json.utf8))
  }

  private func make(_ folder: EngineFolder, _ count: Int = 2) throws -> JobFolder {
    let pictures = (0..<count).map { StoredJob.Picture(input: "/in/\($0).png", output: "/out/\($0).png") }
    return try folder.store.create(JobRequest(inputs: ["/in"], task: "denoise"), pictures: pictures, owner: .engine)
  }

  @Test("every prefix of a journal gives the lines that it holds whole, and the rest is cut off")
  func prefixes() throws {
    let folder = try EngineFolder()
    var id = ""
    do {
      let job = try make(folder)
      id = job.id
      try job.append(.began(picture: 0, record: try record()))
      for tile in 0..<3 { try job.append(.tile(picture: 0, tile: tile, checksum: "0", seconds: 0.5)) }
      try job.append(.state(.paused, reason: "because\nof \u{1B}"))
    }
    let file = folder.url.appending(path: "state/jobs/\(id)/journal")
    let whole = try Data(contentsOf: file)
    let ends = whole.indices.filter { whole[$0] == 10 }.map { $0 + 1 }
    #expect(ends.count == 5)
    for length in 0...whole.count {
      try whole.prefix(length).write(to: file)
      let lines = ends.filter { $0 <= length }.count
      var repairs: [String] = []
      let job = try folder.store.open(id) { repairs.append($0) }
      #expect(job.record.pictures[0].tiles.count == max(0, min(3, lines - 1)), "\(length)")
      #expect(job.record.state == (lines == 5 ? .paused : .waiting))
      #expect(repairs.isEmpty == (length == 0 || ends.contains(length)))
      #expect(try Data(contentsOf: file).count == ends.last { $0 <= length } ?? 0)
    }
    // A line after a cut is as good as any.
    let job = try folder.store.open(id)
    try job.append(.done(picture: 1, seconds: 1, seamScore: nil, notes: []))
    #expect(try folder.store.snapshot(id).record.pictures[1].state == .done)
  }

  @Test("a flipped bit anywhere in the journal ends it there")
  func flipped() throws {
    let folder = try EngineFolder()
    let id = try {
      try $0.append(.tile(picture: 0, tile: 1, checksum: "0", seconds: 1)); return $0.id
    }(make(folder))
    let file = folder.url.appending(path: "state/jobs/\(id)/journal")
    let whole = try Data(contentsOf: file)
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 4
      try damaged.write(to: file)
      #expect(try folder.store.snapshot(id).record.pictures[0].tiles.isEmpty, "\(place)")
    }
  }

  /// What happens to a picture, a letter each: attempt of a new process, Attempt of the same one again, Reboot of the machine
  /// and attempt, tile, left in good order, paused, failed and retried, begun anew with another model. Then the deaths when the
  /// next process comes.
  static let lives: [(String, Int)] = [
    ("", 0), ("a", 1), ("aa", 2), ("aaa", 3), ("aA", 1), ("at", 1), ("ata", 2), ("aat", 1), ("aata", 2), ("aatat", 1),
    ("al", 0), ("alal", 0), ("aal", 1), ("aaal", 2), ("aalt", 0), ("ap", 0), ("aap", 1), ("aR", 1), ("aaR", 2),
    ("aRa", 2),
    ("aaf", 0), ("aafa", 1), ("ab", 1), ("aba", 2), ("abab", 1), ("lt", 0),
  ]

  @Test("deaths at a picture are counted until a tile, a good end or another model comes between", arguments: lives)
  func deaths(life: String, deaths: Int) throws {
    let folder = try EngineFolder()
    let job = try make(folder)
    var process = ProcessIdentity.current
    var kept = try record()
    for letter in life {
      switch letter {
      case "a", "A", "R":
        if letter != "A" { process.process += 1 }
        if letter == "R" { process.boot += "+" }
        try job.append(.attempt(picture: 0, process: process))
      case "b":
        kept.modelHash += "e"
        try job.append(.began(picture: 0, record: kept))
      case "t": try job.append(.tile(picture: 0, tile: 0, checksum: "0", seconds: 1))
      case "l": try job.append(.left(picture: 0))
      case "p": try job.append(.state(.paused, reason: nil))
      default:
        try job.append(.failed(picture: 0, status: 1, reason: "died"))
        try job.append(.retry(pictures: [0]))
      }
    }
    process.process += 1
    let found = try folder.store.snapshot(job.id).record.pictures
    #expect(found[0].deaths(before: process) == deaths, "\(life)")
    #expect(found[1].deaths(before: process) == 0)
  }

  @Test("a picture whose result another process made is skipped, and its job is none the worse")
  func skipped() throws {
    let folder = try EngineFolder()
    let job = try make(folder)
    try job.append(.attempt(picture: 0, process: .current))
    try job.append(.skipped(picture: 0, reason: "made elsewhere"))
    let record = try folder.store.snapshot(job.id).record
    #expect(record.pictures[0].state == .skipped && record.pictures[0].reason == "made elsewhere")
    #expect(record.waiting == [1])
  }

  @Test("a damaged job.json is an error, and no other job suffers")
  func description() throws {
    let folder = try EngineFolder()
    let (bad, good) = (try make(folder).id, try make(folder).id)
    for text in ["", "{", "[]", "{\"version\":99}", String(repeating: "[", count: 100_000)] {
      try Data(text.utf8).write(to: folder.url.appending(path: "state/jobs/\(bad)/job.json"))
      let listing = folder.store.list()
      #expect(listing.jobs.map(\.record.job.id) == [good] && listing.problems.count == 1)
      #expect(throws: StoreError.self) { try folder.store.open(bad) }
    }
    try folder.store.remove(bad)
    #expect(folder.store.ids() == [good])
  }

  @Test("a job has one owner at a time, in one process as in several")
  func locks() throws {
    let folder = try EngineFolder()
    var job: JobFolder? = try make(folder)
    let id = try #require(job?.id)
    #expect(folder.store.holder(id)?.hasPrefix("a test, process") == true)
    let error = #expect(throws: StoreError.self) { try folder.store.open(id) }
    #expect(error?.kind.exitStatus == 2)
    #expect(throws: StoreError.self) { try folder.store.remove(id) }
    job = nil
    #expect(folder.store.holder(id) == nil)
    _ = try folder.store.open(id)
    try folder.store.remove(id)
    #expect(throws: StoreError.self) { try folder.store.open(id) }
  }

  @Test("names that are none never become paths")
  func names() throws {
    let folder = try EngineFolder()
    try FileManager.default.createDirectory(atPath: folder.path("state/jobs"), withIntermediateDirectories: true)
    for name in ["", ".", "..", "../state", "a/b", "A", "-rf", "x y", String(repeating: "a", count: 65), "a\0"] {
      #expect(!JobStore.isID(name))
      let error = #expect(throws: StoreError.self) { try folder.store.remove(name) }
      #expect(error?.kind.exitStatus == 2)
    }
  }

  @Test("ended jobs beyond the bound are forgotten, the oldest first; live ones and what somebody works on stay")
  func cleaning() throws {
    let folder = try EngineFolder()
    let ended = try (0..<4).map { _ in
      let job = try make(folder)
      try job.append(.state(.done, reason: nil))
      return job.id
    }
    let live = try make(folder).id
    let held = try make(folder)
    try held.append(.state(.done, reason: nil))
    #expect(folder.store.clean(most: 2) == 2)
    let ids = folder.store.ids()
    #expect(ids.count == 4 && ids.contains(live) && ids.contains(held.id))
    #expect(Set(ids).intersection(ended).count == 2)
    #expect(folder.store.clean(most: 10, longestSeconds: -1) == 2)
  }

  @Test("an interrupted run is found by its pictures and options, whatever threads, memory and results that exist")
  func matching() throws {
    let folder = try EngineFolder()
    let request = folder.request("a.png")
    let pictures = [StoredJob.Picture(input: "/a", output: "/b")]
    let first = try folder.store.create(request, pictures: pictures, owner: .restore).id
    var same = request
    (same.threadCount, same.memoryBytes, same.existing) = (7, 1 << 30, .replace)
    #expect(folder.store.interrupted(like: same) == first)
    var other = request
    other.tile = .side(32)
    #expect(folder.store.interrupted(like: other) == nil)
    // Two names as a file system has them, though one text.
    let accent = try folder.store.create(folder.request("\u{e9}.png"), pictures: pictures, owner: .restore).id
    #expect(folder.store.interrupted(like: folder.request("\u{e9}.png")) == accent)
    #expect(folder.store.interrupted(like: folder.request("e\u{301}.png")) == nil)
    let held = try folder.store.open(first)
    #expect(folder.store.interrupted(like: request) == nil)
    try held.append(.state(.done, reason: nil))
  }

  @Test("the order of names is that of people")
  func naturalOrder() {
    let sorted = ["", "01", "1", "2", "2a", "a", "A1", "a2", "A10", "a010b", "b", "\u{E4}"]
    #expect(sorted.shuffled().sorted(by: FolderReader.naturallyPrecedes) == sorted)
  }

  @Test("results whose names are taken get the next free one")
  func renaming() throws {
    let folder = try EngineFolder()
    for name in ["a.png", "b.png"] { try folder.picture(name) }
    try FileManager.default.createDirectory(atPath: folder.path("pictures/x"), withIntermediateDirectories: true)
    try folder.picture("x/a.png")
    for name in ["a_denoise.png", "a_denoise-2.png"] { try Data().write(to: folder.url.appending(path: "out/" + name)) }
    let request = folder.request("a.png", "x/a.png", "b.png", existing: .rename)
    let plan = try OutputPlan(request, JobSettings(request))
    let names = plan.items.map { String($0.output.dropFirst(folder.path("out").count)) }
    #expect(names == ["/a_denoise-3.png", "/a_denoise-4.png", "/b_denoise.png"])
  }

  @Test("pictures of a job that has ended change by their results and by a retry alone")
  func ended() throws {
    let folder = try EngineFolder()
    let job = try make(folder)
    try job.append(.attempt(picture: 0, process: .current))
    try job.append(.state(.cancelled, reason: nil))
    try job.append(.failed(picture: 0, status: 3, reason: "cut off"))
    try job.append(.skipped(picture: 1, reason: "exists"))
    #expect(job.record.pictures.map(\.state) == [.cancelled, .cancelled])
    try job.append(.done(picture: 0, seconds: 1, seamScore: nil, notes: []))
    try job.append(.retry(pictures: [1]))
    try job.append(.failed(picture: 1, status: 3, reason: "cut off"))
    #expect(job.record.pictures.map(\.state) == [.done, .failed])
  }
}
