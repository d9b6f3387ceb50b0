import Base
import CPUDevice
import Foundation
import GRLModel
import Restoration
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Pausing and cancelling", .serialized, .timeLimit(.minutes(10))) struct WorkGateTests {
  /// GRL-T as published, with made-up weights, on 256 x 256 pixels: a pass of a second or more.
  private static let tiny: GRL? = {
    let settings = PublishedSettings.all.first { $0.task == .denoise && $0.variant == .tiny }
    guard let configuration = settings?.configuration else { return nil }
    do {
      return try GRL(GeneratedWeights.checkpoint(configuration, seed: 3), configuration: configuration, on: CPUDevice())
    } catch {
      Issue.record("the published GRL-T does not load: \(error)")
      return nil
    }
  }()
  private static let side = 256

  /// A forward pass on a thread of its own.
  private final class Pass: Sendable {
    enum State: Sendable { case running, done([Float]), cancelled, refused }
    let gate: WorkGate
    let state = Locked(State.running)
    let pieces = Atomic<Int>(0)
    /// The thread's own processor clock: the other tests of the process do not count.
    private let clock = Locked<clockid_t?>(nil)

    init(_ network: GRL, threads: Int, gate: WorkGate = WorkGate()) {
      self.gate = gate
      let lease = ThreadLease(threadCount: threads, gate: gate)
      let side = WorkGateTests.side
      let shape = Shape(height: side, width: side, channels: network.configuration.inputChannels)
      let input = Tensor(shape: shape, values: Noise.values("gate", shape.count).map { 0.5 + $0 / 4 })
      Thread.detachNewThread {
        var clock = clockid_t()
        if pthread_getcpuclockid(pthread_self(), &clock) == 0 { self.clock.withLock { $0 = clock } }
        do {
          let session = try GRLSession(network: network, height: side, width: side, threads: lease)
          let output = try session.restore(input, onBlock: { done, _ in self.pieces.store(done, ordering: .relaxed) })
          self.state.withLock { $0 = .done(output.values) }
        } catch is CancellationError {
          self.state.withLock { $0 = .cancelled }
        } catch {
          self.state.withLock { $0 = .refused }
        }
      }
    }

    /// Seconds that the thread has computed. Only while it runs.
    var processorSeconds: Double? {
      var time = timespec()
      guard let clock = clock.withLock({ $0 }), clock_gettime(clock, &time) == 0 else { return nil }
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Waits for the end.
    func end() async throws -> State {
      var state = State.running
      try await eventually("the pass ends") {
        state = self.state.withLock { $0 }
        if case .running = state { return false }
        return true
      }
      return state
    }

    func isUnderWay() async throws {
      try await eventually("two blocks are done") { self.pieces.load(ordering: .relaxed) >= 2 }
    }
  }

  @Test("a paused pass comes to rest, uses no processor then, and ends with the very same bytes")
  func pause() async throws {
    let threads = 2
    let network = try #require(Self.tiny)
    let undisturbed = try await Pass(network, threads: threads).end()
    guard case .done(let expected) = undisturbed else { throw Unexpected(undisturbed) }
    let clock = ManualClock()
    let pass = Pass(network, threads: threads, gate: WorkGate(now: { clock.now }))
    try await pass.isUnderWay()
    pass.gate.pause()
    // While one thread is held, the block that it works on cannot end.
    try await eventually("a thread is held") { pass.gate.heldThreads > 0 }
    let before = pass.pieces.load(ordering: .relaxed)
    var used = try #require(pass.processorSeconds)
    try await eventually("no thread computes") {
      let soFar = used
      try await Task.sleep(for: .milliseconds(200))
      used = try #require(pass.processorSeconds)
      return used - soFar < 0.01
    }
    clock.advance(by: .seconds(7))
    #expect(pass.pieces.load(ordering: .relaxed) == before && before < network.blockCount)
    #expect(pass.gate.pausedTime == .seconds(7))
    pass.gate.resume()
    clock.advance(by: .seconds(7))
    #expect(pass.gate.pausedTime == .seconds(7))
    let resumed = try await pass.end()
    guard case .done(let values) = resumed else { throw Unexpected(resumed) }
    #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(
    "a cancelled pass ends before its last block, without a result, running or paused", arguments: [1, 2],
    [false, true])
  func cancel(threads: Int, isPaused: Bool) async throws {
    let network = try #require(Self.tiny)
    let pass = Pass(network, threads: threads)
    try await pass.isUnderWay()
    if isPaused {
      pass.gate.pause()
      try await eventually("a thread is held") { pass.gate.heldThreads > 0 }
    }
    pass.gate.cancel()
    let end = try await pass.end()
    guard case .cancelled = end else { throw Unexpected(end) }
    #expect(pass.pieces.load(ordering: .relaxed) < network.blockCount)
    pass.gate.pause()
    pass.gate.resume()
    #expect(pass.gate.isCancelled)
    pass.gate.reopen()
    #expect(pass.gate.pass() && !pass.gate.isCancelled)
  }

  @Test("a pool whose gate is cancelled skips every index left, and works again when it is opened", arguments: [1, 3])
  func pool(threads: Int) {
    let lease = ThreadLease(threadCount: threads)
    let count = Atomic<Int>(0)
    lease.run(count: 1000) { index, _ in
      if index >= 10 { lease.gate.cancel() }
      count.add(1, ordering: .relaxed)
    }
    #expect(count.load(ordering: .relaxed) <= 10 + threads)
    lease.gate.reopen()
    count.store(0, ordering: .relaxed)
    lease.run(count: 1000) { _, _ in count.add(1, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) == 1000)
  }

  @Test("threads of a paused pool wait, each at its next index, and then do every index once", arguments: [1, 3])
  func poolPauses(threads: Int) async throws {
    let lease = ThreadLease(threadCount: threads)
    let done = Locked([Int]())
    let hasResumed = Atomic<Bool>(false)
    let isOver = Atomic<Bool>(false)
    Thread.detachNewThread {
      lease.run(count: 600) { index, _ in
        // By every thread that comes so far, since the first one may be held up before it pauses the gate.
        if index >= 10, !hasResumed.load(ordering: .acquiring) { lease.gate.pause() }
        done.withLock { $0.append(index) }
      }
      isOver.store(true, ordering: .releasing)
    }
    try await eventually("the caller is held, whom helpers leave") { lease.gate.heldThreads > 0 }
    #expect(done.withLock { $0.count } <= 10 + threads)
    hasResumed.store(true, ordering: .releasing)
    // Again and again: a thread that looked before may pause the gate once more.
    try await eventually("the loop ends") {
      lease.gate.resume()
      return isOver.load(ordering: .acquiring)
    }
    #expect(lease.gate.heldThreads == 0)
    #expect(done.withLock { $0.sorted() } == Array(0..<600))
  }
}
