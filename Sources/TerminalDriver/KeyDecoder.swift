import Workbench

/// Takes apart what a terminal sends: keys, mouse reports, pasted text, answers to questions; in pieces of any size.
///
/// Not ncurses' `wget_wch`: that hands out the bytes of every sequence that the terminal's description does not list. Measured with
/// ncurses 6.4, Ctrl-Left in `screen-256color` arrives as Esc `[` `1` `;` `5` `D`, which would cancel, step a block and change
/// the screen twice; so do Home under a wrong `TERM`, mouse reports in tmux, and every answer of the terminal. Here a sequence is
/// recognised by its form (ECMA-48) and swallowed whole where it means nothing.
public struct KeyDecoder: Sendable {
  /// Strings of keys from the terminal's description; they win over what is built in.
  private let described: [[UInt8]: Key]
  /// Seconds after which an Esc that nothing follows is the Esc key.
  private let escapeDelay: Double
  private var pending: [UInt8] = []
  private var start = 0
  private var pasted: [UInt8]?

  static let pasteLimit = 1 << 20
  /// Seconds that the rest of a control string may take: long while answers of a slow terminal are on their way, whose ends must not
  /// be taken for typed letters.
  var stringPatience = 0.25
  private static let sequenceLimit = 64
  private static let stringLimit = 64 << 10

  public init(described: [[UInt8]: Key] = [:], escapeDelay: Double = 0.025) {
    self.described = described
    self.escapeDelay = escapeDelay
  }

  /// Seconds that `ESCDELAY` (ncurses' variable, in milliseconds, here 1...1000) grants an Esc; 0.025 where it names no number.
  public static func escapeDelay(_ environment: [String: String]) -> Double {
    guard let milliseconds = environment["ESCDELAY"].flatMap({ Double($0) }), !milliseconds.isNaN else { return 0.025 }
    return min(max(milliseconds, 1), 1000) / 1000
  }

  /// Seconds without further bytes after which `expire` must be called; nil where nothing is unfinished.
  public var patience: Double? {
    if pasted != nil { return 2 }
    let rest = pending[start...]
    if rest.isEmpty { return nil }
    if rest.count == 1 && rest.first == 0x1b { return escapeDelay }
    return rest.count > 1 && rest.first == 0x1b && Self.stringKinds.contains(rest[start + 1]) ? stringPatience : 0.25
  }

  /// Takes bytes and returns what is complete.
  public mutating func feed(_ bytes: some Sequence<UInt8>) -> [TerminalInput] {
    pending += bytes
    var inputs: [TerminalInput] = []
    while start < pending.count {
      guard let step = pasted == nil ? step() : pasteStep() else { break }
      start += step.count
      if let input = step.input { inputs.append(input) }
    }
    pending.removeFirst(start)
    start = 0
    return inputs
  }

  /// Nothing came for `patience` seconds: an Esc alone was the key; other beginnings of sequences are dropped.
  public mutating func expire() -> [TerminalInput] {
    defer { pending = [] }
    if let text = pasted {
      pasted = nil
      return [.paste(clean(text + pending))]
    }
    return pending == [0x1b] ? [.key(.escape)] : []
  }

  private typealias Step = (count: Int, input: TerminalInput?)

  /// What stands at `start`; nil while it is not complete.
  private mutating func step() -> Step? {
    let rest = pending[start...]
    let first = rest[start]
    switch first {
    case 0x1b: return escapeStep(rest)
    case 0x20..<0x7f: return (1, .key(.character(Character(Unicode.Scalar(first)))))
    case 0..<0x20, 0x7f: return (1, KeyTable.control(first).map { .key($0) })
    default: return scalarStep(rest)
    }
  }

  private mutating func escapeStep(_ rest: ArraySlice<UInt8>) -> Step? {
    guard rest.count > 1 else { return nil }
    switch rest[start + 1] {
    case UInt8(ascii: "["): return controlSequence(rest)
    case UInt8(ascii: "O"):
      guard rest.count > 2 else { return nil }
      guard (0x40..<0x7f).contains(rest[start + 2]) else { return (2, nil) }
      let bytes = Array(rest.prefix(3))
      return (3, (described[bytes] ?? KeyTable.ss3(bytes[2])).map { .key($0) })
    case let kind where Self.stringKinds.contains(kind): return controlString(rest)
    // Alt and a key, or Esc and soon after it a key: both are taken as two keys.
    default: return (1, .key(.escape))
    }
  }

  /// DCS, OSC, SOS, PM, APC.
  private static let stringKinds = Array("P]X^_".utf8)

