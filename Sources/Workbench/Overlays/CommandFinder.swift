/// A list of commands that typing makes shorter, and Enter runs the chosen one of: the help of a screen and the command palette.
struct CommandFinder: Sendable {
  /// A command and where it can be done; nil is everywhere.
  struct Offer: Hashable, Sendable {
    let command: Command
    let screen: ScreenID?
    /// What the command is given, where the offer stands for one of its values: `sr` for the task.
    var argument: String?
    /// What it does, in the offer's own words.
    var title: String?

    /// As it is typed: `task sr`.
    var name: String { argument.map { "\(command.name) \($0)" } ?? command.name }
  }

  enum Kind: Hashable, Sendable { case help, palette }

  let kind: Kind
  let title: String
  let offers: [Offer]
  private(set) var line = LineEditor()
  /// Offers that what is typed leaves, best first.
  private(set) var found: [Offer]
  private(set) var choice = 0

  init(_ kind: Kind, title: String, offers: [Offer]) {
    self.kind = kind
    self.title = title
    self.offers = offers
    found = offers
  }

  var chosen: Offer? { found.indices.contains(choice) ? found[choice] : nil }

  /// What stands behind a whole command name: `sr` of `task sr`.
  var argument: String {
    guard kind == .palette, let offer = named else { return chosen?.argument ?? "" }
    return String(line.text.dropFirst(offer.command.name.count)).trimmed
  }

  /// The offer whose name is typed in full, with a blank behind it.
  private var named: Offer? {
    guard let end = line.text.firstIndex(of: " ") else { return nil }
    let name = line.text[..<end]
    // A value that the palette lists is an offer of its own.
    guard !offers.contains(where: { $0.argument != nil && $0.name.lowercased().hasPrefix(line.text.lowercased()) })
    else {
      return nil
    }
    return offers.first { $0.command.name == name && $0.argument == nil }
  }

  mutating func move(by count: Int) { choice = min(max(0, choice + count), max(0, found.count - 1)) }

  mutating func handle(_ key: Key) -> Bool {
    guard line.handle(key) else { return false }
    filter()
    return true
  }

  mutating func insert(_ text: String) {
    line.insert(text)
    filter()
  }

  /// Puts the chosen command's name into the line, so that an argument can follow.
  mutating func complete() {
    guard kind == .palette, let chosen, chosen.argument == nil, argument.isEmpty else { return }
    line = LineEditor(chosen.command.name + " ")
    filter()
  }

  private mutating func filter() {
    choice = 0
    let text = line.text.lowercased()
    if kind == .palette, let named {
      found = [named]
    } else if kind == .palette {
      let ranked: [(CommandFinder.Offer, Int, Int)] = offers.enumerated().compactMap { place, offer in
        let (name, title) = (offer.name, offer.title ?? offer.command.title)
        // Who types letters of a name means the name. Words count more than letters that only stand in their order.
        let letters = [
          FuzzyMatch(text, in: name).map { $0.score + 15 },
          offer.argument == nil ? FuzzyMatch(text, in: title)?.score : nil,
        ].compactMap { $0 }.max()
        let words = [WordMatch(text, in: name).map { 2 * $0.score + 50 }, WordMatch(text, in: title)?.score]
          .compactMap { $0 }.max()
        return letters == nil && words == nil ? nil : (offer, (letters ?? 0) + (words ?? 0), place)
      }
      found = ranked.sorted { ($0.1, -$0.2) > ($1.1, -$1.2) }.map(\.0)
    } else {
      let words = text.split(separator: " ")
      let left = offers.filter { offer in
        let command = offer.command
        let keys = command.keys.map { $0.map(\.name).joined(separator: " ") }.joined(separator: " ")
        let all = "\(command.title) \(command.name) \(keys)".lowercased()
        return words.allSatisfy { all.contains($0) }
      }
      func rank(_ offer: Offer) -> Int {
        WordMatch(text, in: "\(offer.command.title) \(offer.command.name)")?.score ?? 0
      }
      found = left.enumerated().sorted { (rank($0.1), -$0.0) > (rank($1.1), -$1.0) }.map(\.1)
    }
  }
}

extension String {
  /// Without blanks at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// Whether all words of a text are words of another, or begin some: whole ones count most.
package struct WordMatch: Hashable, Sendable {
  package let score: Int

  /// nil where a word is missing, and for no words.
  package init?(_ query: String, in text: String) {
    let wanted = query.lowercased().split(separator: " ")
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
    guard !wanted.isEmpty else { return nil }
    var score = 0
    for word in wanted {
      if words.contains(word) {
        score += 200
      } else if words.contains(where: { $0.hasPrefix(word) }) {
        score += 100
      } else {
        return nil
      }
    }
    self.score = score
  }
}

/// Whether all letters of a text occur in another in their order, and how well: better at the beginnings of words and side by side.
package struct FuzzyMatch: Hashable, Sendable {
  package let score: Int

  /// nil where a letter is missing. Blanks in `query` are left out; nothing at all matches everything.
  package init?(_ query: String, in text: String) {
    let letters = Array(query.lowercased().filter { $0 != " " }.prefix(64))
    let hay = Array(text.lowercased().prefix(200))
    guard !letters.isEmpty else {
      score = 0
      return
    }
    // best[j]: the best score with the letters so far, the last of them at place j of the text.
    var best = [Int?](repeating: nil, count: hay.count)
    for (index, letter) in letters.enumerated() {
      var next = [Int?](repeating: nil, count: hay.count)
      var bestBefore: Int?
      for place in hay.indices {
        if hay[place] == letter {
          let isStart = place == 0 || !hay[place - 1].isLetter
          let own = isStart ? 8 : 1
          if index == 0 {
            next[place] = own - min(place, 20) / 4
          } else {
            let apart = bestBefore.map { $0 + own }
            let beside = place > 0 ? best[place - 1].map { $0 + own + 5 } : nil
            if let value = [apart, beside].compactMap({ $0 }).max() { next[place] = value }
          }
        }
        if let here = best[place] { bestBefore = max(bestBefore ?? here, here) }
      }
      best = next
    }
    guard let score = best.compactMap({ $0 }).max() else { return nil }
    self.score = score
  }
}
