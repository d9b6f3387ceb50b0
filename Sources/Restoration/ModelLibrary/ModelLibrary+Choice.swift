import Base
import Foundation
import GRLModel
import Imaging

extension ModelLibrary {
  /// The model that fits task, parameters and picture best.
  ///
  /// - A colour picture (by its layout: RGB counts as colour even if all its channels are equal) needs a colour model. A gray
  ///   one takes a gray model, or a colour model where there is no gray one. Demosaicking and enlarging know colour models only.
  /// - A kind of noise that was named must be the model's. One that was measured comes first: correlated noise wants a model
  ///   made for it, and takes another where there is none.
  /// - A style that was named must be the model's; where none was, faithful ones come first.
  /// - With a level (`sigma`, `quality`) the model must know it; one made for just that level comes first, then the narrowest
  ///   range. Without a level the model must be blind: made for a range, the widest first.
  /// - Then the variant that is worth its time (`isWorth`), then the folder searched first.
  /// - Throws: `noFittingModel` with what was wanted and what is there for the task.
  public func best(
    for request: RestorationRequest, picture: PictureShape, variant: ModelVariant? = nil
  ) throws(RestorationError) -> ModelCard {
    try request.validate()
    let cards = list().cards
    let pixels = picture.width * picture.height
    guard let best = Self.best(of: cards, for: request, layout: picture.layout, variant: variant, pixels: pixels) else {
      let related = cards.filter { $0.task == request.task }.map { "\($0.name) (\($0.summary))" }
      throw .noFittingModel(wanted: Self.text(request, picture.layout, variant), available: related)
    }
    return best
  }

  /// The choice of `best`, among `cards` in the order in which they were found.
  ///
  /// - Parameter pixels: of the picture.
  package static func best(
    of cards: [ModelCard], for request: RestorationRequest, layout: Image.Layout, variant: ModelVariant? = nil,
    pixels: Int = 0
  ) -> ModelCard? {
    let variants = variants(of: cards, for: request, layout: layout, variant: variant)
    guard pixels > fewPixels else { return variants.last }
    return variants.dropFirst().reduce(variants.first) { best, larger in
      best.map { isWorth(larger, more: $0) ? larger : $0 }
    }
  }

  /// Pictures of so many pixels, such as those of the field's test sets, take seconds by any variant: the largest is taken.
  package static let fewPixels = 512 * 512
  /// Gain in PSNR, in dB, that each doubling of the arithmetic has to bring on larger pictures.
  private static let worth = 0.15

  /// Whether the mean gain of `larger` over the test sets that both models' files tell is worth its arithmetic, which goes with the number
  /// of parameters. Where they have no set in common nobody can tell, and the larger network is taken.
  static func isWorth(_ larger: ModelCard, more smaller: ModelCard) -> Bool {
    guard let gain = larger.gain(over: smaller) else { return true }
    return gain >= worth * max(0, log2(larger.parameterCount / smaller.parameterCount))
  }

  /// The models that differ from `card` in their size alone, as far as both tell their results on a test set: what could be taken in its place.
  package static func alternatives(
    to card: ModelCard, of cards: [ModelCard], for request: RestorationRequest, layout: Image.Layout
  ) -> [(card: ModelCard, gain: Double)] {
    variants(of: cards, for: request, layout: layout, variant: nil).compactMap { other in
      guard other != card, let gain = other.gain(over: card) else { return nil }
      return (other, gain)
    }
  }

  /// The models that fit best and differ in size alone, the smallest first, of each size the one that was found first.
  private static func variants(
    of cards: [ModelCard], for request: RestorationRequest, layout: Image.Layout, variant: ModelVariant?
  ) -> [ModelCard] {
    let fitting = cards.filter { card in
      card.task == request.task && card.isDualPixel == request.isDualPixel
        && card.scale == request.outputScale && (variant == nil || card.variant == variant)
        && (card.isGray ? !layout.isColour && request.task != .demosaic : true)
        && knowsLevel(card, request) && (request.noise == nil || suits(card, request))
        && (request.style == nil || card.style == request.style)
    }
    let ranks = fitting.map { rank($0, request, layout) }
    guard let best = ranks.min(by: { $0.lexicographicallyPrecedes($1) }) else { return [] }
    var found: [ModelCard] = []
    for (card, rank) in zip(fitting, ranks) where rank == best && !found.contains(where: { $0.variant == card.variant })
    {
      found.append(card)
    }
    return found.sorted { $0.size < $1.size }
  }

