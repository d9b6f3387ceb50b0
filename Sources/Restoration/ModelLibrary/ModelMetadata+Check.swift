import Base
import Checkpoints
import GRLModel

extension ModelMetadata {
  /// Holds what a file says of its network against the network, as far as it says anything.
  ///
  /// Other values would give a picture of wrong colours or brightness from a network that looks sound: what the network does
  /// with its input is fixed, so a file that says something else is for another program or was mixed up.
  /// - Throws: the field, `normalisation.subtract` or the like, with what it says and what would be right.
  package func check(against resolved: ResolvedConfiguration) throws(ConfigurationFault) {
    try checkText("format", "grl")
    if let text = texts["task"] {
      guard let task = PublishedSettings.Task(rawValue: text) else {
        throw wrong("task", text, PublishedSettings.Task.allCases.map(\.rawValue).joined(separator: ", "))
      }
      try checkTask(task, resolved.configuration)
    }
    try checkVariant(resolved.configuration)
    try checkText("scale", "\(resolved.configuration.upscale)")
    try checkNormalisation(resolved.configuration)
    try checkColour(resolved.configuration)
    if let task = resolved.task { try checkDegradation(task) }
  }

  // MARK: - Fields

  /// The task's pictures have this size and these channels.
  private func checkTask(
    _ task: PublishedSettings.Task, _ configuration: GRLConfiguration
  ) throws(ConfigurationFault) {
    func refuse(_ allowed: String) -> ConfigurationFault { wrong("task", task.rawValue, allowed) }
    let scales: ClosedRange<Int> =
      switch task {
      case .superResolution: 2...4
      case .blindSuperResolution: 4...4
      default: 1...1
      }
    guard scales.contains(configuration.upscale) else {
      throw refuse("what fits a network that enlarges x\(configuration.upscale)")
    }
    guard (task == .dualPixelDefocusDeblur) == (configuration.inputChannels == 6) else {
      throw refuse("what fits a network of \(configuration.inputChannels) input channels")
    }
  }

  /// Sizes that were not published may have any name.
  private func checkVariant(_ configuration: GRLConfiguration) throws(ConfigurationFault) {
    guard let text = texts["variant"] else { return }
    let all = PublishedSettings.Variant.allCases
    guard let variant = PublishedSettings.Variant(rawValue: text) else {
      throw wrong("variant", text, all.map(\.rawValue).joined(separator: ", "))
    }
    if let shown = all.first(where: { $0.fits(configuration) }), shown != variant {
      throw wrong("variant", text, "\(shown.rawValue) for a network of this size")
    }
  }

  private func checkNormalisation(_ configuration: GRLConfiguration) throws(ConfigurationFault) {
    guard let fields = try object("normalisation") else { return }
    try check(fields, "normalisation.input_range", as: [0, 1])
    try check(fields, "normalisation.img_range", as: [Double(configuration.imageRange)])
    let mean = configuration.subtractedMean.map(Double.init)
    if mean.allSatisfy({ $0 == 0 }) {
      // One zero, or one for each channel.
      let zeros = [Double](repeating: 0, count: numbers(fields["subtract"])?.count ?? 1)
      try check(fields, "normalisation.subtract", as: zeros)
    } else {
      try check(fields, "normalisation.subtract", as: mean)
    }
    if let inside = fields["inside_network"], inside != .bool(true) {
      throw wrong("normalisation.inside_network", "\(inside.text)", "true")
    }
  }

  private func checkColour(_ configuration: GRLConfiguration) throws(ConfigurationFault) {
    guard let fields = try object("colour") else { return }
    try check(fields, "colour.channels_in", as: [Double(configuration.inputChannels)])
    try check(fields, "colour.channels_out", as: [Double(configuration.outputChannels)])
    let isGray = configuration.outputChannels == 1
    for (name, allowed) in [("order", isGray ? "Y" : "RGB"), ("space", isGray ? "luma BT.601" : "sRGB")] {
      if let found = fields[name], found != .string(allowed) { throw wrong("colour.\(name)", found.text, allowed) }
    }
  }

