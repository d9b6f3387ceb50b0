extension JobRequest {
  /// The `grl restore` command line that does the same, quoted for a shell. Options that say what holds anyway are left out.
  public var commandLine: String { ShellLine.text(["grl", "restore"] + arguments) }

  /// What `grl restore` is to be given: `optionWords` and the inputs.
  public var arguments: [String] {
    let needsEnd = inputs.contains { $0.hasPrefix("-") && $0 != "-" }
    return optionWords + (needsEnd ? ["--"] : []) + inputs
  }

  /// The options of `grl restore` that say everything about this job but its inputs, the task first.
  ///
  /// A value that begins with a dash stands behind `=`, or it would be read as an option itself.
  public var optionWords: [String] {
    let usual = JobRequest(inputs: [], task: task)
    var words: [String] = []
    func add(_ option: String, _ value: String?) {
      guard let value else { return }
      words += value.hasPrefix("-") && value != "-" ? ["\(option)=\(value)"] : [option, value]
    }
    add("--task", task)
    add("--sigma", sigma.map(Self.text))
    add("--noise", noise)
    add("--scale", scale.map(String.init))
    add("--quality", quality.map(String.init))
    add("--cfa", filters == usual.filters ? nil : filters)
    if transfer == "linear" { words.append("--linear") }
    add("--right", right)
    add("--model", model)
    add("--variant", variant)
    add("--window", network?.window.map(String.init))
    if let rows = network?.stripeRows, let columns = network?.stripeColumns { add("--stripe", "\(rows),\(columns)") }
    add("--anchor-factor", network?.anchorFactor.map(String.init))
    switch tile {
    case .automatic: break
    case .whole: add("--tile", "none")
    case .side(let side): add("--tile", String(side))
    }
    add("--overlap", overlap.map(String.init))
    add("--memory", memoryBytes.map(Self.sizeText))
    add("--threads", threadCount.map(String.init))
    add("--region", region.map { "\($0.x),\($0.y),\($0.width),\($0.height)" })
    add("--precision", precision)
    if usesSelfEnsemble { words.append("--ensemble") }
    add("--max-pixels", maxPixels.map(String.init))
    add("--depth", depth == usual.depth ? nil : depth)
    add("--damaged", damaged == "refuse" ? nil : damaged)
    add("--metadata", metadata == usual.metadata ? nil : metadata)
    if isRecursive { words.append("--recursive") }
    switch existing {
    case .refuse: break
    case .skip: words.append("--skip-existing")
    case .replace: words.append("--overwrite")
    case .rename: words.append("--rename-existing")
    }
    add(output?.hasPrefix("-") == true ? "--output" : "-o", output)
    add("--output-dir", outputFolder)
    add("--name", output != nil || name == usual.name ? nil : name)
    return words
  }

  /// `4G`, `512M`, `64K`, or bytes: a size as the command line takes it.
  public static func sizeText(_ bytes: Int) -> String {
    for (unit, size) in [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)] where bytes > 0 && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return String(bytes)
  }

  /// As short as it can be read back without loss.
  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
  }
}
