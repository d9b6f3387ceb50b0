import Restoration

extension EvaluationBlock {
  /// Puts the means of a set beside published rows, where these may stand beside them.
  /// - Parameters:
  ///   - models: as many as each picture has results of models, in their order.
  ///   - seconds: that each model took for a picture, in the mean.
  package init(
    _ set: TestSet, _ setting: EvaluationSetting, isColour: Bool, isLimited: Bool, models: [EvaluatedModel],
    pictures: [Picture], seconds: [Double]
  ) {
    let kind = setting.isDualPixel ? "dual-pixel" : isColour ? "colour" : "gray"
    let published = PublishedResults.standard
    let standard = published.set(named: set.name)
    var notes: [String] = []
    var quoted: [PublishedResults.Row] = []
    if let standard, setting.isPublished(set.source) {
      if let count = standard.pictureCount, count != set.pictures.count {
        notes.append(
          "the set called \(standard.name) has \(count) pictures, this folder \(set.pictures.count): published rows are left out"
        )
      } else {
        quoted = published.rows(task: setting.task, level: setting.level, kind: kind, set: standard.name)
      }
    }
    if quoted.contains(where: { $0.values["ssim"] != nil }) {
      notes.append("quoted SSIM may be either kind: GRL's own program pads with zeros, most others do not")
    }
    notes += set.notes
    if let noise = setting.measuredNoise {
      notes.append("the pictures' own noise measures \(noise == .photo ? "correlated, as of photographs" : "white")")
    }
    if isLimited { notes.append("a part of the set, so the lead over whole-set rows means little") }

    var rows = [
      Row(
        method: setting.baselineName, origin: .baseline, parameters: nil,
        values: Self.means(pictures.map(\.baseline)), source: "measured")
    ]
    for (place, model) in models.enumerated() {
      rows.append(
        Row(
          method: model.card.name, origin: .model, parameters: model.parameters,
          values: Self.means(pictures.map { $0.models[place] }), source: "measured, file \(model.hash.prefix(12))",
          seconds: seconds[place], gain: Gain(pictures, model: place)))
    }
    rows += quoted.map {
      Row(method: $0.method, origin: .published, parameters: $0.parameters, values: $0.values, source: $0.source)
    }
    self.init(
      setting: setting, set: standard?.name ?? set.name, isColour: isColour, inputSource: set.source,
      pictureCount: set.pictures.count, measuredCount: pictures.count, isLimited: isLimited, rows: rows, notes: notes,
      pictures: pictures)
  }

  /// Means by key; infinite where a picture's value is.
  private static func means(_ values: [[String: Double]]) -> [String: Double] {
    var means: [String: Double] = [:]
    for key in values.first.map({ Array($0.keys) }) ?? [] {
      means[key] = values.reduce(0) { $0 + ($1[key] ?? .nan) } / Double(values.count)
    }
    return means
  }
}
