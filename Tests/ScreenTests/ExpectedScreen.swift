import Foundation
import TestSupport
import Testing

/// Screens as files one can read: `Screens/NAME.txt`. `GRL_RECORD=1 swift test --filter ScreenTests` writes them anew.
enum ExpectedScreen {
  private static let folder = TestData.packageRoot.appending(path: "Tests/ScreenTests/Screens")
  private static let isRecording = ProcessInfo.processInfo.environment["GRL_RECORD"] == "1"

  /// Compares a captured screen with its file after masking; records an issue with both where they differ.
  ///
  /// - Parameter isWritten: false where another test writes the same file.
  static func compare(
    _ text: String, _ name: String, masks: [Mask] = Mask.standard, isWritten: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let masked = masks.reduce(text) { $1.apply(to: $0) }
    let file = folder.appending(path: name + ".txt")
    if isRecording && !isWritten { return }
    if isRecording {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(masked.utf8).write(to: file)
      return
    }
    guard FileManager.default.fileExists(atPath: file.path) else {
      Issue.record("no \(name).txt; GRL_RECORD=1 writes it", sourceLocation: sourceLocation)
      return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    guard expected != masked else { return }
    let (old, new) = (expected.components(separatedBy: "\n"), masked.components(separatedBy: "\n"))
    let differing = (0..<max(old.count, new.count)).filter {
      ($0 < old.count ? old[$0] : "") != ($0 < new.count ? new[$0] : "")
    }
    let lines = differing.prefix(12).map { row in
      "\(row + 1)\n  expected |\(row < old.count ? old[row] : "")|\n  shown    |\(row < new.count ? new[row] : "")|"
    }
    Issue.record(
      "\(name).txt: \(differing.count) rows differ\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
  }
}

/// What differs from run to run or machine to machine, made the same; the width stays, so that the layout is tested.
struct Mask: Sendable {
  private let apply: @Sendable (String) -> String

  func apply(to text: String) -> String { apply(text) }

  /// Every match of `pattern` becomes `#`s.
  init(_ pattern: String) {
    apply = { text in
      guard let expression = try? Regex(pattern) else {
        Issue.record("a mask that is no regular expression: \(pattern)")
        return text
      }
      return text.replacing(expression) { match in String(repeating: "#", count: text[match.range].count) }
    }
  }

  /// Every match of `pattern` becomes `text`: for what stands at the right edge and has no width of its own.
  init(_ pattern: String, as text: String) {
    apply = { whole in
      guard let expression = try? Regex(pattern) else {
        Issue.record("a mask that is no regular expression: \(pattern)")
        return whole
      }
      return whole.replacing(expression, with: text)
    }
  }

  /// Picture cells are the business of the drawing tests, and the last bit of a restored pixel is the processor's: here it counts
  /// where they are. A cell whose halves have one colour is a blank, so pictures become the rectangles around them.
  static let pictures = Mask { text in
    var lines = text.components(separatedBy: "\n").map(Array.init)
    for row in lines.indices { mark(&lines[row]) }
    let rows = lines.indices.filter { lines[$0].contains(picture) }
    var group: [Int] = []
    for (place, row) in rows.enumerated() {
      group.append(row)
      // A row or two of one colour do not end a picture.
      if place + 1 < rows.count && rows[place + 1] - row <= 3 { continue }
      fill(group[0]...row, &lines)
      group = []
    }
    return lines.map { String($0) }.joined(separator: "\n")
  }

  private static let picture: Character = "\u{2592}"

  /// Blocks, and runs of the characters that stand for brightness.
  private static func mark(_ line: inout [Character]) {
    var run = 0
    for place in 0...line.count {
      if place < line.count, "=+*#%@:-.".contains(line[place]) {
        run += 1
        continue
      }
      if run >= 6 { for cell in place - run..<place { line[cell] = picture } }
      run = 0
      guard place < line.count, let scalar = line[place].unicodeScalars.first else { continue }
      if (0x2580...0x259f).contains(scalar.value) { line[place] = picture }
    }
  }

  private static func fill(_ rows: ClosedRange<Int>, _ lines: inout [[Character]]) {
    let columns = rows.flatMap { row in lines[row].indices.filter { lines[row][$0] == picture } }
    guard var left = columns.min(), let right = columns.max() else { return }
    // So is a column of one colour at the edge of the screen.
    if left == 1 { left = 0 }
    for row in rows {
      let missing = right + 1 - lines[row].count
      if missing > 0 { lines[row] += [Character](repeating: " ", count: missing) }
      for column in left...right where lines[row][column] == " " { lines[row][column] = picture }
    }
  }

  private init(_ apply: @escaping @Sendable (String) -> String) { self.apply = apply }

  static let standard: [Mask] = [
    .pictures,
    // The place of the test, and the machine.
    Mask("grl-screen-[0-9A-F]{1,8}"), Mask(#" *(engine )?idle, \d+ cores?"#, as: " idle, N cores"),
    // On the log's screen, which is as wide as the machine's name.
    Mask(#"(?m)^ *Settings .*$"#, as: " Settings ENGINE"), Mask(#"(?m)engine [0-9.]+ on .*$"#, as: "engine V on HOST"),
    // A meter without colours.
    Mask("\u{2592}+[\\d.]+\u{2592}[KMGT]i?B\u{2592}of\u{2592}[\\d.]+\u{2592}[KMGT]i?B\u{2592}+", as: "(meter)"),
    // What the terminal told about itself.
    Mask(#"auto \((256|16|none|truecolor)\) *"#, as: "auto (N) "),
    // Times, speeds and memory; what stands at the right edge without its width.
    Mask(#"\d+:\d\d(:\d\d)?"#), Mask(#" *[\d.]+ M?px/s"#, as: " N Mpx/s"), Mask(#" *\d+(\.\d+)? s\b"#, as: " N s"),
    Mask(#" *\d+ ms\b"#, as: " N s"), Mask(#"[\d.]+ [KMGT]i?B"#), Mask(#"cpu *\d+ %"#, as: "cpu N %"),
    Mask(#"\d{4}-\d\d-\d\d"#),
    // In the table of models.
    Mask(#"(denoise|tiny|kB) +\d\.\d{3}\b"#),
  ]
}
