import CTerminal
import Foundation
import Workbench

/// The terminal in front of a person: what they type and do comes out as inputs, a canvas goes in.
///
/// One at a time in a process (signals and modes are the process's). Between `init` and `close` every way out of the
/// program gives the terminal back as it was; see `grl_terminal.h`.
public final class Terminal {
  public let capabilities: Capabilities
  /// How many colours the terminal tells to have, by its description and the environment.
  public let detectedColours: ColourDepth
  /// To be polled for reading, and for writing while `isWriting`.
  public let descriptor: Int32
  /// To be polled for reading: signals.
  public let signalDescriptor: Int32
  /// Cells, at least 1 x 1.
  public private(set) var columns = 80
  public private(set) var rows = 24
  /// Monotonic seconds at which an unfinished sequence has waited long enough: call `expire` then.
  public private(set) var deadline: Double?

  private var decoder: KeyDecoder
  private var painter: Painter
  private var layer: PictureLayer
  private var colours: ColourDepth
  private var graphics: Graphics
  private var outgoing: [UInt8] = []
  /// Goes out before the next frame: what takes the pictures of another kind of graphics away.
  private var farewell: [UInt8] = []
  private var written = 0
  private var usesMouse = false
  private var isOpen = true
  /// What the terminal said of itself.
  public private(set) var facts: TerminalFacts
  /// Monotonic seconds at which it was asked; nil once it has answered the last question.
  private var asked: Double?
  /// The object in shared memory that was offered to the terminal.
  private var offered: String?
  private let isRemote: Bool

  /// Largest size that is drawn; a terminal that claims more gets its upper left corner.
  static let sizeLimit = (columns: 2000, rows: 1000)

