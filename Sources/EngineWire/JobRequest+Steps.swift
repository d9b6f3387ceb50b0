import Base

/// A chain: several tasks with commas between them, each on what the one before it made.
extension JobRequest {
  /// The tasks in their order.
  public var tasks: [String] { task.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }

  public var isChain: Bool { task.contains(",") }

  /// One request for each step: its task, and of the options those that the step heeds. The request itself where it has one task.
  ///
  /// Region, right view and what is about a mosaic are the first step's; grain and size are made behind the last one. Strength,
  /// texture and colours alone hold for each step. What a step leaves of noise hangs together from pixel to pixel, so a later `denoise`
  /// takes it for that of photographs where nothing is said.
  public var steps: [JobRequest] {
    let tasks = tasks
    guard tasks.count > 1 else { return [self] }
    let models = model.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    return tasks.enumerated().map { place, task in
      var step = self
      step.task = task
      for option in JobOption.all where !option.isHeeded(by: [task]) { _ = option.read(nil, into: &step) }
      if task == "real-sr" && tasks.contains("sr") { step.scale = nil }
      if let models, models.indices.contains(place) { step.model = models[place].isEmpty ? nil : models[place] }
      if place > 0 {
        step.region = nil
        if task == "denoise" && sigma == nil && noise == nil { step.noise = "photo" }
      }
      if place < tasks.count - 1 {
        (step.grain, step.grainSeed) = (nil, nil)
        (step.width, step.height, step.fit, step.maxMegapixels) = (nil, nil, nil, nil)
      }
      return step
    }
  }

  /// Changes the model's name, of a chain each one.
  public mutating func mapModels(_ change: (String) -> String) {
    guard isChain else { return model = model.map(change) }
    model = model.map { names in
      names.split(separator: ",", omittingEmptySubsequences: false).map { change(String($0)) }.joined(separator: ",")
    }
  }

  /// Why the steps cannot follow each other like this, and what would do; nil where they can.
  public var chainProblem: String? {
    let tasks = tasks
    guard tasks.count > 1 else { return nil }
    if let again = tasks.indices.first(where: { tasks[..<$0].contains(tasks[$0]) }) {
      return "--task \(task): \(tasks[again]) stands there twice; name each step once, or restore the result once more"
    }
    if let place = tasks.firstIndex(of: "demosaic"), place > 0 {
      let others = tasks.filter { $0 != "demosaic" }
      return "--task \(task): a mosaic is there only before the first step; give --task "
        + (["demosaic"] + others).joined(separator: ",")
    }
    if right != nil, tasks[0] != "defocus-deblur" {
      return "--right: the two views are the input's; begin with defocus-deblur, or leave --right out"
    }
    if let option = JobOption.all.first(where: { !$0.isHeeded(by: tasks) && $0.text(self) != nil }) {
      let word = option.commandWords(self).first ?? option.name
      return "\(word) is for --task \(option.tasks.sorted().joined(separator: " or ")), which is no step of \(task)"
    }
    if let model, model.split(separator: ",", omittingEmptySubsequences: false).count != tasks.count {
      return
        "--model: give one for each of the \(tasks.count) steps, with commas between them; nothing between two is automatic"
    }
    if network != nil {
      return
        "--window, --stripe and --anchor-factor are for a single step; 'grl models import FILE' installs a model with them"
    }
    return nil
  }
}

extension JobRequest {
  /// The options that settle what the result is, quoted for a shell: not where it lies, nor what the machine had to give.
  public var settings: String {
    var job = JobRequest(inputs: [], task: task)
    let others = [
      "memory", "threads", "largest picture", "metadata", "subfolders", "existing", "output", "folder", "name",
    ]
    for option in JobOption.all where !others.contains(option.name) { _ = option.read(option.text(self), into: &job) }
    job.right = right.map(lastComponent)
    job.mapModels { $0.contains("/") ? lastComponent($0) : $0 }
    return ShellLine.text(job.optionWords)
  }
}

/// Which step of a chain a picture is at.
public struct JobStep: Codable, Hashable, Sendable {
  /// From 1.
  public var number: Int
  public var count: Int
  public var task: String

  public init(number: Int, count: Int, task: String) {
    (self.number, self.count, self.task) = (number, count, task)
  }

  /// `step 2 of 3, sr`
  public var text: String { "step \(number) of \(count), \(task)" }
}

extension JobOption {
  /// Whether some of the tasks knows it.
  public func isHeeded(by tasks: [String]) -> Bool { self.tasks.isEmpty || tasks.contains(where: self.tasks.contains) }
}
