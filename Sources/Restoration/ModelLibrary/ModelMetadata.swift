import Base
import Checkpoints

/// The metadata of our model files: texts, some of them JSON. Nothing in it decides what is computed, but what contradicts the
/// network is refused: ``check(against:)``.
package struct ModelMetadata {
  let texts: [String: String]

  package init(_ texts: [String: String]) { self.texts = texts }

  /// The strengths of damage, a single one or a pair, that the `degradation` entry names `key`.
  package func range(_ key: String) -> ClosedRange<Double>? {
    guard case .object(let degradation)? = json("degradation") else { return nil }
    switch degradation[key] {
    case .array(let ends):
      let numbers = ends.compactMap(\.asNumber)
      guard numbers.count == 2, ends.count == 2, numbers[0] <= numbers[1] else { return nil }
      return numbers[0]...numbers[1]
    case let value?: return value.asNumber.map { $0...$0 }
    case nil: return nil
    }
  }

  /// What the `degradation` entry calls the damage: `noise`, `photo`, `jpeg` ...
  package var damageKind: String? {
    guard case .object(let degradation)? = json("degradation"), case .string(let kind)? = degradation["kind"] else {
      return nil
    }
    return kind
  }

  /// What a `real-sr` model is after, as the `degradation` entry has it; nil where it does not say.
  package var style: EnlargementStyle? {
    guard case .object(let degradation)? = json("degradation"), case .string(let style)? = degradation["style"] else {
      return nil
    }
    return EnlargementStyle(rawValue: style)
  }

  /// The end of the range of the `degradation` entry `length` or `radius`.
  package var largestBlur: Double? { range("length")?.upperBound ?? range("radius")?.upperBound }

  /// What the file tells of itself, a line each.
  package var facts: [ModelCard.Fact] {
    let lines: [(String, String?)] = [
      ("title", texts["title"]), ("experimental", texts["experimental"]), ("style", style?.rawValue),
      ("origin", texts["origin"]),
      ("training", training), ("data", data),
      ("quality", quality), ("licence", texts["licence"]), ("imported from", texts["imported_from"]),
      ("weights", texts["weight_set"]), ("settings", texts["configuration_sources"]),
    ]
    return lines.compactMap { name, text in text.map { ModelCard.Fact(name: name, text: $0) } }
  }

  /// `4620 iterations, 36960 patches in 59.6 minutes`
  private var training: String? {
    guard case .object(let record)? = json("training") else { return nil }
    var parts: [String] = []
    if let iterations = record["iterations"]?.asNumber { parts.append("\(iterations.shortText) iterations") }
    if let samples = record["samples"]?.asNumber { parts.append("\(samples.shortText) patches") }
    if let minutes = record["minutes"]?.asNumber { parts.append("\(minutes.shortText) minutes") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var data: String? {
    guard case .object(let record)? = json("data") else { return nil }
    var parts: [String] = []
    if let photos = record["photos"]?.asNumber { parts.append("\(photos.shortText) photographs") }
    if case .string(let note)? = record["note"] { parts.append(note) }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// The results on test sets: the entry `psnr` and, of the unrestored inputs, `psnr_input`, both by `SET/LEVEL`.
  package var results: [ModelCard.TestResult] {
    guard case .object(let results)? = json("psnr") else { return [] }
    var inputs: [String: JSON] = [:]
    if case .object(let known)? = json("psnr_input") { inputs = known }
    return results.compactMap { key, value in
      value.asNumber.map { .init(key: key, psnr: $0, inputPSNR: inputs[key]?.asNumber) }
    }.sorted { ($0.set, $0.level ?? 0, $0.levelText) < ($1.set, $1.level ?? 0, $1.levelText) }
  }

  /// `the file claims PSNR CBSD68/25 30.10 dB (input 20.53), ...`
  private var quality: String? {
    guard texts["psnr"] != nil else { return nil }
    let lines = results.map { result in
      "\(result.key) \(result.psnr.fixed(2)) dB" + (result.inputPSNR.map { " (input \($0.fixed(2)))" } ?? "")
    }
    return lines.isEmpty ? "not measured on a test set" : "the file claims PSNR " + lines.joined(separator: ", ")
  }

  /// The value of an entry that holds JSON; nil where it is missing or something else.
  func json(_ key: String) -> JSON? {
    guard let text = texts[key] else { return nil }
    do { return try JSON.parse(Array(text.utf8)) } catch { return nil }
  }
}

extension JSON {
  var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
