import EngineWire
import JobStore
import Workbench

extension FuzzTarget {
  static func theme(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let (theme, complaints) = Theme.parse(bytes, file: "themes/input.theme")
    for text in complaints.map(\.description) + [theme.name, theme.title, theme.author] { try requireLine(text) }
    // One terminal an input: a look costs more than the reading.
    let depths = ColourDepth.allCases
    _ = theme.look(colours: depths[bytes.count % depths.count], graphics: .half)
    return complaints.isEmpty ? .value : .refused
  }

  static func settings(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    guard let (settings, badKeys) = Settings.parse(bytes) else { return .refused }
    do {
      let again = Settings.parse(try settings.fileBytes())
      try require(again?.settings == settings && again?.badKeys == [], "settings are not kept")
    } catch let error as FuzzFinding {
      throw error
    } catch { throw FuzzFinding("settings cannot be written: \(error)") }
    var state = State(settings: settings, notes: badKeys)
    for key in "7:" {
      _ = state.update(.key(.character(key)))
      try requireCells(state.view())
    }
    return badKeys.isEmpty ? .value : .refused
  }

  /// The first line is `job.json` where it begins with a brace; the rest is the journal of that job, or of one with three pictures.
  static func journal(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    var (job, journal) = (threePictures, bytes[...])
    if bytes.first == UInt8(ascii: "{") {
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      let read = try accepted { () throws(StoreError) in try StoredJob(Array(line), path: "job.json") }
      guard let read else { return .refused }
      (job, journal) = (read, bytes.dropFirst(line.count + 1))
    }
    let (entries, soundBytes) = Journal.read(Array(journal))
    try require(soundBytes <= journal.count, "\(soundBytes) of \(journal.count) bytes are sound")
    let again = Journal.read(entries.flatMap(Journal.line))
    try require(again.entries == entries, "the journal's lines do not say what they said when they are written again")

    let record = JobRecord(job, entries)
    try require(
      Set(record.order) == Set(job.pictures.indices) && record.order.count == job.pictures.count,
      "the order of \(job.pictures.count) pictures is \(record.order)")
    try require(Set(record.waiting).isSubset(of: record.order), "a picture that waits has no place in the order")
    for picture in record.pictures {
      _ = (picture.deaths(before: .current), picture.attempt?.isAlive)
    }
    let info = record.info(isElsewhere: false)
    if let frame = try accepted({ () throws(WireError) in try Frame(Answer(id: 1, .jobs([info]))) }) {
      let answer = try accepted { () throws(WireError) in try frame.message(Answer.self) }
      try require(answer == Answer(id: 1, .jobs([info])), "what the wire tells of the job is not what was said")
    }
    return soundBytes == journal.count ? .value : .refused
  }

  private static let threePictures: StoredJob = {
    let text =
      #"{"version":1,"id":"20261122-215219-k3f9","created":1763800000.25,"owner":"engine","skipped":[],"request":"#
      + #"{"depth":"keep","existing":"refuse","filters":"rggb","inputs":["/photos"],"isRecursive":false,"metadata":"keep","#
      + #""name":"{stem}_{task}.{ext}","task":"denoise","tile":{"automatic":{}},"usesSelfEnsemble":false},"pictures":["#
      + #"{"input":"/photos/a.png","output":"/photos/a_denoise.png"},{"input":"/photos/b.png","output":"/photos/b_denoise.png"},"#
      + #"{"input":"/photos/c.png","output":"/photos/c_denoise.png"}]}"#
    do { return try StoredJob(Array(text.utf8), path: "job.json") } catch { preconditionFailure("\(error)") }
  }()
}
