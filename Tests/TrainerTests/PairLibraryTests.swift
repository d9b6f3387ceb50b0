import Foundation
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing
import Trainer

@Suite struct PairLibraryTests {
  /// The same place in both, told apart by the third channel.
  private func write(_ folder: TrainingFolder, _ input: String, _ target: String, width: Int = 40, height: Int = 30)
    throws
  {
    try folder.write(.numbered(width: width, height: height, key: 1), input)
    try folder.write(.numbered(width: width, height: height, key: 2), target)
  }

  @Test("folders input/ and target/, names with _blur and _sharp, and train/ beside val/")
  func layouts() throws {
    let folders = try TrainingFolder()
    for name in ["b", "a", "c"] { try write(folders, "input/\(name).png", "target/\(name).jpg") }
    try folders.write(.numbered(width: 4, height: 4), "target/alone.png")
    let library = try PairLibrary(folders.path, isColour: true)
    #expect(
      Set((library.training + library.heldOut).map(\.input.name)) == ["input/a.png", "input/b.png", "input/c.png"])
    #expect(!library.training.isEmpty && !library.heldOut.isEmpty)

    let names = try TrainingFolder()
    for name in ["x_1", "y"] { try write(names, "\(name)_blur.png", "\(name)_sharp.png") }
    let named = try PairLibrary(names.path, isColour: true)
    #expect((named.training + named.heldOut).count == 2)

    let parts = try TrainingFolder()
    for name in ["a", "b", "c"] { try write(parts, "train/input/\(name).png", "train/target/\(name).png") }
    try write(parts, "val/input/d.png", "val/target/d.png")
    let split = try PairLibrary(parts.path, isColour: true)
    #expect(split.training.count == 3 && split.heldOut.map(\.input.name) == ["val/input/d.png"])
  }

  @Test("patches of both lie at the same place and the same way round, at any scale", arguments: [1, 2, 4])
  func places(_ scale: Int) throws {
    let input = StoredPicture.numbered("a", width: 50, height: 40, key: 1)
    // Each pixel of the input becomes a square of equal ones.
    var samples: [UInt8] = []
    for y in 0..<40 * scale {
      for x in 0..<50 * scale { samples += [UInt8(x / scale), UInt8(y / scale), 2] }
    }
    let target = StoredPicture(name: "t", width: 50 * scale, height: 40 * scale, channels: 3, samples: samples)
    let source = try PairPatches(
      [TrainingPair(input: input, target: target)], scale: scale, isDualPixel: false, patch: 12, seed: 4)
    var ways = Set<[Float]>()
    for step in 0..<100 {
      let pair = try source.pair(step: step, patch: 0)
      #expect(pair.target.shape == Shape(height: 12 * scale, width: 12 * scale, channels: 3))
      for y in 0..<12 * scale {
        for x in 0..<12 * scale {
          #expect(pair.target[y, x, 0] == pair.input[y / scale, x / scale, 0])
          #expect(pair.target[y, x, 1] == pair.input[y / scale, x / scale, 1])
        }
      }
      #expect(pair.input[0, 0, 2] < 1.5 / 255 && pair.target[0, 0, 2] > 1.5 / 255)
      ways.insert(
        [pair.input[0, 1, 0] - pair.input[0, 0, 0], pair.input[1, 0, 1] - pair.input[0, 0, 1]].map {
          ($0 * 255).rounded()
        })
    }
    #expect(ways.count == 5)  // Four ways that keep rows, and (0, 0) for the four that exchange them.
  }

  @Test("the views of a dual pixel stay left and right")
  func views() throws {
    let folder = try TrainingFolder()
    for name in ["a", "b"] {
      try folder.write(.numbered(width: 40, height: 30, key: 1), "\(name)_left.png")
      try folder.write(.numbered(width: 40, height: 30, key: 2), "\(name)_right.png")
      try folder.write(.numbered(width: 40, height: 30, key: 3), "\(name)_gt.png")
    }
    let library = try PairLibrary(folder.path, isColour: true, isDualPixel: true)
    let source = try PairPatches(library.training, scale: 1, isDualPixel: true, patch: 8, seed: 1)
    #expect(source.inputShape.channels == 6)
    var turned = 0
    for step in 0..<40 {
      let pair = try source.pair(step: step, patch: 0)
      #expect((pair.input[0, 0, 2] * 255).rounded() == 1 && (pair.input[0, 0, 5] * 255).rounded() == 2)
      #expect(((pair.input[0, 1, 0] - pair.input[0, 0, 0]) * 255).rounded() == 1)
      if pair.input[1, 0, 1] < pair.input[0, 0, 1] { turned += 1 }
    }
    #expect(turned > 8 && turned < 32)
  }

  @Test("a pair whose sizes differ is left out and named; without any pair the error says what was looked for")
  func refused() throws {
    let folder = try TrainingFolder()
    try write(folder, "input/a.png", "target/a.png")
    try folder.write(.numbered(width: 10, height: 10), "input/b.png")
    try folder.write(.numbered(width: 11, height: 10), "target/b.png")
    let library = try PairLibrary(folder.path, isColour: true)
    #expect(
      library.refused.count == 1
        && library.refused[0].hasSuffix("b.png: 10 x 10 does not belong to a target of 11 x 10"))
    // One pair is left: halves of it.
    #expect(library.training.map(\.input.width) == [20] && library.heldOut.map(\.target.width) == [20])
    #expect { try PairLibrary(folder.path, isColour: true, scale: 2) } throws: { error in
      guard case TrainingDataError.noPictures(_, _, let refused) = error else { return false }
      return refused.count == 2 && refused[0].hasSuffix("at scale 2")
    }
    let empty = try TrainingFolder()
    #expect { try PairLibrary(empty.path, isColour: true) } throws: { error in
      "\(error)".contains("no pairs: neither folders input/ and target/ nor NAME_blur and NAME_sharp")
    }
    #expect { try PairLibrary(empty.path + "/none", isColour: true) } throws: { error in
      "\(error)".contains("pairs lie in a folder with input/ and target/")
    }
  }
}