  private mutating func controlSequence(_ rest: ArraySlice<UInt8>) -> Step? {
    let body = rest.dropFirst(2)
    // The Linux console's F1...F5: a second bracket and one letter.
    if body.first == UInt8(ascii: "[") {
      return body.count < 2 ? nil : (4, KeyTable.linuxFunction(body[body.startIndex + 1]).map { .key($0) })
    }
    guard let end = body.firstIndex(where: { !(0x20..<0x40).contains($0) }) else {
      return body.count < Self.sequenceLimit ? nil : (rest.count, nil)
    }
    let final = body[end]
    // A control character in the middle: the sequence was broken off.
    guard (0x40..<0x7f).contains(final) else { return (end - start, nil) }
    let count = end - start + 1
    let parameters = body[..<end]
    if parameters.isEmpty && final == UInt8(ascii: "M") {
      guard rest.count >= count + 3 else { return nil }
      return (count + 3, MouseReport.x10(Array(rest[(end + 1)...(end + 3)])).map { .mouse($0) })
    }
    if let key = described[Array(rest.prefix(count))] { return (count, .key(key)) }
    if parameters.first == UInt8(ascii: "<") {
      return (count, MouseReport.sgr(parameters.dropFirst(), final).map { .mouse($0) })
    }
    if let answer = TerminalAnswer(parameters, final) { return (count, .answer(answer)) }
    let numbers = Self.numbers(parameters)
    if final == UInt8(ascii: "~") && numbers == [200] {
      pasted = []
      return (count, nil)
    }
    if final == UInt8(ascii: "t") && numbers.count == 3 && numbers[0] == 6 {
      return (count, .cellSize(width: numbers[2], height: numbers[1]))
    }
    return (count, KeyTable.csi(numbers, final).map { .key($0) })
  }

  private func controlString(_ rest: ArraySlice<UInt8>) -> Step? {
    guard let end = rest.dropFirst(2).firstIndex(where: { $0 == 0x07 || $0 == 0x1b }) else {
      return rest.count < Self.stringLimit ? nil : (rest.count, nil)
    }
    let count = end - start
    let answer = TerminalAnswer(kind: rest[start + 1], rest[(start + 2)..<end]).map { TerminalInput.answer($0) }
    if rest[end] == 0x07 { return (count + 1, answer) }
    guard rest.count > count + 1 else { return nil }
    return rest[end + 1] == UInt8(ascii: "\\") ? (count + 2, answer) : (count, nil)
  }

  private func scalarStep(_ rest: ArraySlice<UInt8>) -> Step? {
    var decoder = UTF8()
    var iterator = rest.prefix(4).makeIterator()
    if case .scalarValue(let scalar) = decoder.decode(&iterator) {
      let isText = !(0x80..<0xa0).contains(scalar.value)
      return (UTF8.width(scalar), isText ? .key(.character(Character(scalar))) : nil)
    }
    // Cut off, or wrong? A cut one consists of a first byte and fewer following bytes than it announces.
    let announced = rest[start] >= 0xf0 ? 4 : rest[start] >= 0xe0 ? 3 : 2
    let isCut =
      (0xc2..<0xf5).contains(rest[start]) && rest.count < announced
      && rest.dropFirst().allSatisfy { 0x80..<0xc0 ~= $0 }
    return isCut ? nil : (1, nil)
  }

  /// Moves bytes to the pasted text up to the mark that ends it.
  private mutating func pasteStep() -> Step? {
    let mark = Array("\u{1b}[201~".utf8)
    let rest = pending[start...]
    var place = start
    while let escape = rest[place...].firstIndex(of: 0x1b) {
      let candidate = rest[escape...].prefix(mark.count)
      if candidate.elementsEqual(mark) {
        let text = clean((pasted ?? []) + rest[..<escape])
        pasted = nil
        return (escape + mark.count - start, .paste(text))
      }
      if mark.starts(with: candidate) {
        keep(rest[..<escape])
        return escape > start ? (escape - start, nil) : nil
      }
      place = escape + 1
    }
    keep(rest)
    return (rest.count, nil)
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    let room = Self.pasteLimit - (pasted?.count ?? 0)
    pasted?.append(contentsOf: bytes.prefix(max(room, 0)))
  }

  /// Pasted text without control characters other than line feeds and tabs.
  private func clean(_ bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    var isAfterReturn = false
    for scalar in String(decoding: bytes.prefix(Self.pasteLimit), as: UTF8.self).unicodeScalars {
      defer { isAfterReturn = scalar == "\r" }
      switch scalar {
      case "\n": if !isAfterReturn { text.append("\n") }
      case "\r": text.append("\n")
      case "\t": text.append("\t")
      default: if scalar.properties.generalCategory != .control { text.append(scalar) }
      }
    }
    return String(text)
  }

  /// `1;5` as numbers; what is left out is 0, what does not fit is large and means nothing.
  private static func numbers(_ parameters: ArraySlice<UInt8>) -> [Int] {
    guard !parameters.isEmpty else { return [] }
    return parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
      digits.isEmpty ? 0 : Int(String(decoding: digits.prefix(9), as: UTF8.self)) ?? .max
    }
  }
}

/// What came from the terminal.
public enum TerminalInput: Hashable, Sendable {
  case key(Key)
  case mouse(MouseEvent)
  case paste(String)
  /// Pixels of a character cell, asked for with `CSI 16 t`.
  case cellSize(width: Int, height: Int)
  case answer(TerminalAnswer)
}
