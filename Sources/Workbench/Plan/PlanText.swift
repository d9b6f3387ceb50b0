import Base
import EngineWire

/// The plan as the options of `grl restore`, for those who rather type: shown by `e` as `JobRequest` writes them, and read back.
enum PlanText {
  struct Problem: Error, Hashable { let text: String }

  /// The request that `text` means, everything it does not name left at its standard; or what is wrong with it.
  static func read(_ text: String, _ session: Session) -> Result<JobRequest, Problem> {
    var request = JobRequest(inputs: [], task: session.draft.request.task)
    guard let words = ShellLine.words(text) else { return .failure(Problem(text: "a quote is not closed")) }
    var given: [(option: JobOption, value: String)] = []
    var left = words[...]
    while let word = left.popFirst() {
      if let option = JobOption.all.first(where: { $0.flags.contains { $0.word == word } }) {
        given.append((option, option.flags.first { $0.word == word }!.value))
        continue
      }
      // `--option value` or `--option=value`.
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = !word.hasPrefix("--") ? word : parts[0] == "--output" ? "-o" : parts[0]
      guard !name.isEmpty, let option = JobOption.all.first(where: { $0.word == name }) else {
        return .failure(Problem(text: "\(name) is not known here"))
      }
      guard let value = word.hasPrefix("--") && parts.count > 1 ? parts[1] : left.popFirst() else {
        return .failure(Problem(text: "\(name) needs a value"))
      }
      given.append((option, value))
    }
    for (place, one) in given.enumerated() {
      guard let first = given[..<place].first(where: { $0.option.name == one.option.name }) else { continue }
      return .failure(Problem(text: "\(one.option.title) is given twice, as \(first.value) and as \(one.value)"))
    }
    // The task first: choosing it clears what belongs to another one.
    for (option, value) in given.filter({ $0.option.name == "task" }) + given.filter({ $0.option.name != "task" }) {
      let row = PlanRow(rawValue: option.name)
      if let row, row == .task || row.takesNumber {
        if let problem = row.take(value, &request, session) {
          return .failure(Problem(text: "\(option.word): \(problem)"))
        }
      } else if !option.read(value, into: &request) {
        return .failure(Problem(text: "\(option.word) is \(option.allowedText)"))
      }
    }
    return .success(request)
  }
}

/// A plan in sums and a few words, worked out once: it may hold ten thousand pictures.
struct PlanTotals: Hashable, Sendable {
  let pictures: Int
  /// Those that will be restored.
  let todo: Int
  let pixels: Double
  let skipped: Int
  let failing: Int
  /// Why the first of them cannot be restored, with its name: it may be far down in the list. nil where all can.
  let firstFailure: String?
  /// Results that stand there already.
  let clashes: Int
  /// Those that cannot be written because they are a picture to read, or another one's result.
  let collisions: Int
  /// The plan's problem is one of those results, and no other one: the engine's words begin with its path.
  let isClash: Bool
  /// Of the picture that needs most; a budget of 0 where nothing is known.
  let estimateBytes: Int
  let budgetBytes: Int
  let time: String
  /// What will be converted or lost, if anything.
  let note: String?

  init(_ plan: JobPlan) {
    let todo = plan.pictures.filter { $0.problem == nil && !$0.isSkipped }
    pictures = plan.pictures.count
    self.todo = todo.count
    pixels = todo.reduce(0) { $0 + Double($1.width) * Double($1.height) }
    skipped = plan.pictures.count(where: \.isSkipped)
    failing = plan.pictures.count { $0.problem != nil }
    firstFailure =
      plan.pictures.lazy.compactMap { picture in
        picture.problem.map { "\(lastComponent(picture.input)): \($0.reason(at: [picture.input, picture.output]))" }
      }.first
    clashes = plan.pictures.count(where: \.outputExists)
    collisions = plan.problem == nil ? 0 : plan.pictures.count(where: \.isCollision)
    isClash =
      plan.problem.map { problem in
        plan.pictures.contains { $0.outputExists && problem.hasPrefix($0.output) }
      } ?? false
    let worst = todo.max { $0.estimateBytes < $1.estimateBytes }
    estimateBytes = worst?.estimateBytes ?? 0
    budgetBytes = worst?.budgetBytes ?? 0
    time = Self.time(todo)
    note = Self.notes(todo)
  }

  /// `3 pictures, 4.51 Mpx, 1 skipped`
  var text: String {
    var text = "\(Quantity.count(todo, "picture")), \(Quantity.megapixels(pixels))"
    if skipped > 0 { text += ", \(skipped) skipped" }
    if failing > 0 { text += ", \(failing) cannot be restored" }
    return text
  }

