import Base
import EngineWire

/// What part of the frame is in sight, how large, and which pixel is read. The same for all pictures.
struct CompareWindow: Hashable, Sendable {
  /// Pixels of the frame for one dot of the screen, below 1 where they are enlarged; nil: all of it.
  private(set) var step: Double?
  /// Middle of what is in sight, in pixels of the frame.
  private(set) var centreX = 0.0
  private(set) var centreY = 0.0
  /// The pixel whose samples are shown.
  private(set) var x = 0
  private(set) var y = 0

  private static let steps: [Double] = [64, 32, 16, 8, 4, 2, 1, 1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 8, 1 / 12, 1 / 16]

  init() {}

  /// All of a frame, the pixel in its middle.
  init(frame: (width: Int, height: Int)) {
    (x, y) = (frame.width / 2, frame.height / 2)
    (centreX, centreY) = (Double(frame.width) / 2, Double(frame.height) / 2)
  }

  /// Does a movement or zoom. False where `command` is none.
  mutating func perform(_ command: Command, frame: (width: Int, height: Int), room: CompareRoom) -> Bool {
    let shown = CompareGeometry(self, frame: frame, room: room)
    let (across, down) = (Double(shown.region.width), Double(shown.region.height))
    switch command {
    case .zoomIn: zoom(to: Self.steps.first { $0 < shown.step * 0.99 } ?? shown.step)
    case .zoomOut:
      let fit = CompareGeometry.fitting(frame, room)
      guard shown.step < fit else { break }
      if let next = Self.steps.last(where: { $0 > shown.step * 1.01 }), next < fit {
        zoom(to: next)
      } else {
        step = nil
      }
    case .fit: step = nil
    case .actualSize: zoom(to: 1)
    case .left: pan(-across / 8, 0)
    case .right: pan(across / 8, 0)
    case .up: pan(0, -down / 8)
    case .down: pan(0, down / 8)
    case .halfPageUp: pan(0, -down / 2)
    case .halfPageDown: pan(0, down / 2)
    case .pageUp: pan(0, -down)
    case .pageDown: pan(0, down)
    case .top: look(x: 0, y: 0, frame: frame)
    case .bottom: look(x: frame.width - 1, y: frame.height - 1, frame: frame)
    case CompareScreen.pixelLeft: nudge(-1, 0, shown)
    case CompareScreen.pixelRight: nudge(1, 0, shown)
    case CompareScreen.pixelUp: nudge(0, -1, shown)
    case CompareScreen.pixelDown: nudge(0, 1, shown)
    default: return false
    }
    settle(frame: frame, room: room)
    return true
  }

  private mutating func zoom(to step: Double) {
    self.step = step
    (centreX, centreY) = (Double(x) + 0.5, Double(y) + 0.5)
  }

  /// By pixels of the frame, at least one; the pixel that is read goes along, and on where the part in sight is at its end.
  private mutating func pan(_ across: Double, _ down: Double) {
    func whole(_ distance: Double) -> Double {
      distance == 0 ? 0 : distance < 0 ? min(-1, distance) : max(1, distance)
    }
    centreX += whole(across)
    centreY += whole(down)
    x += Int(whole(across).rounded())
    y += Int(whole(down).rounded())
  }

  /// By one dot of the screen.
  private mutating func nudge(_ across: Int, _ down: Int, _ shown: CompareGeometry) {
    let dot = max(1, Int(shown.step.rounded()))
    x += across * dot
    y += down * dot
    let region = shown.region
    if x < region.x || x >= region.x + region.width { centreX = Double(x) }
    if y < region.y || y >= region.y + region.height { centreY = Double(y) }
  }

  /// Puts a pixel into the middle.
  mutating func look(x: Int, y: Int, frame: (width: Int, height: Int)) {
    (self.x, self.y) = (min(max(0, x), max(0, frame.width - 1)), min(max(0, y), max(0, frame.height - 1)))
    (centreX, centreY) = (Double(self.x) + 0.5, Double(self.y) + 0.5)
  }

  /// Puts a rectangle into the middle, as large as fits, enlarged to at most 16 to 1.
  mutating func look(at region: Rectangle, frame: (width: Int, height: Int), room: CompareRoom) {
    look(x: region.x + region.width / 2, y: region.y + region.height / 2, frame: frame)
    (centreX, centreY) = (
      Double(region.x) + Double(region.width) / 2, Double(region.y) + Double(region.height) / 2
    )
    let fit = CompareGeometry.fitting((max(1, region.width), max(1, region.height)), room)
    step = Self.steps.last { $0 >= fit * 0.999 } ?? Self.steps[0]
    settle(frame: frame, room: room)
  }

  /// Reads another pixel without moving the pictures.
  mutating func read(x: Int, y: Int, frame: (width: Int, height: Int)) {
    (self.x, self.y) = (min(max(0, x), max(0, frame.width - 1)), min(max(0, y), max(0, frame.height - 1)))
  }

  /// Moves the middle without the pixel that is read.
  mutating func drag(_ across: Double, _ down: Double, frame: (width: Int, height: Int), room: CompareRoom) {
    centreX += across
    centreY += down
    settle(frame: frame, room: room)
  }

  /// Brings everything to where there are pixels.
  mutating func settle(frame: (width: Int, height: Int), room: CompareRoom) {
    read(x: x, y: y, frame: frame)
    let region = CompareGeometry(self, frame: frame, room: room).region
    func middle(_ centre: Double, _ length: Int, _ limit: Int) -> Double {
      min(max(centre, Double(length) / 2), max(Double(limit) - Double(length) / 2, Double(length) / 2))
    }
    centreX = middle(centreX, region.width, frame.width)
    centreY = middle(centreY, region.height, frame.height)
  }
}

