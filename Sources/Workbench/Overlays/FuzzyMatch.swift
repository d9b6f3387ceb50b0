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
