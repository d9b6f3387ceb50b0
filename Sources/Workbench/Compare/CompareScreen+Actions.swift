import Base
import EngineWire

extension CompareScreen {
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    let isDone = performHere(command, &session)
    settle(&session)
    return isDone
  }

  private mutating func performHere(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case Self.add:
      guard paths.count < ComparisonRequest.pictureLimit else {
        session.say("four pictures at most; X takes one away")
        return true
      }
      session.prompt("add the picture", tag: "add", for: .compare, text: folder, completion: .path)
      return true
    case .nextInput: session.takeAsInput(paths.indices.contains(front) ? [paths[front]] : [])
    case Self.view: if paths.indices.contains(front) { session.view(paths[front]) }
    case Self.reload:
      guard !paths.isEmpty else { return false }
      load(&session)
      return true
    case Self.drop where !paths.isEmpty:
      drop(&session)
      return true
    case .open where paths.count < 2:
      guard let offer = Self.offer(session) else { return false }
      show(offer, &session)
      return true
    default: break
    }
    guard info != nil else {
      if Self.commands.contains(command) { session.say("two pictures are needed first: a adds one") }
      return Self.commands.contains(command)
    }
    return performWithPictures(command, &session)
  }

  private mutating func performWithPictures(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case Self.flip:
      if mode == .flip { front = (front + 1) % count } else { (mode, front) = (.flip, (front + count - 1) % count) }
    case Self.wipe: mode = mode == .wipe ? .sideBySide : .wipe
    case Self.difference: mode = mode == .difference ? .sideBySide : .difference
    case .escape where mode != .sideBySide: mode = .sideBySide
    case .nextPane: front = next(1)
    case .previousPane: front = next(-1)
    case Self.less: adjust(-1)
    case Self.more: adjust(1)
    case Self.nextCrop: goToCrop(1, &session)
    case Self.previousCrop: goToCrop(-1, &session)
    case Self.crops: listCrops(&session)
    case Self.reference: setReference(&session)
    case Self.convention, Self.shave:
      guard isUndamaged else {
        session.say("this is for measuring against an undamaged picture: * says which it is")
        break
      }
      guard command == Self.convention else {
        session.prompt(
          "pixels to leave out on each side of the whole", tag: "shave", for: .compare, text: String(shave))
        break
      }
      let place = Self.conventions.firstIndex(of: convention) ?? 0
      convention = Self.conventions[(place + 1) % Self.conventions.count]
      numbers.measureAnew(&session)
    case Self.figures: showsFigures.toggle()
    case Self.againstWhole: compareWithWhole(&session)
    case .export: export(&session)
    case .showCommand:
      session.show(command: ShellLine.text(["grl"] + words))
    default: return window.perform(command, frame: frame, room: room(session))
    }
    return true
  }

  /// The picture after the one in front; wipe and difference skip the reference.
  private func next(_ step: Int) -> Int {
    var place = front
    let skipsReference = count > 1 && (mode == .wipe || mode == .difference)
    repeat {
      place = (place + step + count) % count
    } while skipsReference && place == reference
    return place
  }

  private mutating func adjust(_ step: Int) {
    switch mode {
    case .wipe: edge = min(1, max(0, edge + Double(step) / 16))
    case .difference: gain = min(64, max(1, step > 0 ? gain * 2 : gain / 2))
    case .sideBySide, .flip: break
    }
  }

  private mutating func setReference(_ session: inout Session) {
    if front == reference {
      isUndamaged.toggle()
    } else {
      (reference, front) = (front, reference)
      isUndamaged = true
    }
    numbers = CompareNumbers()
    for purpose in [CompareNumbers.whole, CompareNumbers.part, CompareNumbers.crops] {
      session.forget(.compare, purpose)
    }
    let name = "\(Self.letter(reference)) \(paths[reference].lastPathPart)"
    session.say(
      isUndamaged
        ? "measured against \(name), as an undamaged picture; Tab, * takes it back" : "what changed from \(name)")
  }

  private mutating func drop(_ session: inout Session) {
    guard paths.count > 2 else {
      paths = []
      load(&session)
      return
    }
    paths.remove(at: min(front, paths.count - 1))
    (reference, isUndamaged) = (0, false)
    front = min(1, paths.count - 1)
    load(&session)
  }

  // MARK: Crops

  private mutating func goToCrop(_ step: Int, _ session: inout Session) {
    guard let list = numbers.cropList else { return session.say("crops are being looked for") }
    guard !list.isEmpty else { return session.say("there is no crop") }
    let place = cropPlace.map { ($0 + step + list.count) % list.count } ?? (step > 0 ? 0 : list.count - 1)
    go(toCrop: place, &session)
  }

  mutating func go(toCrop place: Int, _ session: inout Session) {
    guard let list = numbers.cropList, list.indices.contains(place) else { return }
    cropPlace = place
    window.look(at: list[place], frame: frame, room: room(session))
    session.say("crop \(place + 1) of \(list.count): \(Self.text(list[place]))")
  }

  private func listCrops(_ session: inout Session) {
    guard let list = numbers.cropList else { return session.say("crops are being looked for") }
    let lines = list.enumerated().map { "\($0 + 1)  \(Self.text($1))" }
    session.overlay = .report(
      Report(
        title: "Largest differences first; n goes to the next",
        text: lines.isEmpty ? "none" : lines.joined(separator: "\n")))
  }

  static func text(_ region: Rectangle) -> String {
    "\(region.width) x \(region.height) at \(region.x),\(region.y)"
  }

  // MARK: Text from prompts

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    switch tag {
    case "add" where !text.isEmpty:
      paths = Array((paths + [text]).prefix(ComparisonRequest.pictureLimit))
      front = paths.count - 1
      load(&session)
      if paths.count == 1 { session.say("one more: a adds it") }
    case "shave":
      guard let value = Int(text), (0...32_767).contains(value) else {
        session.say("'\(text)': give pixels from 0 to 32767", .error)
        return
      }
      shave = value
      numbers.measureAnew(&session)
    default: break
    }
    settle(&session)
  }

  /// Where the pictures are, for a path that is typed.
  private var folder: String {
    guard let last = paths.last, let slash = last.lastIndex(of: "/") else { return "~/" }
    return String(last[...slash])
  }

  // MARK: The same as a command line

  /// Arguments of `grl` that measure the same.
  private var words: [String] {
    let others = paths.indices.filter { $0 != reference }.map { paths[$0] }
    guard isUndamaged else { return ["compare", paths[reference]] + others }
    var words = ["compare"] + others
    words += ["--reference", paths[reference], "--metric", "psnr,psnr-y,ssim,ssim-y,mae", "--convention", convention]
    if shave > 0 { words += ["--shave", "\(shave)"] }
    return words
  }

  /// Sheet of crops and map of differences.
  private func export(_ session: inout Session) {
    let stem = paths[reference].lastPathPart.split(separator: ".").first.map(String.init) ?? "pictures"
    let (sheet, difference) = ("\(stem)_compare.png", "\(stem)_difference.png")
    session.export(words + ["--sheet", sheet, "--diff", difference], file: "\(sheet) and \(difference)")
  }
}

