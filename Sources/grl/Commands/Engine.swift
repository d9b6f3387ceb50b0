import ArgumentParser
import Base
import EngineCore
import EngineTransport
import Foundation
import Imaging
import Restoration

struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Run, reach or end the process that restores pictures for the workbench.",
    usage: """
      grl engine --listen [<socket>] [--idle <idle>]
      grl engine --stdio
      grl engine --stop
      """,
    discussion: """
      The workbench starts an engine where none runs, and jobs go on in it when the workbench is closed or the connection \
      breaks. It ends by itself when nobody is connected and nothing is to be done. One engine runs for each user and \
      state folder ('grl paths' names its socket); Docs/Wire.md says how to talk to it.

      EXAMPLES
        grl engine --listen
        grl engine --stop
        ssh host grl engine --stdio
      """)

  enum Mode: String, EnumerableFlag {
    case listen, stdio, stop

    static func help(for value: Mode) -> ArgumentHelp? {
      switch value {
      case .listen: "Serve clients on a socket until the engine is stopped or nobody needs it."
      case .stdio: "Relay standard input and output to the running engine, started first if need be."
      case .stop: "End the running engine."
      }
    }
  }

  @Flag(exclusivity: .exclusive) var mode: Mode?

  @Argument(help: "Where to listen (default: $XDG_RUNTIME_DIR/grl/engine.sock, or /tmp/grl-UID/engine.sock).")
  var socket: String?

  @Option(
    help: "End after so many seconds without clients and work; 0 is never (default: 60).",
    transform: number(in: 0...86_400))
  var idle = 60

  @Flag(help: .hidden) var detached = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard let mode else { throw ValidationError("give one of --listen, --stdio and --stop") }
    if socket != nil && mode != .listen { throw ValidationError("a socket goes with --listen only") }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let place = EnginePlace(environment: environment, socket: socket.map { URL(filePath: $0).path })
    do {
      switch mode {
      case .listen: try serve(place)
      case .stdio: try EngineBridge(environment: environment).run()
      case .stop: try stop(place)
      case nil: break
      }
    } catch let error as EngineProcessError {
      throw Failure(.engineLost, "\(error)")
    }
  }

  private func serve(_ place: EnginePlace) throws {
    let log = EngineLog(file: detached ? place.log : nil, isQuiet: common.quiet, isVerbose: common.verbose > 0)
    // Nobody's folder is kept busy by a process in the background.
    if detached { _ = chdir(ProcessInfo.processInfo.environment["HOME"] ?? "/") }
    var options = EngineServer.Options()
    options.idleSeconds = idle == 0 ? nil : Double(idle)
    let listener = try EngineListener(place)
    let configuration = EngineConfiguration.standard(program: Version.current)
    let limits = MachineLimits.current
    log.write(
      .debug,
      "\(configuration.threadCount) threads (\(limits.threadRule.origin)), "
        + "\(MemoryBudget.text(configuration.budgetBytes)) of memory (\(limits.memoryRule?.origin ?? "nothing tells"))")
    for complaint in limits.complaints { log.write(.warning, complaint) }
    let engine = Engine(configuration)
    let server = try EngineServer(engine, options: options) { log.write($0, $1) }
    EndSignals.watch { server.stop(reason: $0) }
    Task {
      for await event in await engine.events() {
        if case .log(let line) = event { log.write(line.level, line.text.printable) }
      }
    }
    server.run(at: listener)
  }

  private func stop(_ place: EnginePlace) throws {
    let console = common.console()
    guard let holder = EngineLock.holder(at: place.lock) else {
      return console.note("no engine runs")
    }
    guard kill(pid_t(holder.processID), SIGTERM) == 0 || errno == ESRCH else {
      throw EngineProcessError.system(doing: "end process \(holder.processID)", path: place.lock, code: errno)
    }
    for _ in 0..<750 {
      if EngineLock.holder(at: place.lock) != holder {
        return console.note("the engine (process \(holder.processID)) has ended")
      }
      usleep(20_000)
    }
    throw Failure(
      .engineLost, "the engine (process \(holder.processID)) does not end; 'kill -9 \(holder.processID)' does")
  }
}
