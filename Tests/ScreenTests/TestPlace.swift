import Foundation
import Glibc
import Imaging
import TestSupport

/// A home folder of one test with pictures in it and an engine of its own; all gone when the test is over.
final class TestPlace {
  private let root: URL
  let home: URL
  private var hasModel = false

  init() throws {
    // Sockets have short names: not under a long TMPDIR.
    root = URL(filePath: "/tmp").appending(path: "grl-screen-" + UUID().uuidString.prefix(8))
    home = root.appending(path: "home")
    for folder in [home, home.appending(path: "pictures"), URL(filePath: sockets)] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
  }

  var sockets: String { root.appending(path: "sockets").path }

  func scratch(_ name: String) -> String { root.appending(path: name).path }

  /// The variables of a clean session.
  var environment: [String: String] {
    let outer = ProcessInfo.processInfo.environment
    var environment = [
      "PATH": outer["PATH"] ?? "/usr/bin:/bin", "HOME": home.path, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
      "XDG_RUNTIME_DIR": sockets, "SHELL": "/bin/sh", "TZ": "UTC", "GRL_HOME_FOR_TESTS": root.path,
      "GRL_THEMES": TestData.packageRoot.appending(path: "Themes").path,
    ]
    if hasModel { environment["GRL_MODELS"] = path("models") }
    for name in ["CONFIG", "STATE", "CACHE", "DATA"] {
      environment["XDG_\(name)_HOME"] = root.appending(path: name.lowercased()).path
    }
    // Screens name the number of processors: two here, whatever the machine has.
    environment["GRL_THREADS"] = "2"
    environment["LD_LIBRARY_PATH"] = outer["LD_LIBRARY_PATH"]
    return environment
  }

  /// What the engine has written about its jobs and itself, for a failure's report.
  var records: String {
    let state = root.appending(path: "state")
    let names = FileManager.default.enumerator(atPath: state.path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix("/journal") || $0.hasSuffix(".log") }.sorted().map { name in
      let bytes = FileManager.default.contents(atPath: state.appending(path: name).path) ?? Data()
      return "== \(name)\n" + String(decoding: bytes.suffix(4000), as: UTF8.self)
    }.joined(separator: "\n")
  }

  func path(_ name: String) -> String { home.appending(path: name).path }

  func write(_ name: String, _ text: String) throws {
    let file = home.appending(path: name).standardizedFileURL
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// Settings that do not depend on the machine.
  func writeSettings() throws {
    try write("../config/grl/settings.json", #"{"memoryBytes": 4294967296, "threadCount": 2}"#)
  }

  /// One model, of made-up weights, in a place that has a name of the same length on every machine.
  func installModel() throws {
    let folder = home.appending(path: "models")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try TestModel.write(to: folder)
    hasModel = true
  }

  /// Pictures whose neighbouring rows differ so much that every cell has two colours, in 16 colours too.
  func writePictures() throws {
    for (index, name) in ["harbour-01.png", "harbour-02.png", "letter.jpg"].enumerated() {
      try writePicture("pictures/" + name, width: 64 + 16 * index, height: 48, phase: index)
    }
    try Data("not a picture\n".utf8).write(to: home.appending(path: "pictures/notes.txt"))
    try FileManager.default.createDirectory(
      at: home.appending(path: "pictures/albums"), withIntermediateDirectories: true)
  }

  func writePicture(_ name: String, width: Int = 64, height: Int = 48, phase: Int = 0) throws {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let wave = 0.5 + 0.4 * sin(Double(x + 7 * phase) * 0.2) * cos(Double(y) * 0.15)
        bytes += [UInt8(255 * wave), UInt8(255 * (1 - wave)), UInt8((x * 3 + y * 2) % 256)]
      }
    }
    let image = Image(width: width, height: height, layout: .rgb, samples: .eight(bytes))
    try ImageFile.write(image, to: path(name), format: name.hasSuffix(".jpg") ? .jpeg : .png)
  }

  deinit {
    stopEngines()
    do { try FileManager.default.removeItem(at: root) } catch { print("note: \(root.path) stays behind: \(error)") }
  }

  /// The engine outlives its workbench: whatever still runs with this place in its environment is ended.
  private func stopEngines() {
    let mark = Data("GRL_HOME_FOR_TESTS=\(root.path)\0".utf8)
    func living() -> [pid_t] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.compactMap { pid_t($0) }.filter { number in
        number != getpid() && FileManager.default.contents(atPath: "/proc/\(number)/environ")?.range(of: mark) != nil
      }
    }
    for (signal, tries) in [(SIGTERM, 300), (SIGKILL, 100)] {
      for process in living() { kill(process, signal) }
      for _ in 0..<tries {
        if living().isEmpty { return }
        usleep(20_000)
      }
    }
  }
}
