import Foundation
import TestSupport
import Testing

/// `Docs/events.schema.json` held against a value: as much of JSON Schema as that file uses, and an error for what it does not know.
struct EventSchema {
  private let root: [String: Any]

  init() throws {
    let file = TestData.packageRoot.appending(path: "Docs/events.schema.json")
    root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  /// The events that a verb printed, each held against the schema.
  func events(_ lines: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> [[String: Any]] {
    try lines.map { line in
      let event = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], sourceLocation: sourceLocation)
      let faults = faults(event, root, "")
      #expect(faults.isEmpty, "\(faults.joined(separator: "; ")) in \(line)", sourceLocation: sourceLocation)
      return event
    }
  }

  /// What is wrong with one value; empty where nothing is.
  func faults(_ value: Any) -> [String] { faults(value, root, "") }

  private func faults(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    var found: [String] = []
    for (word, rule) in schema {
      switch (word, rule) {
      case ("$schema", _), ("title", _), ("description", _), ("$defs", _): break
      case ("$ref", let name as String):
        let definitions = root["$defs"] as? [String: Any]
        guard let target = definitions?[String(name.dropFirst("#/$defs/".count))] as? [String: Any] else {
          found.append("\(place): no definition \(name)")
          continue
        }
        found += faults(value, target, place)
      case ("oneOf", let choices as [[String: Any]]):
        let all = choices.map { faults(value, $0, place) }
        let fitting = all.count { $0.isEmpty }
        // Which one was meant: the one with the fewest faults.
        if fitting != 1 {
          found.append("\(place): \(fitting) of \(all.count) fit; \(all.min { $0.count < $1.count } ?? [])")
        }
      case ("anyOf", let choices as [[String: Any]]):
        if !choices.contains(where: { faults(value, $0, place).isEmpty }) { found.append("\(place): none fits") }
      case ("const", _): if !Self.areEqual(value, rule) { found.append("\(place): \(value) is not \(rule)") }
      case ("enum", let values as [Any]):
        if !values.contains(where: { Self.areEqual(value, $0) }) {
          found.append("\(place): \(value) is none of \(values)")
        }
      case ("type", let name as String):
        if !Self.isOfType(value, name) { found.append("\(place): \(value) is not of type \(name)") }
      case ("minimum", let least as NSNumber):
        if let number = value as? NSNumber, number.doubleValue < least.doubleValue {
          found.append("\(place): \(number) is below \(least)")
        }
      case ("maximum", let most as NSNumber):
        if let number = value as? NSNumber, number.doubleValue > most.doubleValue {
          found.append("\(place): \(number) is above \(most)")
        }
      case ("pattern", let pattern as String):
        if let text = value as? String, text.range(of: pattern, options: .regularExpression) == nil {
          found.append("\(place): '\(text)' does not match \(pattern)")
        }
      case ("required", let keys as [String]):
        let object = value as? [String: Any] ?? [:]
        found += keys.filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
      case ("properties", let rules as [String: [String: Any]]):
        let object = value as? [String: Any] ?? [:]
        for (key, item) in object {
          // Keys may be added later, but the schema has those there are today.
          guard let rule = rules[key] else {
            found.append("\(place): \(key) is not described")
            continue
          }
          found += faults(item, rule, place + "/" + key)
        }
      case ("items", let rule as [String: Any]):
        for item in value as? [Any] ?? [] { found += faults(item, rule, place + "[]") }
      default: found.append("\(place): this test does not know '\(word)'")
      }
    }
    return found
  }

  private static func areEqual(_ a: Any, _ b: Any) -> Bool { (a as? NSObject) == (b as? NSObject) }

  private static func isOfType(_ value: Any, _ name: String) -> Bool {
    let number = value as? NSNumber
    let isBoolean = number.map { String(cString: $0.objCType) == "c" } ?? false
    return switch name {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "boolean": isBoolean
    case "number": number != nil && !isBoolean
    case "integer": number.map { !isBoolean && $0.doubleValue == $0.doubleValue.rounded() } ?? false
    default: false
    }
  }
}
