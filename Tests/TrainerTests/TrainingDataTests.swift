import Restoration
import Tensors
import TestSupport
import Testing
import Trainer

@Suite struct TrainingDataTests {
  private func photographs() throws -> PhotoLibrary {
    let samples = try ["kitten", "row_houses", "torii_gates"].map {
      try StoredPicture.sample($0, in: TestData.packageRoot)
    }
    return PhotoLibrary(samples, isHeldOut: [false, false, true])
  }

  private func preset(_ task: RestorationTask, isDualPixel: Bool = false) throws -> TrainingPreset {
    try #require(TrainingPreset.named(task, .tiny, isDualPixel: isDualPixel))
  }

  @Test(
    "every task has a source of its shapes, and fixed patches that are the same again",
    arguments: RestorationTask.allCases)
  func tasks(_ task: RestorationTask) throws {
    for isDualPixel in task == .defocusDeblur ? [false, true] : [false] {
      let preset = try preset(task, isDualPixel: isDualPixel)
      let data = try TrainingData(.photographs(photographs()), for: preset)
      let source = try data.source(preset, patch: 16, seed: 1)
      #expect(source.inputShape.channels == (isDualPixel ? 6 : 3) && source.targetShape.width == 16 * preset.scale)
      let first = try data.heldOut(preset, count: 6, patch: 16)
      let again = try data.heldOut(preset, count: 6, patch: 16)
      #expect(first.map(\.pairs) == again.map(\.pairs))
      let isDeblurring = task == .motionDeblur || task == .defocusDeblur
      #expect(first.map(\.name) == (isDeblurring ? ["pictures", "clean"] : ["pictures"]))
      #expect(
        !first[0].pairs.isEmpty && first.allSatisfy { $0.pairs.allSatisfy { $0.input.shape == source.inputShape } })
      if isDeblurring {
        let clean = try #require(first.last)
        #expect(clean.isClean && clean.pairs.count == 4)
        for pair in clean.pairs { #expect(Array(pair.input.values.prefix(3)) == Array(pair.target.values.prefix(3))) }
        #expect(first[0].pairs.allSatisfy { $0.input.values != $0.target.values })
      }
    }
  }

  @Test("fixed patches have the strength of published tables, and shrink to what the held-out pictures hold")
  func heldOut() throws {
    let preset = try preset(.denoise)
    let data = try TrainingData(.photographs(photographs()), for: preset)
    let pairs = try data.heldOut(preset, count: 4, patch: 64)[0].pairs
    for pair in pairs {
      let squares = zip(pair.input.values, pair.target.values).map { Double($0 - $1) * Double($0 - $1) }
      let sigma = 255 * (squares.reduce(0, +) / Double(squares.count)).squareRoot()
      #expect(abs(sigma - 25) < 1)
    }
    // 320 pixels are the shorter side of the picture that is held out.
    #expect(try data.heldOut(preset, count: 1, patch: 400)[0].pairs[0].input.shape.width == 320)
    let small = PhotoLibrary(
      [.numbered("a", width: 200, height: 200), .numbered("b", width: 6, height: 90)], isHeldOut: [false, true])
    #expect(throws: TrainingDataError.self) { try TrainingData(.photographs(small), for: preset).heldOut(preset) }
  }

  @Test("frames of a fast camera are mixed in by their share, and their held-out pair is measured apart")
  func bursts() throws {
    let preset = try preset(.motionDeblur)
    let frames = (0..<5).map { number in
      StoredPicture(
        name: "a_\(100 + number)", width: 120, height: 120, channels: 3, samples: [UInt8](repeating: 50, count: 43_200))
    }
    let pair = TrainingPair(input: frames[0], target: frames[1])
    let library = BurstLibrary(frames: frames, pairs: [pair, pair])
    let data = try TrainingData(.photographs(photographs()), bursts: library, for: preset)
    let source = try data.source(preset, patch: 8, seed: 3)
    let uniform = try (0..<60).count { step in
      let target = try source.pair(step: step, patch: 0).target
      return target.values.allSatisfy { $0 == target.values[0] }
    }
    #expect(abs(uniform - 30) < 15)
    #expect(try data.heldOut(preset, count: 4, patch: 16).map(\.name) == ["pictures", "frames", "clean"])
    let denoising = try self.preset(.denoise)
    #expect { try TrainingData(.photographs(photographs()), bursts: library, for: denoising) } throws: {
      "\($0)" == "frames of a fast camera are for motion-deblur, not for denoise"
    }
  }

  @Test("the fingerprint tells other pictures, other names and other parts, and nothing else")
  func fingerprints() throws {
    let preset = try preset(.denoise)
    func fingerprint(_ pictures: [StoredPicture], heldOut: [Bool]) throws -> String {
      try TrainingData(.photographs(PhotoLibrary(pictures, isHeldOut: heldOut)), for: preset).fingerprint()
    }
    let (a, b, c) = (
      StoredPicture.numbered("a", width: 9, height: 8), StoredPicture.numbered("b", width: 9, height: 8),
      StoredPicture.numbered("c", width: 9, height: 8)
    )
    let whole = try fingerprint([a, b, c], heldOut: [false, false, true])
    #expect(try fingerprint([a, b, b], heldOut: [false, false, true]) == whole)
    let others = [
      try fingerprint([a, c, b], heldOut: [false, false, true]),
      try fingerprint([a, b, c], heldOut: [false, true, true]),
      try fingerprint([.numbered("a", width: 8, height: 9), b, c], heldOut: [false, false, true]),
      try fingerprint([.numbered("a", width: 9, height: 8, key: 1), b, c], heldOut: [false, false, true]),
    ]
    #expect(Set(others + [whole]).count == 5 && whole.count == 64)
  }

  @Test("pairs take the place of photographs where they fit the network")
  func pairs() throws {
    let pair = TrainingPair(
      input: .numbered("a", width: 60, height: 60, key: 1), target: .numbered("a", width: 60, height: 60, key: 2))
    let library = PairLibrary([pair])
    let denoising = try preset(.denoise)
    let data = try TrainingData(.pairs(library), for: denoising)
    #expect(try data.source(denoising, patch: 24, seed: 1).pair(step: 0, patch: 0).input.shape.width == 24)
    // Halves of 30 x 60 pixels.
    #expect(try data.heldOut(denoising, count: 3)[0].pairs.map(\.input.shape.width) == [24, 24, 24])
    for task in [RestorationTask.demosaic, .superResolution] {
      #expect(throws: TrainingDataError.self) { try TrainingData(.pairs(library), for: preset(task)) }
    }
  }
}
