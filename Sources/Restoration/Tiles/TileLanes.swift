import Base
import Tensors

/// Computes tiles and hands them over in order: one after the other, or, where there are more threads than one tile keeps busy, several at
/// once. What comes out is the same.
///
/// ```
/// caller    ─post→ waiting ─claim→ computed by the caller ┐
/// lanes 2...        └──────claim→ computed by a lane      ┴→ done ─take, in order→ caller
/// ```
///
/// The caller posts tiles and takes them, on its own thread, and computes as the others do while the next one is not there. The other lanes are
/// threads of the same pool. Each lane has a network's session of its own and its share of the threads. What the caller has to do in order, but not
/// at once (to encode finished rows), it hands to them too: ``later(_:)``.
final class TileLanes {
  /// Threads that work on one tile where there are more. A tile has 8 to 32 pieces of work in its longest loops, and threads wait for each other at
  /// the end of each; more lanes take more memory (Docs/Performance.md, "One wide machine").
  private static let threadsPerTile = 2

  /// Tiles to compute at once: no more than there are threads and memory for.
  ///
  /// - Parameters:
  ///   - isOnCard: a graphics card computes one tile at a time.
  ///   - fits: whether so many stay within the memory budget.
  static func count(_ tiles: TilePlan, threadCount: Int, isOnCard: Bool, fits: (Int) -> Bool) -> Int {
    guard !isOnCard else { return 1 }
    var lanes = max(1, min(threadCount / threadsPerTile, tiles.tileCount))
    while lanes > 1, !fits(lanes) { lanes -= 1 }
    return lanes
  }

  /// Threads of the lane that has most.
  static func threads(_ threadCount: Int, lanes: Int) -> Int { (threadCount + lanes - 1) / lanes }

  /// Tiles that are posted at most beyond those that were taken, so that no lane waits for the caller.
  static func window(lanes: Int) -> Int { lanes == 1 ? 1 : 2 * lanes }

  private struct Task {
    enum State { case waiting, running(share: Double), done(Tensor) }
    let index: Int
    let input: Tensor
    var state = State.waiting
  }

  private struct Board {
    /// In the order of the tiles.
    var tasks: [Task] = []
    /// What is to be done in this order, one at a time.
    var chores: [Chore] = []
    var isChoreRunning = false
    var choreFailure: RestorationError?
    var isStopping = false

    var hasChore: Bool { !isChoreRunning && !chores.isEmpty }

    mutating func takeChore() -> Chore? {
      guard hasChore else { return nil }
      isChoreRunning = true
      return chores.removeFirst()
    }

    var waiting: Int? { tasks.firstIndex { if case .waiting = $0.state { true } else { false } } }

    mutating func set(_ index: Int, _ state: Task.State) {
      guard let place = tasks.firstIndex(where: { $0.index == index }) else { return }
      tasks[place].state = state
    }

    func output(_ index: Int) -> Tensor? {
      guard let task = tasks.first, task.index == index, case .done(let tile) = task.state else { return nil }
      return tile
    }
  }

  /// Work that one thread at a time does, whichever it is.
  ///
  /// What it captures is used by chores only, or not changed while there are any: ``run(_:)`` returns when none is left.
  private struct Chore: @unchecked Sendable { let body: () throws(RestorationError) -> Void }

  /// Chores that wait before the caller takes part in them.
  private static let mostChores = 2

  private let lanes: Int
  private let threads: ThreadLease
  private let makeRunner: (ThreadLease) -> TileRunner
  private var runner: TileRunner
  private let board = Locked(Board())

  /// - Parameter makeRunner: makes what computes the tiles of one lane.
  init(_ lanes: Int, threads: ThreadLease, makeRunner: @escaping (ThreadLease) -> TileRunner) {
    (self.lanes, self.threads, self.makeRunner) = (lanes, threads, makeRunner)
    runner = makeRunner(Self.share(of: threads, lane: 0, of: lanes))
  }

  /// What the caller's device failed at.
  var fault: DeviceFault? { runner.fault }

  private static func share(of threads: ThreadLease, lane: Int, of lanes: Int) -> ThreadLease {
    let (each, more) = threads.threadCount.quotientAndRemainder(dividingBy: lanes)
    return ThreadLease(threadCount: each + (lane < more ? 1 : 0), of: threads.pool, gate: threads.gate)
  }

  /// Runs `work` on this thread while the other lanes wait for tiles.
  func run(_ work: () throws(RestorationError) -> Void) throws(RestorationError) {
    var failure: RestorationError?
    func workAndStop() {
      do throws(RestorationError) {
        try work()
        try finishChores(downTo: 0)
      } catch {
        failure = error
      }
      board.withLock { $0.isStopping = true }
      board.wakeAll()
    }
    if lanes == 1 {
      workAndStop()
    } else {
      threads.runTogether(lanes) { lane in
        if lane == 0 { workAndStop() } else { serve(lane) }
      }
    }
    if let failure { throw failure }
  }

