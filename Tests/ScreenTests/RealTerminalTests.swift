import Foundation
import Imaging
import Testing

/// A picture as real terminals show it, looked at by its pixels.
@Suite(
  .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["GRL_SCREENS"] != nil, "takes half a minute; make test runs it"))
struct RealTerminalTests {
  /// Two halves in colours that no theme has, larger than any pane: shown without a cell's grid, each fills an area.
  private static let halves: [UInt32] = [0xC8_1E5A, 0x14_C8A0]

  private func place() throws -> TestPlace {
    let place = try TestPlace()
    try place.writeSettings()
    let (width, height) = (240, 160)
    let bytes = (0..<height).flatMap { _ in
      (0..<width).flatMap { x in
        let colour = Self.halves[x < width / 2 ? 0 : 1]
        return [UInt8(colour >> 16), UInt8(colour >> 8 & 255), UInt8(colour & 255)]
      }
    }
    let image = Image(width: width, height: height, layout: .rgb, samples: .eight(bytes))
    try ImageFile.write(image, to: place.path("pictures/halves.png"), format: .png)
    return place
  }

  private static let xterm = VirtualDisplay.obstacle("xterm")
  private static let kitty = VirtualDisplay.obstacle("kitty")

  @Test("xterm shows a picture by Sixel", .enabled(if: xterm == nil, Comment(rawValue: xterm ?? "")))
  func sixel() throws {
    let place = try place()
    let display = try VirtualDisplay(in: place)
    try display.start(
      [
        "xterm", "-ti", "vt340", "-xrm", "XTerm*decTerminalID: vt340", "-xrm", "XTerm*numColorRegisters: 256",
        "-geometry", "80x24",
        "-e", TmuxTerminal.grl, "--graphics", "sixel", place.path("pictures/halves.png"),
      ])
    // Sixel has colours in hundredths.
    let counts = try display.wait(for: Self.halves, tolerance: 3, enough: 5000)
    #expect(counts.allSatisfy { $0 >= 5000 }, "\(counts)")
  }

  @Test("kitty shows a picture by its own protocol", .enabled(if: kitty == nil, Comment(rawValue: kitty ?? "")))
  func kittyPictures() throws {
    let place = try place()
    let display = try VirtualDisplay(in: place)
    try display.start(
      Self.window + [TmuxTerminal.grl, "--graphics", "kitty", place.path("pictures/halves.png")],
      environment: ["LIBGL_ALWAYS_SOFTWARE": "1"])
    let counts = try display.wait(for: Self.halves, enough: 5000)
    #expect(counts.allSatisfy { $0 >= 5000 }, "\(counts)")
  }

  @Test(
    "kitty shows a picture through tmux: in placeholders where it knows them (0.28 and later), else in blocks",
    .enabled(if: kitty == nil, Comment(rawValue: kitty ?? "")),
    .enabled(if: TmuxTerminal.obstacle == nil, Comment(rawValue: TmuxTerminal.obstacle ?? "")))
  func placeholders() throws {
    let place = try place()
    let display = try VirtualDisplay(in: place)
    let socket = place.sockets + "/kitty"
    // tmux hands nothing on before its client is there.
    let script = """
      tmux -S '\(socket)' set -g allow-passthrough on
      tmux -S '\(socket)' set -g status off
      tmux -S '\(socket)' set -as terminal-features ',*:RGB'
      while [ -z "$(tmux -S '\(socket)' list-clients)" ]; do sleep 0.1; done
      exec '\(TmuxTerminal.grl)' --graphics kitty --color truecolor '\(place.path("pictures/halves.png"))'
      """
    try place.write("start.sh", script)
    try display.start(
      Self.window + ["tmux", "-S", socket, "-f", "/dev/null", "new-session", "sh '\(place.path("start.sh"))'"],
      environment: ["LIBGL_ALWAYS_SOFTWARE": "1"])
    let counts = try display.wait(for: Self.halves, enough: 5000)
    #expect(counts.allSatisfy { $0 >= 5000 }, "\(counts)")
  }

  private static let window = [
    "kitty", "--config", "NONE", "-o", "initial_window_width=80c", "-o", "initial_window_height=24c", "-o",
    "remember_window_size=no",
  ]
}
