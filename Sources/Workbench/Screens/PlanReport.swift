import EngineWire

/// One picture of a plan, told in lines.
enum PlanReport {
  static func lines(_ picture: JobPlan.Picture) -> [String] {
    var lines = ["from: \(picture.input)", "to: \(picture.output)"]
    if picture.outputExists { lines.append(picture.isSkipped ? "it exists: skipped" : "it exists") }
    if let problem = picture.problem { return lines + ["", "problem: \(problem)"] }
    lines += [
      "size: \(picture.width) x \(picture.height) to \(picture.outputWidth) x \(picture.outputHeight)",
      "model: \(picture.model)",
      "tiles: \(picture.tileCount) of \(picture.tileWidth) x \(picture.tileHeight), overlap \(picture.overlap); \(picture.reason)",
      "memory: \(Quantity.memory(picture.estimateBytes)) of \(Quantity.memory(picture.budgetBytes))",
      "time: \(picture.seconds.map { "about " + Quantity.duration($0) } ?? "not measured yet on this machine")",
    ]
    if let advice = picture.advice { lines.append("note: \(advice)") }
    return lines + picture.notes.map { "note: \($0)" }
  }
}