  /// Takes the terminal and clears its screen.
  ///
  /// - Parameter environment: `TERM`, `NO_COLOR`, `COLORTERM`, `ESCDELAY` and the locale are looked at.
  public init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws(TerminalError) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
    let descriptor = grl_terminal_open(STDOUT_FILENO)
    guard descriptor >= 0 else { throw .system(action: "opened", errno: -descriptor) }
    self.descriptor = descriptor
    let capabilities = try Capabilities(environment, descriptor: descriptor)
    self.capabilities = capabilities
    detectedColours = ColourDepth.detect(
      environment, colourCount: capabilities.colourCount, hasDirectColour: capabilities.hasDirectColour)
    decoder = KeyDecoder(described: capabilities.keys, escapeDelay: KeyDecoder.escapeDelay(environment))
    colours = detectedColours
    graphics = .half
    facts = TerminalFacts(environment: environment)
    isRemote = environment["SSH_CONNECTION"] != nil || environment["SSH_TTY"] != nil
    painter = Painter(Self.features(capabilities, detectedColours))
    layer = PictureLayer(.half)
    let reset = Self.resetSequence(capabilities)
    let signals = grl_guard_start(descriptor, reset, reset.count)
    guard signals >= 0 else { throw .system(action: "guarded", errno: -signals) }
    signalDescriptor = signals
    measure()
    let early = facts.isTmux ? TerminalQuestions.kitty(isTmux: true, sharedName: nil) : []
    try enter(asking: early)
  }

  private static func features(_ capabilities: Capabilities, _ colours: ColourDepth) -> Painter.Features {
    var features = Painter.Features()
    features.depth = colours
    features.isASCII = capabilities.isASCII
    features.isBrightBold = capabilities.colourCount < 16
    features.erasesInColour = capabilities.erasesInColour
    features.hide = capabilities.hide
    features.show = capabilities.show
    return features
  }

  /// From now on canvases are shown in so many colours and their pictures in this way.
  public func use(_ colours: ColourDepth, _ graphics: Graphics) {
    guard colours != self.colours || graphics != self.graphics else { return }
    farewell += layer.leave { painter.damage($0) }
    painter = Painter(Self.features(capabilities, colours))
    layer = PictureLayer(graphics)
    layer.facts = facts
    (self.colours, self.graphics) = (colours, graphics)
  }

  /// Breaks off what may be half sent (a sequence, a picture), then undoes everything `enter` does.
  private static func resetSequence(_ capabilities: Capabilities) -> [UInt8] {
    let off = "\u{18}\u{1b}\\\u{1b}[?2026l\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?2004l\u{1b}[?7h\u{1b}[0m"
    return Array(off.utf8) + capabilities.show + capabilities.leave
  }

  /// Takes the terminal (again): modes, alternate screen, bracketed paste, no wrapping at the right edge.
  ///
  /// - Parameter question: asked before all that: while tmux draws a window anew, as it does for the alternate screen, it drops what it
  ///   shall pass on.
  public func enter(asking question: [UInt8] = []) throws(TerminalError) {
    let status = grl_guard_raw()
    guard status == 0 else { throw .system(action: "set up", errno: -status) }
    outgoing = []
    written = 0
    send(question + capabilities.enter + Array("\u{1b}[?7l\u{1b}[?2004h".utf8) + (usesMouse ? Self.mouseOn : []))
    redraw()
  }

  /// Gives the terminal back. Nothing may be drawn afterwards until `enter`.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    awaitLastAnswers()
    // What was queued last (a copied text) shall still arrive.
    finishWriting(seconds: 0.5)
    grl_guard_restore()
    Glibc.close(descriptor)
  }

  /// Gives the terminal back, stops the process, and takes the terminal when it goes on.
  public func suspend() throws(TerminalError) {
    finishWriting(seconds: 0.5)
    grl_guard_suspend()
    try enter()
  }

  /// Gives the terminal back and ends the process by `signal`'s default action, so that the parent sees why.
  public func die(of signal: Int32) -> Never {
    finishWriting(seconds: 0.5)
    grl_guard_die(signal)
    // Only a signal that is ignored comes here.
    exit(128 + signal)
  }

  /// Everything is drawn anew by the next `draw`.
  public func redraw() {
    painter.forget()
    layer.forget()
  }

  /// Asks the system for the size; true where it changed.
  @discardableResult
  public func measure() -> Bool {
    var (cells, lines, width, height): (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    guard grl_terminal_size(descriptor, &cells, &lines, &width, &height) == 0 else { return false }
    let columns = cells == 0 ? 80 : min(Int(cells), Self.sizeLimit.columns)
    let rows = lines == 0 ? 24 : min(Int(lines), Self.sizeLimit.rows)
    if width >= cells && height >= lines && cells > 0 && lines > 0 {
      take(CellSize(width: Int(width / cells), height: Int(height / lines)))
    }
    defer { (self.columns, self.rows) = (columns, rows) }
    return columns != self.columns || rows != self.rows
  }

  public func setMouse(_ on: Bool) {
    guard on != usesMouse else { return }
    usesMouse = on
    send(on ? Self.mouseOn : Self.mouseOff)
  }

  private static let mouseOn = Array("\u{1b}[?1002h\u{1b}[?1006h".utf8)
  private static let mouseOff = Array("\u{1b}[?1006l\u{1b}[?1002l".utf8)

  /// Puts `text` on the clipboard of the person's terminal (OSC 52). False where it is longer than terminals take.
  public func copy(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.copyLimit else { return false }
    send(Array("\u{1b}]52;c;".utf8) + Array(Data(bytes).base64EncodedString().utf8) + [0x07])
    return true
  }

  /// Bytes; with base64 and frame below the 100,000 that xterm takes.
  static let copyLimit = 74_000
}

// What the person does

extension Terminal {
  /// Reads what has come. nil once the terminal is gone (hung up, closed).
  public func read(now: Double) -> [TerminalInput]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count == 0 { return nil }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
    let inputs = decoder.feed(buffer[..<count])
    deadline = decoder.patience.map { now + $0 }
    return taken(inputs)
  }

  /// Ends the wait for the rest of a sequence.
  public func expire() -> [TerminalInput] {
    deadline = nil
    return taken(decoder.expire())
  }

  /// Signals received since the last call.
  public func readSignals() -> [TerminalSignal] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(signalDescriptor, &buffer, buffer.count)
    return count > 0 ? buffer[..<count].compactMap(TerminalSignal.init) : []
  }

  private func taken(_ inputs: [TerminalInput]) -> [TerminalInput] {
    for input in inputs {
      switch input {
      case .cellSize(let width, let height): take(CellSize(width: width, height: height))
      case .answer(let answer):
        facts.learn(answer)
        if case .attributes = answer { answered() }
        layer.facts = facts
      case .key, .mouse, .paste: break
      }
    }
    return inputs
  }

  private func take(_ cell: CellSize) {
    guard (1...200).contains(cell.width), (1...200).contains(cell.height), cell != facts.cell else { return }
    facts.cell = cell
    layer.facts = facts
    redraw()
  }
}