  // MARK: The caller

  /// - Parameter tile: what was made of it already, or nil to have it computed.
  func post(_ index: Int, _ input: Tensor, tile: Tensor?) {
    board.withLock { $0.tasks.append(Task(index: index, input: input, state: tile.map { .done($0) } ?? .waiting)) }
    if tile == nil { board.wakeOne() }
  }

  /// How much is done of the tiles that were posted and not taken: 2.5 is that of two and a half.
  var share: Double {
    board.withLock { board in
      board.tasks.reduce(0.0) { sum, task in
        switch task.state {
        case .waiting: sum
        case .running(let share): sum + share
        case .done: sum + 1
        }
      }
    }
  }

  /// The tile that was posted first of those that were not taken, with its input.
  ///
  /// - Parameters:
  ///   - isCancelled: asked between transformer blocks and while this waits.
  ///   - onProgress: told ``share``.
  func take(
    _ index: Int, isCancelled: () -> Bool, onProgress: (_ share: Double) -> Void
  ) throws(RestorationError) -> (input: Tensor, tile: Tensor) {
    while true {
      enum Step { case done(Tensor, Tensor), compute(Int, Tensor), wait }
      let step: Step = board.withLock { board in
        if let tile = board.output(index) { return .done(board.tasks.removeFirst().input, tile) }
        guard let place = board.waiting else { return .wait }
        board.tasks[place].state = .running(share: 0)
        return .compute(board.tasks[place].index, board.tasks[place].input)
      }
      switch step {
      case .done(let input, let tile): return (input, tile)
      case .compute(let other, let input):
        let tile = try runner.restore(input, isCancelled: isCancelled) { share in
          board.withLock { $0.set(other, .running(share: share)) }
          onProgress(self.share)
        }
        board.withLock { $0.set(other, .done(tile)) }
      case .wait:
        _ = board.withLock(when: { $0.output(index) != nil || $0.waiting != nil }, within: 0.2) { _ in }
        if isCancelled() || threads.gate.isCancelled { throw .cancelled }
        onProgress(share)
      }
    }
  }

  /// Has `body` called behind those of earlier calls, by whichever lane comes first; at once where there is one lane.
  ///
  /// - Throws: what an earlier one threw; those behind it are not called.
  func later(_ body: @escaping () throws(RestorationError) -> Void) throws(RestorationError) {
    guard lanes > 1 else { return try body() }
    board.withLock { $0.chores.append(Chore(body: body)) }
    board.wakeOne()
    try finishChores(downTo: Self.mostChores)
  }

  /// Takes part in chores until so few wait.
  private func finishChores(downTo count: Int) throws(RestorationError) {
    while true {
      if let failure = board.withLock({ $0.choreFailure }) { throw failure }
      guard board.withLock({ $0.chores.count + ($0.isChoreRunning ? 1 : 0) }) > count else { return }
      if let chore = board.withLock({ $0.takeChore() }) {
        perform(chore)
      } else {
        _ = board.withLock(when: { !$0.isChoreRunning }, within: 0.2) { _ in }
      }
    }
  }

  private func perform(_ chore: Chore) {
    var failure: RestorationError?
    do throws(RestorationError) { try chore.body() } catch { failure = error }
    board.withLock { board in
      board.isChoreRunning = false
      guard let failure else { return }
      board.choreFailure = failure
      board.chores = []
    }
    board.wakeAll()
  }

  // MARK: The other lanes

  /// Computes tiles until the caller's work has ended. A lane that cannot (there is no memory for its session) leaves its tile to the others.
  private func serve(_ lane: Int) {
    var runner = makeRunner(Self.share(of: threads, lane: lane, of: lanes))
    enum Step { case chore(Chore), tile(index: Int, input: Tensor), stop }
    while true {
      let step: Step? = board.withLock(when: { $0.isStopping || $0.hasChore || $0.waiting != nil }) { board in
        if board.isStopping { return .stop }
        if let chore = board.takeChore() { return .chore(chore) }
        guard let place = board.waiting else { return .stop }
        board.tasks[place].state = .running(share: 0)
        return .tile(index: board.tasks[place].index, input: board.tasks[place].input)
      }
      let task: (index: Int, input: Tensor)
      switch step {
      case .chore(let chore):
        perform(chore)
        continue
      case .tile(let index, let input): task = (index, input)
      case .stop, nil: return
      }
      do throws(RestorationError) {
        let tile = try runner.restore(task.input, isCancelled: { board.withLock { $0.isStopping } }) { share in
          board.withLock { $0.set(task.index, .running(share: share)) }
        }
        board.withLock { $0.set(task.index, .done(tile)) }
        board.wakeAll()
      } catch {
        board.withLock { $0.set(task.index, .waiting) }
        board.wakeAll()
        return
      }
    }
  }
}