@Suite struct BurstLibraryTests {
  /// A uniform frame.
  private func frame(_ name: String, _ level: UInt8, side: Int = 24) -> StoredPicture {
    StoredPicture(
      name: name, width: side, height: side, channels: 3, samples: [UInt8](repeating: level, count: side * side * 3))
  }

  @Test("runs are consecutive numbers of one name and one size")
  func runs() {
    let names = ["a_0009", "a_0010", "a_0011", "a_0013", "b_0014", "b_0015"]
    var frames = names.map { frame("\($0).jpg", 0) }
    frames.append(frame("b_0016.jpg", 0, side: 30))
    let library = BurstLibrary(frames: frames)
    #expect(library.runs.map(\.count) == [3, 1, 2, 1])
  }

  @Test("blur is the mean of the frames' light, and sharp the frame in the middle")
  func means() throws {
    let frames = (0..<13).map { frame("a_\(100 + $0).png", UInt8(10 + 15 * $0)) }
    let source = try BurstPatches(BurstLibrary(frames: frames), patch: 8, seed: 2)
    var counts: [Int: Int] = [:]
    for step in 0..<300 {
      let pair = try source.pair(step: step, patch: 0)
      let (blurred, sharp) = (pair.input.values[0], pair.target.values[0])
      #expect(pair.input.values.allSatisfy { $0 == blurred } && pair.target.values.allSatisfy { $0 == sharp })
      let middle = (Int((sharp * 255).rounded()) - 10) / 15
      // The number of frames whose mean around this middle it is.
      let found = BurstPatches.lengths.map(\.frames).first { count in
        guard middle - count / 2 >= 0, middle + count / 2 <= 12 else { return false }
        let light = (middle - count / 2...middle + count / 2).map { pow((10 + 15 * Double($0)) / 255, 2.2) }
        let mean = pow(light.reduce(0, +) / Double(count), 1 / 2.2)
        return Int((mean * 255).rounded()) == Int((blurred * 255).rounded())
      }
      counts[try #require(found, "\(blurred) of \(sharp)"), default: 0] += 1
    }
    // Short means can look alike in 8 bits; long ones do not.
    #expect(counts.keys.contains(13) && counts.keys.contains(1))
  }

  @Test("one patch in eight is from a pair; the last pair is held out; without frames all are from pairs")
  func pairs() throws {
    func pair(_ name: String) -> TrainingPair {
      TrainingPair(input: frame("\(name)_blur.png", 250), target: frame("\(name)_sharp.png", 255))
    }
    let frames = (0..<5).map { frame("a_\(100 + $0).png", 50) }
    let library = BurstLibrary(frames: frames, pairs: [pair("a"), pair("b"), pair("c")])
    #expect(
      library.pairs.map(\.input.name) == ["a_blur.png", "b_blur.png"]
        && library.heldOut.map(\.input.name) == ["c_blur.png"])
    let source = try BurstPatches(library, patch: 8, seed: 2)
    let fromPairs = try (0..<400).count { try source.pair(step: $0, patch: 0).target.values[0] == 1 }
    #expect(abs(fromPairs - 50) < 22)
    let only = try BurstPatches(BurstLibrary(frames: [], pairs: [pair("a")]), patch: 8, seed: 2)
    #expect(try only.pair(step: 0, patch: 0).target.values[0] == 1)
    #expect(throws: TrainingDataError.self) { try BurstPatches(library, patch: 25, seed: 2) }
  }

  @Test("frames and pairs of a fast camera", .shared("training/motion"))
  func camera() throws {
    let path = try #require(TestData.shared("training/motion")).path
    let library = try BurstLibrary(path, limits: DataLimits(memoryBytes: 1 << 30, threadCount: 2))
    #expect(library.runs.map(\.count) == [26, 26, 26, 26] && library.pairs.count == 4 && library.heldOut.count == 1)
    let source = try BurstPatches(library, patch: 16, seed: 1)
    #expect(try source.pair(step: 0, patch: 0) == (try source.pair(step: 0, patch: 0)))
    #expect { try BurstLibrary(path + "/frames") } throws: { error in
      "\(error)".contains("no frames/NAME0001.jpg ... and no pairs/NAME_blur.png with NAME_sharp.png")
    }
  }
}