// What the terminal is asked

extension Terminal {
  /// Asks the terminal what it can do; the answers come with what is typed, and change `facts`.
  public func ask(now: Double) {
    let name = isRemote || facts.isTmux ? nil : "/grl-\(getpid())-0"
    // Those of workbenches that were killed.
    if name != nil { grl_shared_sweep() }
    if let name, grl_shared_write(name, [0, 0, 0], 3) == 0 { offered = name }
    send(TerminalQuestions.bytes(name: facts.name, isTmux: facts.isTmux, sharedName: offered))
    asked = now
    decoder.stringPatience = 2
  }

  /// Asks, and waits for the last answer at most `patience` seconds.
  ///
  /// - Returns: what was typed meanwhile.
  public func askAndWait(patience: Double, now clock: () -> Double) -> [TerminalInput] {
    ask(now: clock())
    let end = clock() + patience
    var inputs: [TerminalInput] = []
    while asked != nil, flush(), case let rest = end - clock(), rest > 0 {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN | (isWriting ? POLLOUT : 0)), revents: 0)
      poll(&wait, 1, Int32((rest * 1000).rounded(.up)))
      guard wait.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
      // A terminal that is gone is the loop's to notice.
      guard let new = read(now: clock()) else { break }
      inputs += new
    }
    return inputs
  }

  /// Takes what was known of this terminal before, in place of answers that have not come.
  public func assume(_ known: TerminalFacts) {
    var assumed = known
    assumed.cell = facts.cell ?? known.cell
    (assumed.name, assumed.isTmux, assumed.sharesMemory) = (facts.name, facts.isTmux, false)
    facts = assumed
    layer.facts = facts
  }

  private func answered() {
    asked = nil
    decoder.stringPatience = 0.25
    if let offered { grl_shared_remove(offered) }
    offered = nil
  }

  /// A program that ends before the answers have come would leave them to the shell, as if typed.
  private func awaitLastAnswers() {
    guard asked != nil else { return }
    let end = ContinuousClock.now + .milliseconds(100)
    while asked != nil, flush(), ContinuousClock.now < end {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&wait, 1, 20) > 0, read(now: 0) == nil { break }
    }
    if let offered { grl_shared_remove(offered) }
  }
}

public enum TerminalSignal: UInt8, Hashable, Sendable {
  case resize = 0x77, `continue` = 0x63, interrupt = 0x69, terminate = 0x74, hangUp = 0x68, stop = 0x73
}

// What the person sees

extension Terminal {
  /// Bytes wait for the terminal to take them. Frames are left out meanwhile: a slow link shows fewer, later none is stale.
  public var isWriting: Bool { written < outgoing.count }

  /// Shows `canvas`, sending only what differs from what is shown. Does nothing while `isWriting`.
  public func draw(_ canvas: Canvas) {
    guard !isWriting else { return }
    let before = farewell + layer.prepare(canvas) { painter.damage($0) }
    farewell = []
    let cells = painter.paint(canvas)
    let after = layer.pictures()
    let count = before.count + cells.count + after.count
    guard count > 0 else { return }
    // Synchronised output: no terminal shows half of a large frame; the others ignore it.
    let isLarge = count > 512 && facts.isSynchronised != false
    if isLarge { send(Array("\u{1b}[?2026h".utf8)) }
    send(before)
    send(cells)
    send(after)
    if isLarge { send(Array("\u{1b}[?2026l".utf8)) }
  }

  /// Writes as much as the terminal takes now. False once it is gone.
  @discardableResult
  public func flush() -> Bool {
    while isWriting {
      let count = outgoing[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        written += count
      } else if errno == EAGAIN {
        return true
      } else if errno != EINTR {
        return false
      }
    }
    outgoing.removeAll(keepingCapacity: true)
    written = 0
    return true
  }

  private func send(_ bytes: [UInt8]) { outgoing += bytes }

  private func finishWriting(seconds: Double) {
    let end = ContinuousClock.now + .seconds(seconds)
    while isWriting, flush(), isWriting, ContinuousClock.now < end {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&wait, 1, 20)
    }
  }
}