  /// Only what was measured here is shown.
  private static func time(_ pictures: [JobPlan.Picture]) -> String {
    let known = pictures.compactMap(\.seconds)
    let sum = known.reduce(0, +)
    if pictures.isEmpty { return "nothing to restore" }
    if known.isEmpty { return "time not known: its model is timed when nothing else is computed" }
    if known.count < pictures.count {
      return "over \(Quantity.duration(sum)); \(pictures.count - known.count) of them not known yet"
    }
    let others = alternatives(pictures).map { "; " + $0.text }.joined()
    return "about \(Quantity.duration(sum)), from this machine's speed" + others
  }

  /// What the whole would take and bring with one size of the model, where another one is taken for some picture.
  private static func alternatives(_ pictures: [JobPlan.Picture]) -> [JobPlan.Alternative] {
    let all = pictures.flatMap { $0.alternatives ?? [] }
    let variants = all.map(\.variant).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return variants.map { variant in
      let taken = pictures.map { picture in picture.alternatives?.first { $0.variant == variant } }
      let seconds = zip(pictures, taken).map { $1.map(\.seconds) ?? $0.seconds }
      let gains = taken.reduce(0) { $0 + ($1?.gain ?? 0) }
      let model = all.first { $0.variant == variant }?.model ?? ""
      return JobPlan.Alternative(
        model: model, variant: variant,
        seconds: seconds.contains(nil) ? nil : seconds.reduce(0) { $0 + ($1 ?? 0) },
        gain: gains / Double(pictures.count))
    }
  }

  private static func notes(_ pictures: [JobPlan.Picture]) -> String? {
    var counts: [(note: String, count: Int)] = []
    for note in pictures.lazy.flatMap(\.notes) {
      if let place = counts.firstIndex(where: { $0.note == note }) {
        counts[place].count += 1
      } else if counts.count < 8 {
        counts.append((note, 1))
      }
    }
    guard let first = counts.first else { return nil }
    let who = first.count == pictures.count ? "" : "\(first.count) of \(pictures.count): "
    return who + first.note + (counts.count > 1 ? "; and more, Enter on a picture tells" : "")
  }
}

/// One picture of a plan, described in lines.
enum PlanReport {
  static func lines(_ picture: JobPlan.Picture) -> [String] {
    var lines = ["from: \(picture.input)", "to: \(picture.output)"]
    if picture.outputExists { lines.append(picture.isSkipped ? "it exists: skipped" : "it exists") }
    if let problem = picture.problem { return lines + ["", "problem: \(problem)"] }
    lines += [
      "size: \(picture.width) x \(picture.height) to \(picture.outputWidth) x \(picture.outputHeight)"
    ]
    if let steps = picture.steps {
      for (place, step) in steps.enumerated() { lines += Self.lines(step, number: place + 1) }
    } else {
      lines += [
        "model: \(picture.model)",
        "tiles: \(picture.tileCount) of \(picture.tileWidth) x \(picture.tileHeight), overlap \(picture.overlap); \(picture.reason)",
      ]
    }
    lines += [
      "memory: \(Quantity.memory(picture.estimateBytes)) of \(Quantity.memory(picture.budgetBytes))",
      "time: \(picture.seconds.map { "about " + Quantity.duration($0) } ?? "not known: the model is timed when nothing else is computed")",
    ]
    if let alternatives = picture.alternatives {
      lines.append("or: " + alternatives.map(\.text).joined(separator: "; "))
    }
    if let advice = picture.advice { lines.append("note: \(advice)") }
    return lines + picture.notes.map { "note: \($0)" }
  }

  private static func lines(_ step: JobPlan.Step, number: Int) -> [String] {
    let time = step.seconds.map { ", about \(Quantity.duration($0))" } ?? ""
    return [
      "step \(number), \(step.task): \(step.model), to \(step.outputWidth) x \(step.outputHeight), "
        + "\(Quantity.memory(step.estimateBytes))\(time)",
      "  tiles: \(step.tileCount) of \(step.tileWidth) x \(step.tileHeight), overlap \(step.overlap); \(step.reason)",
    ]
  }
}

extension JobPlan.Alternative {
  /// `small: 13 min 02 s, +0.2 dB`
  var text: String {
    let sign = gain < 0 ? "-" : "+"
    let time = seconds.map { Quantity.duration($0) + ", " } ?? ""
    return "\(variant): \(time)\(sign)\(Quantity.decimal(abs(gain), 1)) dB"
  }
}

extension JobPlan.Picture {
  /// Its result would replace a picture to read, or another result of the plan: the engine's words say so.
  var isCollision: Bool {
    guard let problem else { return false }
    return problem.contains("is one of the pictures to read") || problem.contains("would be written here")
  }
}
