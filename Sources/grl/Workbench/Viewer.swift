import Base
import Foundation

/// The program that pictures are opened in: what `GRL_VIEWER` names, or what the desktop has for them.
enum Viewer {
  /// nil where there is no desktop.
  static func program(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    if let named = environment["GRL_VIEWER"], !named.isEmpty { return named }
    guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return nil }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.lazy.map { joined(String($0), "xdg-open") }.first { access($0, X_OK) == 0 }
  }

  /// Starts it beside the workbench, through the shell, so that `GRL_VIEWER` may have options.
  ///
  /// - Returns: why that is not possible.
  static func open(_ path: String) -> String? {
    guard let program = program() else { return "no viewer: GRL_VIEWER names one" }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "exec \(program) \"$1\"", "sh", path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return "\(program): \(error.localizedDescription)".printable }
    return nil
  }
}
