import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import GRLModel
import Imaging
import Reports
import Restoration
import Tensors

/// One run of `grl attention`: forward passes as far as they are needed, then results.
struct Inspection {
  let order: Attention
  let picture: InspectedPicture
  let console: Console
  let place: BlockPlace
  let terms: ScoreTerms

  var name: String { order.name }
  /// Kinds that are asked here have a query.
  private var at: QueryPoint {
    order.at ?? QueryPoint(x: picture.image.width / 2, y: picture.image.height / 2)
  }
  var model: String { picture.restorer.model.card.name }

  init(_ order: Attention, _ picture: InspectedPicture, _ console: Console) {
    (self.order, self.picture, self.console) = (order, picture, console)
    let depths = picture.configuration.depths
    let stage = order.stage ?? depths.count - 1
    let last = depths.indices.contains(stage) ? depths[stage] - 1 : 0
    place = BlockPlace(stage: stage, block: order.block ?? last)
    terms = ScoreTerms(hasBias: !order.noBias, hasTemperature: !order.noTemperature)
  }

  func run(_ results: [AttentionResult]) throws {
    if let path = order.report {
      try write(report(), to: AttentionResult(path, .stripe, mayReplace: order.overwrite))
      return console.endProgress()
    }
    let needsReport = results.contains { $0.format == .md || $0.format == .html }
    let answer = try answer()
    for result in results where result.format != .md && result.format != .html { try write(answer, to: result) }
    if needsReport {
      let report = try report()
      for result in results where result.format == .md || result.format == .html { try write(report, to: result) }
    }
    console.endProgress()
    if order.json {
      console.result(jsonLine(record(answer)))
    } else if results.isEmpty {
      answer.lines(of: name).forEach { console.result($0.printable) }
    }
  }

  private var look: HeatLook { HeatLook(order.background, scaling: order.scaling, isAlone: order.alone) }

  private func record(_ answer: AttentionAnswer) -> AttentionRecord {
    answer.record(picture: order.image, model: model, width: picture.image.width, height: picture.image.height)
  }

  /// Everything about the query: two forward passes, or three with the picture at half scale.
  private func report() throws -> PictureReport {
    let overview = try overview()
    let factors = try rows(
      of: [place],
      [AttentionKind.window, .stripe, .anchors, .gather].map {
        AttentionQuestion($0, head: order.head.index, terms: terms)
      }
    ).rows[0]
    let shown = picture.source.shown
    let hasScales = order.wanted.task != "demosaic" || shown.layout.isColour && picture.image.layout.isColour
    let pair = hasScales ? try scalePair(.stripe, place, order.head.index) : nil
    return PictureReport(
      of: shown, name: name, model: model, task: order.wanted.task, x: at.x, y: at.y, factors: factors,
      overview: overview, pair: pair, claims: order.report == nil ? [] : try claims(), look)
  }

  /// The paper's claims; what cannot be asked of this picture or model is left out with the reason.
  private func claims() throws -> [PictureReport.Claim] {
    let questions: [(claim: String, kind: AnalysisKind)] = [
      ("Pixels resemble pixels of the smaller picture", .crossScale),
      ("What is similar lies along stripes, not in squares", .maps), ("A few anchors are enough", .spectrum),
      ("Global, regional and local parts all count: what changes without each head", .heads),
    ]
    return try questions.map { claim, kind in
      var asked = AnalysisOrder(kind, x: at.x, y: at.y, stage: place.stage, block: place.block)
      (asked.head, asked.reference, asked.span) = (kind == .heads ? nil : order.head.index, order.reference, order.span)
      do throws(JobError) {
        return .init(claim, .success(try PictureAnalysis(asked, picture, PictureAnalysis.Watch(order, console)).run()))
      } catch {
        if case .cancelled = error { throw error }
        return .init(claim, .failure(error))
      }
    }
  }

  private func write(_ report: PictureReport, to result: AttentionResult) throws {
    if result.format == .html { return try result.write(report.html) }
    let folder = result.path + "_files"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for figure in report.figures {
      try Interruption.holdingOff {
        _ = try ImageFile.write(figure.drawing.image, to: "\(folder)/\(figure.name).png", format: .png)
      }
    }
    try result.write(report.markdown(figuresIn: lastComponent(folder)))
  }

  /// What the chosen kind shows.
  private func answer() throws -> AttentionAnswer {
    if let kind = order.kind.rows {
      let rows = try rows(of: [place], [AttentionQuestion(kind, head: order.head.index, terms: terms)])
      return .row(rows.rows[0][0])
    }
    switch order.kind {
    case .scales: return .scales(try scalePair(.stripe, place, order.head.index))
    case .reach: return .reach(try overview())
    case .channels:
      guard picture.configuration.hasChannelAttention else {
        throw Failure(.usage, "model \(model) has no channel attention; only GRL-B has")
      }
      return .channels(try rows(of: Set(picture.configuration.blocks), []).channelWeights)
    default: return .overview(try overview())
    }
  }

  /// All heads of all blocks, windows and stripes: `[block][head]`, windows first.
  func overview() throws -> [[AttentionRow]] {
    let configuration = picture.configuration
    let questions = [AttentionKind.window, .stripe].flatMap { kind in
      (0..<configuration.heads(kind)).map { AttentionQuestion(kind, head: $0, terms: terms) }
    }
    return try rows(of: Set(configuration.blocks), questions).rows
  }

  func rows(
    of blocks: Set<BlockPlace>, _ questions: [AttentionQuestion]
  ) throws -> (rows: [[AttentionRow]], channelWeights: [BlockPlace: [Float]], tile: Rectangle) {
    try picture.rows(
      x: at.x, y: at.y, blocks: blocks, questions, isCancelled: { Interruption.isRequested },
      onBlock: { done, count in
        console.progress(order.image, done: Double(done) / Double(count), detail: "block \(done) of \(count)")
      })
  }

  /// The same query on the picture and on the picture at half scale.
  func scalePair(_ kind: AttentionKind, _ place: BlockPlace, _ head: Int?) throws -> ScalePair {
    if order.wanted.task == "demosaic" && !picture.image.layout.isColour {
      throw Failure(.usage, "\(name): a mosaic cannot be shown at half scale; give the colour picture it was made from")
    }
    let question = AttentionQuestion(kind, head: head, terms: terms)
    let full = try rows(of: [place], [question]).rows[0][0]
    let half = try picture.halved()
    let (x, y) = (min(at.x / 2, half.image.width - 1), min(at.y / 2, half.image.height - 1))
    let small = try half.rows(
      x: x, y: y, blocks: [place], [question], isCancelled: { Interruption.isRequested })
    return ScalePair(full: full, half: small.rows[0][0], picture: picture.source.shown, smaller: half.source.shown)
  }

  private func write(_ answer: AttentionAnswer, to result: AttentionResult) throws {
    switch result.format {
    case .png, .svg:
      guard let drawing = answer.drawing(over: picture.source.shown, title: name, look) else {
        throw Failure(.usage, "\(result.path.printable): \(order.kind.rawValue) is no picture; give .json or .csv")
      }
      if result.format == .svg { try result.write(drawing.svg(name)) } else { try result.write(drawing.image) }
    case .npy: if case .row(let row) = answer { try result.write(NumPyFile.bytes(row)) }
    case .json: try result.write(jsonLine(record(answer)) + "\n")
    case .csv: try result.write(answer.csv)
    case .md, .html: break
    }
  }
}