/// Square dots that an area of cells can show.
struct CompareRoom: Hashable, Sendable {
  let width: Int
  let height: Int
  /// Dots of one cell.
  let perColumn: Int
  let perRow: Int

  /// - Parameter cell: pixels of a cell of the terminal.
  init(_ area: CanvasArea, _ graphics: Graphics, _ colours: ColourDepth, _ cell: CellSize) {
    (perColumn, perRow) =
      switch graphics {
      case .half, .ascii: (1, 2)
      case _ where colours == .none: (1, 2)
      case .quarter, .sextant, .octant: (2, 4)
      case .kitty, .sixel, .iterm: (max(1, cell.width), max(1, cell.height))
      }
    width = max(1, area.columns) * perColumn
    height = max(1, area.rows) * perRow
  }
}

/// A window on a frame in a room, in whole pixels.
struct CompareGeometry: Hashable, Sendable {
  /// In pixels of the frame.
  let region: Rectangle
  /// What is asked for: pixels of the frame, or fewer where it is made smaller.
  let width: Int
  let height: Int
  /// Dots for each side of such a pixel.
  let zoom: Int
  /// Dots that are covered.
  let shownWidth: Int
  let shownHeight: Int
  /// Pixels of the frame for one dot.
  let step: Double

  init(_ window: CompareWindow, frame: (width: Int, height: Int), room: CompareRoom) {
    let (frameWidth, frameHeight) = (max(1, frame.width), max(1, frame.height))
    step = window.step ?? Self.fitting((frameWidth, frameHeight), room)
    let (across, down): (Int, Int)
    if step < 1 {
      zoom = max(1, Int((1 / step).rounded()))
      across = min(frameWidth, (room.width + zoom - 1) / zoom)
      down = min(frameHeight, (room.height + zoom - 1) / zoom)
      (width, height) = (across, down)
    } else {
      zoom = 1
      across = min(frameWidth, max(1, Int((Double(room.width) * step).rounded(.up))))
      down = min(frameHeight, max(1, Int((Double(room.height) * step).rounded(.up))))
      width = min(room.width, across, max(1, Int((Double(across) / step).rounded())))
      height = min(room.height, down, max(1, Int((Double(down) / step).rounded())))
    }
    (shownWidth, shownHeight) = (min(room.width, width * zoom), min(room.height, height * zoom))
    func start(_ centre: Double, _ length: Int, _ limit: Int) -> Int {
      min(max(0, Int((centre - Double(length) / 2).rounded())), limit - length)
    }
    region = Rectangle(
      x: start(window.centreX, across, frameWidth), y: start(window.centreY, down, frameHeight), width: across,
      height: down)
  }

  /// The step at which all of a frame is in sight; small frames are enlarged by whole numbers.
  static func fitting(_ frame: (width: Int, height: Int), _ room: CompareRoom) -> Double {
    let step = Fit.step(frame.width, frame.height, within: (room.width, room.height))
    return step >= 1 ? step : 1 / Double(min(16, max(1, Int(1 / step))))
  }

  /// The pixel of the frame under a dot.
  func pixel(x: Int, y: Int) -> (x: Int, y: Int) {
    (region.x + Int(Double(x) * step), region.y + Int(Double(y) * step))
  }

  /// The first dot of a pixel of the frame.
  func dot(x: Int, y: Int) -> (x: Int, y: Int) {
    (Int((Double(x - region.x) / step).rounded(.down)), Int((Double(y - region.y) / step).rounded(.down)))
  }
}

/// The part in sight of all pictures, as the engine sent it. One question at a time is on its way, the newest next.
struct CompareView: Sendable {
  static let purpose = Purpose.other("view")

  /// What pixels are wanted.
  struct Key: Hashable, Sendable {
    let region: Rectangle
    let width: Int
    let height: Int

    init(_ geometry: CompareGeometry) {
      (region, width, height) = (geometry.region, geometry.width, geometry.height)
    }

    init(_ view: ComparisonView) { (region, width, height) = (view.region, view.width, view.height) }
  }

  /// What is known, some movements behind perhaps.
  private(set) var key: Key?
  private(set) var blocks: [PixelBlock] = []
  private(set) var samples: [[Int]] = []
  private(set) var samplesAt: (x: Int, y: Int)?

  var isKnown: Bool { key != nil }

  /// Asks for what differs from what is known.
  mutating func want(
    _ wanted: Key, x: Int, y: Int, _ request: (ComparisonRequest.Question) -> Request, _ session: inout Session
  ) {
    guard !session.isAsking(.compare, Self.purpose) else { return }
    let hasPixels = key == wanted
    if hasPixels, let samplesAt, samplesAt == (x, y) { return }
    let (width, height) = hasPixels ? (0, 0) : (wanted.width, wanted.height)
    session.ask(
      request(.view(region: wanted.region, width: width, height: height, x: x, y: y)), for: .compare, Self.purpose)
  }

  /// - Returns: false where the answer is not whole.
  mutating func receive(_ view: ComparisonView, _ body: [UInt8], count: Int) -> Bool {
    guard view.samples.count == count else { return false }
    (samples, samplesAt) = (view.samples, (view.x, view.y))
    if body.isEmpty && (view.width == 0 || view.height == 0) { return true }
    let (pixels, isHuge) = view.width.multipliedReportingOverflow(by: view.height)
    guard !isHuge, pixels > 0, pixels <= body.count, body.count == pixels * 3 * count else { return false }
    blocks = (0..<count).map { place in
      PixelBlock(
        width: view.width, height: view.height, bytes: Array(body[place * pixels * 3..<(place + 1) * pixels * 3]))
    }
    key = Key(view)
    return true
  }
}