  /// Smaller is better, earlier numbers count first.
  private static func rank(_ card: ModelCard, _ request: RestorationRequest, _ layout: Image.Layout) -> [Double] {
    let suits = !layout.isColour && request.task.hasGrayModels && !card.isGray ? 1.0 : 0
    let style = card.style == .sharp && request.style == nil ? 1.0 : 0
    return [suits, self.suits(card, request) ? 0 : 1, style, levelRank(card, request)]
  }

  /// Whether a denoiser is for the kind of noise that is wanted; other tasks know no kinds.
  private static func suits(_ card: ModelCard, _ request: RestorationRequest) -> Bool {
    request.task != .denoise || (card.noise ?? .gaussian) == request.wantedNoise
  }

  private static func levels(_ card: ModelCard) -> ClosedRange<Double>? { card.sigmas ?? card.qualities }

  private static func knowsLevel(_ card: ModelCard, _ request: RestorationRequest) -> Bool {
    if card.takesLevelMap && request.level == nil { return false }
    guard let levels = levels(card) else { return true }
    guard let level = request.level else { return levels.lowerBound < levels.upperBound }
    return levels.contains(level)
  }

  /// Width of the range of levels where one is asked for, its negative where none is; models that do not say come last.
  private static func levelRank(_ card: ModelCard, _ request: RestorationRequest) -> Double {
    guard request.task == .denoise || request.task == .jpeg else { return 0 }
    if card.takesLevelMap { return 0 }  // It is told the level, so it is made for just that one.
    guard let levels = levels(card) else { return .infinity }
    let width = levels.upperBound - levels.lowerBound
    return request.level == nil ? -width : width
  }

  /// `sr x4 of a gray picture, variant small`
  private static func text(_ request: RestorationRequest, _ layout: Image.Layout, _ variant: ModelVariant?) -> String {
    var text = request.task.rawValue
    if request.outputScale > 1 { text += " x\(request.outputScale)" }
    if let sigma = request.sigma { text += " sigma \(sigma.shortText)" }
    if let noise = request.noise { text += " of \(noise.rawValue) noise" }
    if let style = request.style { text += ", style \(style.rawValue)" }
    if let quality = request.quality { text += " quality \(quality)" }
    text +=
      request.isDualPixel ? " of a dual-pixel picture" : layout.isColour ? " of a colour picture" : " of a gray picture"
    if let variant { text += ", variant \(variant.rawValue)" }
    return text
  }
}

extension RestorationRequest {
  /// The strength of the damage that is asked for, if any.
  fileprivate var level: Double? { sigma ?? quality.map(Double.init) }

  /// Enlargement of the output: 1 for tasks that keep the size.
  fileprivate var outputScale: Int { scale ?? (task == .realSuperResolution ? 4 : 1) }
}

extension ModelCard {
  /// In the order of the variants; a network of another size comes first.
  fileprivate var size: Int {
    switch variant {
    case nil: 0
    case .tiny: 1
    case .small: 2
    case .base: 3
    }
  }

  fileprivate var parameterCount: Double {
    Double(GRL.parameters(of: configuration).reduce(0) { $0 + $1.shape.reduce(1, *) })
  }

  /// Mean difference of PSNR in dB on the test sets and levels that both files tell; nil where they have none in common.
  package func gain(over other: ModelCard) -> Double? {
    let pairs = results.compactMap { own in other.results.first { $0.key == own.key }.map { own.psnr - $0.psnr } }
    return pairs.isEmpty ? nil : pairs.reduce(0, +) / Double(pairs.count)
  }

  /// `denoise, colour, sigma 0 to 55, tiny`
  public var summary: String {
    var parts = [task.rawValue + (scale > 1 ? " x\(scale)" : ""), colourText]
    if let sigmas { parts.append("sigma \(sigmas.text)") }
    if noise == .photo { parts.append("photo noise") }
    if let style, style != .faithful { parts.append(style.rawValue) }
    if let qualities { parts.append("quality \(qualities.text)") }
    if takesLevelMap { parts.append("level given") }
    if let variant { parts.append(variant.rawValue) }
    if experimental != nil { parts.append("experimental") }
    return parts.joined(separator: ", ")
  }
}
