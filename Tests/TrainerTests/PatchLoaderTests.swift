import Base
import Foundation
import Restoration
import Synchronization
import Tensors
import TestSupport
import Testing
import Trainer

/// Patches that tell by their values which they are, and how many were made.
private final class CountedPatches: PatchSource {
  let inputShape = Shape(height: 2, width: 3, channels: 1)
  let targetShape = Shape(height: 1, width: 1, channels: 1)
  let made = Atomic<Int>(0)
  let gate = Locked(true)
  let failing: Int?

  /// - Parameter failing: the step at which it fails.
  init(failing: Int? = nil) { self.failing = failing }

  func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair {
    made.wrappingAdd(1, ordering: .relaxed)
    _ = gate.withLock(when: { $0 }) { _ in 0 }
    if step == failing { throw .unfit(reason: "step \(step)") }
    return PatchPair(
      input: Tensor(shape: inputShape, repeating: Float(100 * step + patch)),
      target: Tensor(shape: targetShape, repeating: Float(step)))
  }
}

@Suite struct PatchLoaderTests {
  @Test("batches come in order with the same bytes for any number of threads, and from the middle as from the start")
  func order() throws {
    let pictures = [try StoredPicture.sample("kitten", in: TestData.packageRoot)]
    let source = try PhotoPatches(pictures, damage: .jpeg(quality: 5...95), patch: 16, seed: 6)
    func batches(_ threads: Int, from first: Int = 0, _ count: Int = 6) throws -> [PatchBatch] {
      let loader = PatchLoader(source, batch: 3, firstStep: first, threads: threads, ahead: 2)
      var batches: [PatchBatch] = []
      while batches.count < count, let batch = try loader.next() { batches.append(batch) }
      return batches
    }
    let alone = try batches(0)
    #expect(alone.map(\.step) == Array(0..<6))
    for batch in alone {
      let pairs = try (0..<3).map { try source.pair(step: batch.step, patch: $0) }
      #expect(batch.inputs == pairs.flatMap(\.input.values) && batch.targets == pairs.flatMap(\.target.values))
      #expect(batch.inputs.count == 3 * batch.inputShape.count && batch.targets.count == 3 * batch.targetShape.count)
    }
    for threads in [1, 2, 16] {
      let found = try batches(threads)
      #expect(found.map(\.step) == alone.map(\.step))
      #expect(found.map(\.inputs) == alone.map(\.inputs) && found.map(\.targets) == alone.map(\.targets))
    }
    let resumed = try batches(2, from: 4, 2)
    #expect(resumed.map(\.step) == [4, 5] && resumed.map(\.inputs) == alone[4...].map(\.inputs))
  }

  @Test("no more than so many steps are prepared, however slow the network is", arguments: [1, 3, 16])
  func bounded(_ threads: Int) throws {
    let source = CountedPatches()
    let loader = PatchLoader(source, batch: 5, threads: threads, ahead: 3)
    func settle(_ count: Int) -> Bool {
      let end = clockSeconds() + 20
      while source.made.load(ordering: .relaxed) < count && clockSeconds() < end { usleep(1000) }
      usleep(50_000)
      return source.made.load(ordering: .relaxed) == count
    }
    #expect(settle(15))
    #expect(try loader.next()?.step == 0)
    #expect(settle(20))
    #expect(try loader.next()?.inputs.prefix(6).first == 100)
    loader.stop()
  }

  @Test("stopped while a patch is being made, it ends at once: for the one who waits, and for what comes after")
  func stopping() throws {
    let source = CountedPatches()
    source.gate.withLock { $0 = false }
    let loader = PatchLoader(source, batch: 4, threads: 4, ahead: 2)
    let end = clockSeconds() + 20
    while source.made.load(ordering: .relaxed) < 4 && clockSeconds() < end { usleep(1000) }
    // All four are held at the gate; nobody is let through before the one who waits has an answer.
    let answer = Locked<PatchBatch??>(nil)
    let thread = Thread {
      let batch = try? loader.next()
      answer.withLock { $0 = .some(batch) }
      answer.wakeAll()
    }
    thread.start()
    #expect(answer.withLock(when: { $0 != nil }, within: 0.05) { _ in true } == nil)
    let start = clockSeconds()
    loader.stop()
    let isEmpty = answer.withLock(when: { $0 != nil }, within: 20) { if case .some(.none) = $0 { true } else { false } }
    #expect(isEmpty == true && clockSeconds() - start < 10)
    #expect(try loader.next() == nil)
    source.gate.withLock { $0 = true }
    source.gate.wakeAll()
  }

  @Test("what a source throws ends the batches")
  func failure() throws {
    for threads in [0, 1, 4] {
      let loader = PatchLoader(CountedPatches(failing: 2), batch: 2, threads: threads, ahead: 1)
      #expect(try loader.next()?.step == 0)
      #expect(try loader.next()?.step == 1)
      #expect { try loader.next() } throws: { "\($0)" == "step 2" }
      #expect { try loader.next() } throws: { "\($0)" == "step 2" }
    }
  }

  @Test("the threads of a loader that nobody holds end")
  func released() throws {
    weak let released: CountedPatches?
    do {
      let source = CountedPatches()
      released = source
      let loader = PatchLoader(source, batch: 2, threads: 3, ahead: 2)
      #expect(try loader.next()?.step == 0)
    }
    let end = clockSeconds() + 20
    while released != nil && clockSeconds() < end { usleep(1000) }
    #expect(released == nil)
  }
}
