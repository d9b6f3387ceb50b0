import Imaging
import Restoration
import Tensors
import TestSupport
import Testing
import Trainer

@Suite struct PatchSourceTests {
  private let damages: [TrainingDamage] = [
    .noise(sigma: 0...55), .jpeg(quality: 5...95), .bicubic(scale: 2), .bicubic(scale: 3), .bicubic(scale: 4), .mosaic,
    .motion(length: 28), .defocus(radius: 10, isDualPixel: false), .defocus(radius: 10, isDualPixel: true), .photograph,
    .realWorld(scale: 4),
  ]

  private func pictures() throws -> [StoredPicture] {
    try ["kitten", "torii_gates"].map { try .sample($0, in: TestData.packageRoot) }
  }

  @Test(
    "pairs of every damage have the shapes that the source says, and levels of 8 bits but for noise and interpolation")
  func shapes() throws {
    for damage in damages {
      let source = try PhotoPatches(pictures(), damage: damage, patch: 16, seed: 3)
      let isDual = damage == .defocus(radius: 10, isDualPixel: true)
      #expect(source.inputShape == Shape(height: 16, width: 16, channels: isDual ? 6 : 3))
      let side = 16 * damage.scale
      #expect(source.targetShape == Shape(height: side, width: side, channels: 3))
      for pair in try source.pairs(3) {
        #expect(pair.input.shape == source.inputShape && pair.target.shape == source.targetShape)
        #expect(pair.target.values.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect(pair.input.values.allSatisfy { $0.isFinite && $0 > -2 && $0 < 3 })
        let isRounded = pair.input.values.allSatisfy { abs($0 * 255 - ($0 * 255).rounded()) < 1e-3 }
        switch damage {
        case .noise, .mosaic, .photograph: break
        default: #expect(isRounded, "\(damage)")
        }
      }
    }
  }

  @Test("gray pictures for the damages that know them; the others refuse")
  func gray() throws {
    let gray = StoredPicture(
      name: "g", width: 200, height: 200, channels: 1, samples: [UInt8](repeating: 99, count: 40_000))
    for damage in damages {
      if damage.takesGray {
        let pair = try PhotoPatches([gray], damage: damage, patch: 16, seed: 1).pair(step: 0, patch: 0)
        #expect(pair.input.shape.channels == 1 && pair.target.shape.channels == 1)
      } else {
        #expect(throws: TrainingDataError.self) { try PhotoPatches([gray], damage: damage, patch: 16, seed: 1) }
      }
    }
  }

  @Test("a pair is a function of seed, step and place: again, in another order, after going on; and no two are alike")
  func determinism() throws {
    for damage in damages {
      let source = try PhotoPatches(pictures(), damage: damage, patch: 8, seed: 3)
      let again = try PhotoPatches(pictures(), damage: damage, patch: 8, seed: 3)
      let other = try PhotoPatches(pictures(), damage: damage, patch: 8, seed: 4)
      let pair = try source.pair(step: 7, patch: 2)
      _ = try again.pair(step: 9, patch: 0)
      #expect(try again.pair(step: 7, patch: 2) == pair)
      for different in [
        try source.pair(step: 8, patch: 2), try source.pair(step: 7, patch: 3), try other.pair(step: 7, patch: 2),
      ] {
        #expect(different.target.values != pair.target.values)
      }
    }
  }

  @Test("squares are cut from everywhere and laid down all eight ways, rows and columns kept together")
  func orientations() throws {
    let pictures = [
      StoredPicture.numbered("a", width: 40, height: 30, key: 1), .numbered("b", width: 30, height: 50, key: 2),
      .numbered("small", width: 9, height: 100, key: 3),
    ]
    let source = try PhotoPatches(pictures, damage: .none, patch: 10, seed: 11)
    var (ways, keys, columns) = (Set<[Int]>(), [Int: Int](), Set<Int>())
    for step in 0..<400 {
      let patch = try source.pair(step: step, patch: 0).target
      func place(_ y: Int, _ x: Int) -> [Int] { (0..<2).map { Int((patch[y, x, $0] * 255).rounded()) } }
      let (origin, beside, below) = (place(0, 0), place(0, 1), place(1, 0))
      let (across, down) = (zip(beside, origin).map(-), zip(below, origin).map(-))
      ways.insert(across + down)
      keys[Int((patch[0, 0, 2] * 255).rounded()), default: 0] += 1
      for y in 0..<10 {
        for x in 0..<10 {
          columns.insert(place(y, x)[0])
          #expect(place(y, x) == (0..<2).map { origin[$0] + x * across[$0] + y * down[$0] })
        }
      }
    }
    #expect(ways.count == 8 && ways.allSatisfy { $0.map(abs).sorted() == [0, 0, 1, 1] })
    // As often as they have pixels: 1200 of 2700. The one that is too small never.
    #expect(Set(keys.keys) == [1, 2] && abs((keys[1] ?? 0) - 178) < 45)
    #expect(columns == Set(0..<40))
  }

  @Test("pictures smaller than what a patch takes are an error that says how large they must be")
  func tooSmall() throws {
    let pictures = [StoredPicture.numbered("a", width: 100, height: 70), .numbered("b", width: 60, height: 200)]
    #expect(throws: Never.self) { try PhotoPatches(pictures, damage: .none, patch: 70, seed: 1) }
    #expect { try PhotoPatches(pictures, damage: .motion(length: 28), patch: 32, seed: 1) } throws: { error in
      "\(error)"
        == "patches of 32 pixels take squares of 80 x 80, and the largest picture has 100 x 70; give larger pictures, or "
        + "train with a smaller --patch"
    }
    #expect(throws: TrainingDataError.self) { try PhotoPatches([], damage: .none, patch: 8, seed: 1) }
  }

  @Test("a held-out part has no pixel in common with what is trained on")
  func disjoint() throws {
    let library = PhotoLibrary((0..<12).map { .numbered("\($0).png", width: 40, height: 40, key: UInt8($0)) })
    func keys(_ pictures: [StoredPicture]) throws -> Set<Float> {
      let source = try PhotoPatches(pictures, damage: .none, patch: 8, seed: 2)
      return Set(try (0..<200).map { try source.pair(step: $0, patch: 0).target.values[2] })
    }
    let (training, heldOut) = (try keys(library.training), try keys(library.heldOut))
    #expect(training.count == library.training.count && heldOut.count == library.heldOut.count)
    #expect(training.isDisjoint(with: heldOut))
  }

  @Test("two sources are mixed by their share, each patch as its source alone has it")
  func mixed() throws {
    let first = try PhotoPatches([.numbered("a", width: 30, height: 30, key: 1)], damage: .none, patch: 8, seed: 5)
    let second = try PhotoPatches([.numbered("b", width: 30, height: 30, key: 2)], damage: .none, patch: 8, seed: 5)
    let source = MixedPatches(first, second, shareOfSecond: 0.25, seed: 5)
    var fromSecond = 0
    for step in 0..<400 {
      let pair = try source.pair(step: step, patch: 1)
      let isSecond = pair.target.values[2] > 1.5 / 255
      fromSecond += isSecond ? 1 : 0
      #expect(pair == (try (isSecond ? second : first).pair(step: step, patch: 1)))
    }
    #expect(abs(fromSecond - 100) < 35)
  }
}
