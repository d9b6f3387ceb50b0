/// Columns of a list, fitted into the room there is.
package struct Table: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    let title: String
    var alignment = Alignment.left
    /// Columns of cells it needs at least.
    let least: Int
    /// And takes at most; the room that is left goes to the first column that wants more.
    var most: Int?
    /// Dropped where there is too little room: the lowest first, 0 never.
    var rank = 0
    /// What is cut off where the text is too long.
    var cut = ShownText.Cut.end

    package init(
      _ title: String, _ alignment: Alignment = .left, least: Int, most: Int? = nil, rank: Int = 0,
      cut: ShownText.Cut = .end
    ) {
      self.title = title
      self.alignment = alignment
      self.least = least
      self.most = most
      self.rank = rank
      self.cut = cut
    }
  }

  /// Where a column stands.
  package struct Place: Hashable, Sendable {
    package let index: Int
    package let offset: Int
    package let width: Int
  }

  let columns: [Column]
  /// Blank cells between two columns.
  var gap = 2

  package init(_ columns: [Column]) { self.columns = columns }

  /// Places of the columns that fit into `room` cells. Columns of rank 0 stay, cut where it must be.
  ///
  /// - Parameter texts: the rows in sight: first every column gets what they need, the first ones before the others, then the
  ///   first one that wants more takes the rest.
  package func places(in room: Int, texts: [[String]] = []) -> [Place] {
    var kept = Array(columns.indices)
    let needs = columns.indices.map { index in
      min(columns[index].most ?? .max, texts.reduce(0) { max($0, $1.indices.contains(index) ? $1[index].columns : 0) })
    }
    // A first column whose names are long keeps room for them before others are shown at all.
    func least(_ index: Int) -> Int { max(columns[index].least, columns[index].rank == 0 ? min(needs[index], 26) : 0) }
    func need() -> Int { kept.reduce(0) { $0 + least($1) } + gap * max(0, kept.count - 1) }
    while need() > room,
      let victim = kept.filter({ columns[$0].rank > 0 }).min(by: { columns[$0].rank < columns[$1].rank })
    {
      kept.removeAll { $0 == victim }
    }
    var spare = max(0, room - need())
    var widths = columns.indices.map(least)
    for wanted in [needs, columns.map { $0.most ?? $0.least }] {
      for index in kept {
        let more = min(spare, max(0, wanted[index] - widths[index]))
        spare -= more
        widths[index] += more
      }
    }
    var offset = 0
    var places: [Place] = []
    for index in kept {
      let width = min(widths[index], max(0, room - offset))
      guard width > 0 else { break }
      places.append(Place(index: index, offset: offset, width: width))
      offset += width + gap
    }
    return places
  }
}

extension Canvas {
  /// One row of a table; `texts` has one entry for each of its columns.
  mutating func write(
    _ texts: [String], of table: Table, at places: [Table.Place], in area: CanvasArea, _ style: Style
  ) {
    for place in places where texts.indices.contains(place.index) {
      let column = table.columns[place.index]
      write(
        texts[place.index], in: area.dropLeft(place.offset).left(place.width), style, column.alignment, cut: column.cut)
    }
  }

  /// The titles of a table's columns.
  mutating func writeTitles(of table: Table, at places: [Table.Place], in area: CanvasArea, _ look: Look) {
    write(table.columns.map(\.title), of: table, at: places, in: area, look[.faint])
  }
}
