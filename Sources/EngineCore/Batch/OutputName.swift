import Base
import EngineWire
import Imaging

/// The rule that names results: `{stem}_{task}.{ext}` with the words in braces filled in for each picture.
package struct OutputName: Sendable {
  package static let standard = JobOption.standardName

  private enum Part: Sendable {
    case text(String)
    case stem, input, fileExtension
  }
  private let parts: [Part]

  private let ending: String

  /// - Parameters:
  ///   - values: the other words that may stand in braces, the same for all pictures (`task`, `scale`, `model`).
  ///   - format: what `{ext}` stands for, PNG without one; given, the name may end as it likes.
  package init(
    _ template: String, values: [String: String], format: ImageFile.Format? = nil
  ) throws(JobError) {
    ending = (format ?? .png).extensions[0]
    var parts: [Part] = []
    var rest = Substring(template)
    while let open = rest.firstIndex(of: "{") {
      parts.append(.text(String(rest[..<open])))
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw .nameRule(template: template, fault: "a '{' without '}'; write for example '\(Self.standard)'")
      }
      let word = String(rest[rest.index(after: open)..<close])
      switch word {
      case "stem": parts.append(.stem)
      case "input": parts.append(.input)
      case "ext": parts.append(.fileExtension)
      default:
        guard let value = values[word] else {
          let known = (["stem", "input", "ext"] + values.keys.sorted()).map { "{\($0)}" }.joined(separator: " ")
          // The model is chosen picture by picture, behind the names, unless it is named.
          let advice = ["model", "variant"].contains(word) ? "; with --\(word) it is" : ""
          throw .nameRule(template: template, fault: "{\(word)} is not known here; known are \(known)\(advice)")
        }
        parts.append(.text(value))
      }
      rest = rest[rest.index(after: close)...]
    }
    parts.append(.text(String(rest)))
    self.parts = parts
    let example = name(for: "picture.png")
    guard !example.contains("/") else {
      throw .nameRule(template: template, fault: "a name must not hold '/'; choose the folder with --output-dir")
    }
    if format == nil { _ = try pictureFormat(of: example) }
  }

  /// The result's name for the input at `path`. `{ext}` does not follow the input's: nothing is lost twice.
  package func name(for path: String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .stem: path == "-" ? "stdin" : fileStem(path)
      case .input: path == "-" ? "stdin" : lastComponent(path)
      case .fileExtension: ending
      }
    }.joined()
  }
}

/// The format that a file name asks for by its ending.
///
/// - Throws: `formatUnknown`; `badRequest` where this build does not write it.
package func pictureFormat(of path: String) throws(JobError) -> ImageFile.Format {
  guard let format = ImageFile.Format(path: path) else { throw .formatUnknown(path: path) }
  if let reason = format.reasonAgainstWriting { throw .badRequest("\(path): \(reason)") }
  return format
}