  /// Kinds of damage by the task that undoes them, and the strengths that they have.
  private func checkDegradation(_ task: PublishedSettings.Task) throws(ConfigurationFault) {
    guard let fields = try object("degradation") else { return }
    let kinds: [String]
    var strengths: [String: ClosedRange<Double>] = [:]
    switch task {
    case .denoise: (kinds, strengths) = (["noise", "photo"], ["sigma": Degradation.Limits.sigma])
    case .jpeg: (kinds, strengths) = (["jpeg"], ["quality": Degradation.Limits.quality])
    case .superResolution: kinds = ["sr"]
    case .blindSuperResolution: kinds = ["real"]
    case .demosaic: kinds = ["dm"]
    case .motionDeblur: (kinds, strengths) = (["motion"], ["length": Degradation.Limits.motionLength])
    case .defocusDeblur, .dualPixelDefocusDeblur:
      (kinds, strengths) = (["defocus"], ["radius": Degradation.Limits.defocusRadius])
    }
    if let kind = fields["kind"], !kinds.contains(where: { kind == .string($0) }) {
      throw wrong("degradation.kind", kind.text, kinds.joined(separator: " or ") + " for task \(task)")
    }
    for name in ["sigma", "quality", "length", "radius"] {
      guard let found = fields[name] else { continue }
      guard let range = strengths[name] else {
        throw wrong("degradation.\(name)", found.text, "nothing for task \(task)")
      }
      guard let ends = numbers(found), ends.count <= 2, let least = ends.first, let most = ends.last, least <= most,
        range.contains(least), range.contains(most), most > 0
      else {
        throw wrong(
          "degradation.\(name)", found.text,
          "one number or two in order, \(range.lowerBound.shortText) to \(range.upperBound.shortText), not only 0")
      }
    }
    if let dual = fields["dual"], dual != .bool(task == .dualPixelDefocusDeblur) {
      throw wrong("degradation.dual", dual.text, "\(task == .dualPixelDefocusDeblur) for task \(task)")
    }
  }

  // MARK: - Values

  /// The members of entry `key`; nil where it is missing.
  private func object(_ key: String) throws(ConfigurationFault) -> [String: JSON]? {
    guard let text = texts[key] else { return nil }
    guard case .object(let members)? = json(key) else { throw wrong(key, text, "a JSON object") }
    return members
  }

  private func numbers(_ value: JSON?) -> [Double]? {
    if case .array(let elements)? = value {
      let numbers = elements.compactMap(\.asNumber)
      return numbers.count == elements.count ? numbers : nil
    }
    return value?.asNumber.map { [$0] }
  }

  private func checkText(_ key: String, _ allowed: String) throws(ConfigurationFault) {
    if let found = texts[key], found != allowed { throw wrong(key, found, allowed) }
  }

  /// Numbers are those that a file of float32 values can hold.
  private func check(
    _ fields: [String: JSON], _ name: String, as allowed: [Double]
  ) throws(ConfigurationFault) {
    let key = String(name.drop { $0 != "." }.dropFirst())
    guard let value = fields[key] else { return }
    if let found = numbers(value), found.count == allowed.count,
      zip(found, allowed).allSatisfy({ abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
    {
      return
    }
    let texts = allowed.map { Double(Float($0)) == $0 ? $0.shortText : "\(Float($0))" }
    throw wrong(name, value.text, texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
  }

  private func wrong(_ key: String, _ found: String, _ allowed: String) -> ConfigurationFault {
    .wrongValue(key: key, found: found.count > 80 ? "\(found.prefix(80))..." : found, allowed: allowed)
  }
}

extension JSON {
  /// For messages.
  fileprivate var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array(let elements): "[" + elements.prefix(8).map(\.text).joined(separator: ", ") + "]"
    case .object: "an object"
    }
  }
}
