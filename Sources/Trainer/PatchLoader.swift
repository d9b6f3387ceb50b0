import Base
import Foundation
import Tensors

/// The patches of one step, as the network takes them.
public struct PatchBatch: Sendable {
  public let step: Int
  /// `[N, h, w, C]`, contiguous.
  public let inputs: [Float]
  /// `[N, h * scale, w * scale, C]`, contiguous.
  public let targets: [Float]
  /// Of one input and of one target.
  public let inputShape: Shape
  public let targetShape: Shape
}

/// Prepares the batches of the next steps on threads of its own, so that the network does not wait.
///
/// Batches come in order of their steps, and what is in them does not depend on the threads. A bounded number of steps is held. Whoever asks
/// for a batch that is not begun takes part in making it, so that nothing hangs where the system gives no thread.
public final class PatchLoader: Sendable {
  public let batch: Int
  private let work: PatchWork

  /// - Parameters:
  ///   - batch: patches of a step; at least 1.
  ///   - firstStep: where a training begins or goes on.
  ///   - threads: that prepare patches; 0 prepares them when they are asked for.
  ///   - ahead: steps held at most; at least 1.
  public init(_ source: any PatchSource, batch: Int, firstStep: Int = 0, threads: Int = 1, ahead: Int = 4) {
    precondition(batch >= 1 && firstStep >= 0 && threads >= 0 && ahead >= 1)
    self.batch = batch
    let work = PatchWork(source, batch: batch, firstStep: firstStep, ahead: ahead)
    self.work = work
    for _ in 0..<threads {
      let thread = Thread { work.serve() }
      // Coders of pictures are C libraries with buffers on the stack.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { stop() }

  /// The batch of the next step; nil once the loader is stopped.
  ///
  /// - Throws: what the source throws; then there are no more batches.
  public func next() throws(TrainingDataError) -> PatchBatch? { try work.next() }

  /// Ends the threads, each after the patch that it is at, and every call of ``next()``. Does not wait.
  public func stop() { work.stop() }
}

/// What a loader shares with its threads, which do not keep the loader alive.
private final class PatchWork: Sendable {
  private struct State {
    /// The step that is handed out next.
    var next: Int
    /// The first step of which not all patches are given out, and how many of them are. Never below `next`.
    var open: Int
    var given = 0
    /// What is ready of each step from `next` on.
    var steps: [Int: [PatchPair?]] = [:]
    var failure: TrainingDataError?
    var isStopped = false

    var hasEnded: Bool { isStopped || failure != nil }
    /// The patches of the next step; nil where some are missing.
    var ready: [PatchPair]? {
      guard let patches = steps[next] else { return nil }
      let made = patches.compactMap(\.self)
      return made.count == patches.count ? made : nil
    }
  }

  private typealias Place = (step: Int, patch: Int)

  private enum Turn {
    case hand([PatchPair], step: Int)
    case help(Place)
    case end(TrainingDataError?)
  }

  private let source: any PatchSource
  private let batch: Int
  private let ahead: Int
  private let state: Locked<State>

  init(_ source: any PatchSource, batch: Int, firstStep: Int, ahead: Int) {
    (self.source, self.batch, self.ahead) = (source, batch, ahead)
    state = Locked(State(next: firstStep, open: firstStep))
  }

  /// What each thread does until the loader stops.
  func serve() {
    while true {
      let claimed: Place?? = state.withLock(when: { $0.hasEnded || $0.open < $0.next + ahead }) { state in
        state.hasEnded ? nil : claim(&state)
      }
      guard let claimed, let place = claimed else { return }
      make(place)
    }
  }

  func next() throws(TrainingDataError) -> PatchBatch? {
    while true {
      let turn: Turn? = state.withLock(when: { $0.hasEnded || $0.open == $0.next || $0.ready != nil }) { state in
        if state.hasEnded { return .end(state.failure) }
        guard let pairs = state.ready else { return .help(claim(&state)) }
        defer { state.next += 1 }
        state.steps[state.next] = nil
        return .hand(pairs, step: state.next)
      }
      switch turn {
      case .hand(let pairs, let step):
        state.wakeAll()
        return PatchBatch(
          step: step, inputs: pairs.flatMap(\.input.values), targets: pairs.flatMap(\.target.values),
          inputShape: source.inputShape, targetShape: source.targetShape)
      case .help(let place): make(place)
      case .end(let failure?): throw failure
      case .end(nil), nil: return nil
      }
    }
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    state.wakeAll()
  }

  /// Gives out a patch that nobody makes yet.
  private func claim(_ state: inout State) -> Place {
    let place = (state.open, state.given)
    if state.given == 0 { state.steps[state.open] = Array(repeating: nil, count: batch) }
    state.given += 1
    if state.given == batch { (state.open, state.given) = (state.open + 1, 0) }
    return place
  }

  private func make(_ place: Place) {
    let result: Result<PatchPair, TrainingDataError>
    do throws(TrainingDataError) {
      result = .success(try source.pair(step: place.step, patch: place.patch))
    } catch {
      result = .failure(error)
    }
    state.withLock { state in
      switch result {
      case .success(let pair): state.steps[place.step]?[place.patch] = pair
      case .failure(let error): state.failure = state.failure ?? error
      }
    }
    state.wakeAll()
  }
}