extension CompareScreen {
  /// The wheel zooms at the pointer, a click reads a pixel, dragging moves the pictures, or the edge of a wipe.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    guard info != nil else { return }
    let layout = layout(area)
    let room = room(layout, session)
    let shown = CompareGeometry(window, frame: frame, room: room)
    guard let pane = layout.panes.first(where: { $0.contains(column: event.column, row: event.row) }) else {
      dragged = nil
      return
    }
    let place = picturePlace(shown, room, in: pane)
    let (x, y) = ((event.column - place.column) * room.perColumn, (event.row - place.row) * room.perRow)
    let isInside = (0..<shown.shownWidth).contains(x) && (0..<shown.shownHeight).contains(y)
    let pixel = shown.pixel(x: x + room.perColumn / 2, y: y + room.perRow / 2)
    switch event.action {
    case .scrollUp, .scrollDown:
      if isInside { window.read(x: pixel.x, y: pixel.y, frame: frame) }
      _ = window.perform(event.action == .scrollUp ? .zoomIn : .zoomOut, frame: frame, room: room)
    case .press, .drag:
      if mode == .wipe {
        edge = min(1, max(0, Double(x) / Double(max(1, shown.shownWidth))))
      } else if event.action == .press, isInside {
        window.read(x: pixel.x, y: pixel.y, frame: frame)
      } else if event.action == .drag, let dragged {
        let (across, down) = (dragged.column - event.column, dragged.row - event.row)
        window.drag(
          Double(across * room.perColumn) * shown.step, Double(down * room.perRow) * shown.step, frame: frame,
          room: room)
      }
      dragged = (event.column, event.row)
    case .release: dragged = nil
    }
    settle(&session)
  }
}
