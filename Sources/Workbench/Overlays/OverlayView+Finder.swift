extension OverlayView {
  /// The help or the palette: a line to type in, and what it leaves.
  func draw(_ finder: CommandFinder, on canvas: inout Canvas, _ frame: ScreenFrame) {
    let side = frame.body.isEmpty ? canvas.area : frame.body
    let width = side.columns < 64 ? side.columns : min(88, side.columns - 4)
    let height = side.rows < 12 ? side.rows : min(side.rows - 2, max(8, finder.offers.count + 4))
    let area = side.centred(columns: width, rows: height)
    canvas.fill(area, look[.panel])
    canvas.pictures.removeAll { !$0.area.clipped(to: area).isEmpty }

    let head = area.top(1)
    canvas.fill(head, look[.input])
    let title = canvas.write(" \(finder.title)  ", in: head.left(area.columns / 2), look[.title, on: .input])
    let count = "\(finder.found.count) of \(finder.offers.count) "
    let countRoom = area.columns > 50 ? count.columns + 1 : 0
    let line = head.dropLeft(title).dropRight(countRoom)
    if finder.line.text.isEmpty, line.columns > 24 {
      canvas.write("type to find, Enter runs it", in: line, look[.faint, on: .input])
    }
    drawLine(finder.line, on: &canvas, in: line, look[.input])
    if countRoom > 0 { canvas.write(count, in: head, look[.faint, on: .input], .right) }

    let list = area.dropTop(area.rows > 8 ? 2 : 1).dropBottom(area.rows > 10 ? 1 : 0)
    guard !list.isEmpty else { return }
    if finder.found.isEmpty {
      canvas.write("nothing of that name", in: list.inset(columns: 1), look[.faint, on: .panel])
      return
    }
    let first = min(max(0, finder.choice - list.rows / 2), max(0, finder.found.count - list.rows))
    let table = finder.kind == .help ? Self.helpTable : Self.paletteTable
    let places = table.places(in: list.columns - 2)
    for (row, offer) in finder.found.enumerated().dropFirst(first).prefix(list.rows) {
      let line = list.dropTop(row - first).top(1)
      let ground: Look.Role = row == finder.choice ? .cursor : .panel
      canvas.fill(line, look[ground])
      let texts = texts(of: offer, finder.kind)
      for place in places {
        let role: Look.Role =
          switch table.columns[place.index].title {
          case "key": .accent
          case "where": .faint
          default: ground
          }
        let cell = line.dropLeft(1 + place.offset).left(place.width)
        canvas.write(texts[place.index], in: cell, look[role, on: ground], table.columns[place.index].alignment)
      }
    }
  }

  private static let helpTable = Table([
    .init("key", least: 10, most: 18), .init("does", least: 12, most: 60), .init("where", .right, least: 9, rank: 1),
  ])

  private static let paletteTable = Table([
    .init("name", least: 12, most: 18), .init("does", least: 12, most: 50, rank: 3),
    .init("key", .right, least: 8, rank: 2), .init("where", .right, least: 9, rank: 1),
  ])

  private func texts(of offer: CommandFinder.Offer, _ kind: CommandFinder.Kind) -> [String] {
    let command = offer.command
    let place = offer.screen.map(\.title) ?? "anywhere"
    let keys = command.keys.map { $0.map(\.name).joined(separator: " ") }
    if kind == .help { return [keys.prefix(2).joined(separator: ", "), command.title, place] }
    return [command.name, command.title, keys.first ?? "", place]
  }
}
