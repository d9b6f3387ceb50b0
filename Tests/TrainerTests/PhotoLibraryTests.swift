import Base
import Foundation
import Imaging
import TestSupport
import Testing
import Trainer

@Suite struct PhotoLibraryTests {
  @Test("pictures of a folder and of those in it come in order of the bytes of their names, the same for any threads")
  func order() throws {
    let folder = try TrainingFolder()
    let names = ["b.png", "a.png", "B.png", "ä.png", "deep/er/c.jpg", "a-b.png"]
    for (key, name) in names.enumerated() {
      try folder.write(.numbered(width: 12, height: 9, key: UInt8(key)), name)
    }
    try folder.write(.numbered(width: 12, height: 9), ".hidden.png")
    try folder.write(.numbered(width: 12, height: 9), ".hidden/a.png")
    let found = try [1, 2, 16].map { threads in
      try PhotoLibrary([folder.path], isColour: true, limits: DataLimits(threadCount: threads))
    }
    for library in found {
      #expect(library.refused == [] && library.channels == 3 && library.keptShare == 1)
      for part in [library.training, library.heldOut] {
        let bytes = part.map { Array($0.name.utf8) }
        #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
      }
      #expect(Set((library.training + library.heldOut).map(\.name)) == Set(names))
      #expect(library.training.map(\.samples) == found[0].training.map(\.samples))
      #expect(library.heldOut.map(\.name) == found[0].heldOut.map(\.name))
    }
  }

  @Test("a folder `val` is held out, wherever it lies, and nothing else is")
  func heldOutFolder() throws {
    let folder = try TrainingFolder()
    for name in ["train/a.png", "train/b.png", "val/c.png", "more/val/d.png", "val.png"] {
      try folder.write(.numbered(width: 8, height: 8), name)
    }
    let library = try PhotoLibrary([folder.path], isColour: true)
    #expect(library.heldOut.map(\.name) == ["more/val/d.png", "val/c.png"])
    #expect(library.training.map(\.name) == ["train/a.png", "train/b.png", "val.png"])
  }

  @Test(
    "without one, names decide: a tenth, at least one on either side, and a picture keeps its part when others come")
  func heldOutByName() {
    func parts(_ count: Int) -> PhotoLibrary {
      PhotoLibrary((0..<count).map { .numbered("photo\($0).png", width: 8, height: 8) })
    }
    for count in 2...12 {
      let library = parts(count)
      #expect(library.training.count + library.heldOut.count == count)
      #expect(!library.training.isEmpty && !library.heldOut.isEmpty)
    }
    let (fewer, more) = (parts(400), parts(1000))
    #expect((60...140).contains(more.heldOut.count))
    let names = (Set(fewer.training.map(\.name)), Set(fewer.heldOut.map(\.name)))
    #expect(names.0.isDisjoint(with: more.heldOut.map(\.name)) && names.1.isDisjoint(with: more.training.map(\.name)))
  }

  @Test("of a single picture one half trains and the other is held out", arguments: [(40, 21), (21, 40)])
  func single(_ width: Int, _ height: Int) throws {
    let folder = try TrainingFolder()
    try folder.write(.numbered(width: width, height: height), "only.png")
    let library = try PhotoLibrary([folder.path], isColour: true)
    func pixels(_ pictures: [StoredPicture]) -> Set<Int> {
      Set(
        pictures.flatMap { picture in
          (0..<picture.pixels).map { Int(picture.samples[3 * $0]) << 8 | Int(picture.samples[3 * $0 + 1]) }
        })
    }
    let (training, heldOut) = (pixels(library.training), pixels(library.heldOut))
    #expect(training.count == 20 * 21 && heldOut.count == 20 * 21 && training.isDisjoint(with: heldOut))
  }

  @Test("gray, alpha and 16 bits become what a person sees in 8 bits")
  func layouts() throws {
    let folder = try TrainingFolder()
    let half = Image(width: 1, height: 1, layout: .rgbAlpha, samples: .eight([100, 50, 0, 0]))
    try folder.write(half, "alpha.png")
    try folder.write(Image(width: 1, height: 1, layout: .gray, samples: .sixteen([257 * 77])), "deep.png")
    try folder.write(Image(width: 1, height: 1, layout: .rgb, samples: .eight([100, 50, 200])), "rgb.png")
    func samples(_ isColour: Bool) throws -> [String: [UInt8]] {
      let library = try PhotoLibrary([folder.path], isColour: isColour)
      return Dictionary(uniqueKeysWithValues: (library.training + library.heldOut).map { ($0.name, $0.samples) })
    }
    #expect(
      try samples(true) == ["alpha.png": [255, 255, 255], "deep.png": [77, 77, 77], "rgb.png": [100, 50, 200]])
    #expect(try samples(false) == ["alpha.png": [255], "deep.png": [77], "rgb.png": [82]])
  }

  @Test("what cannot be read is left out and named once; where nothing can, the error names it")
  func unreadable() throws {
    let folder = try TrainingFolder()
    let good = try folder.write(.numbered(width: 8, height: 8), "good.png")
    try folder.write(Array(try Data(contentsOf: URL(filePath: good)).prefix(40)), "cut.png")
    try folder.write(Array("GIF89a".utf8), "other.jpg")
    let library = try PhotoLibrary([folder.path], isColour: true)
    #expect((library.training + library.heldOut).allSatisfy { $0.name == "good.png" })
    #expect(library.refused.count == 2)
    for name in ["cut.png", "other.jpg"] { #expect(library.refused.count { $0.contains("/\(name): ") } == 1) }

    try FileManager.default.removeItem(atPath: good)
    #expect { try PhotoLibrary([folder.path], isColour: true) } throws: { error in
      guard case TrainingDataError.noPictures(_, _, let refused) = error else { return false }
      return refused.count == 2 && "\(error)".contains("2 could not be read") && "\(error)".contains("cut.png")
    }
  }

  @Test("no folder, an empty one, one of other files, and one that is all held out are errors that say so")
  func nothing() throws {
    let folder = try TrainingFolder()
    func failure(_ path: String) -> String {
      do {
        _ = try PhotoLibrary([path], isColour: true)
        return "read"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      failure(folder.path + "/none").hasSuffix(
        "it does not exist; give a folder, a tar archive of pictures or a picture"))
    #expect(failure(folder.path).hasSuffix(": no pictures; PNG, JPEG, BMP and TIFF files are read"))
    try folder.write(Array("text".utf8), "notes.txt")
    #expect(failure(folder.path).hasSuffix(": no pictures; PNG, JPEG, BMP and TIFF files are read"))
    #expect(failure(folder.path + "/notes.txt").contains("neither a folder nor a tar archive"))
    try folder.write(.numbered(width: 8, height: 8), "val/a.png")
    #expect(failure(folder.path).contains("no pictures outside the folder `val`"))
  }

  @Test("where memory is short the middle of large pictures is kept; where it is too short, nothing is begun")
  func memory() throws {
    let folder = try TrainingFolder()
    let plain = Image(
      width: 1200, height: 900, layout: .gray, samples: .eight([UInt8](repeating: 90, count: 1200 * 900)))
    for name in ["a", "b", "c"] { try folder.write(plain, "\(name).png") }
    try folder.write(.numbered(width: 100, height: 100), "small.png")
    // Three large pictures take 3.2 MB as gray, and decoding one takes 9 bytes a pixel beside.
    let decoding = 9 * 1200 * 900 + 10_000
    func library(_ bytes: Int) throws -> PhotoLibrary {
      try PhotoLibrary([folder.path], isColour: false, limits: DataLimits(memoryBytes: bytes, threadCount: 2))
    }
    #expect(try library(40 << 20).keptShare == 1)
    let half = try library(decoding + 1_600_000)
    #expect(half.keptShare > 0.45 && half.keptShare < 0.55)
    let all = half.training + half.heldOut
    #expect(all.reduce(0) { $0 + $1.samples.count } <= 1_700_000)
    for picture in all where picture.name != "small.png" {
      #expect(abs(Double(picture.width) / Double(picture.height) - 4.0 / 3) < 0.01)
    }
    #expect(all.first { $0.name == "small.png" }?.pixels == 10_000)
    // With more memory the same once more, where that is asked for.
    var limits = DataLimits(memoryBytes: 40 << 20, threadCount: 2)
    limits.pixelsPerPicture = half.pixelsPerPicture
    let again = try PhotoLibrary([folder.path], isColour: false, limits: limits)
    #expect(again.training.map(\.samples) == half.training.map(\.samples) && again.keptShare == half.keptShare)
    #expect(try half.pixelsPerPicture != nil && library(40 << 20).pixelsPerPicture == nil)
    #expect { try library(decoding + 150_000) } throws: { error in
      guard case TrainingDataError.overBudget(_, 4, let needed, _) = error else { return false }
      return needed > 12_000_000 && "\(error)".contains("raise --memory to ")
    }
  }

  @Test("reading ends when it is no longer wanted")
  func cancelled() throws {
    let folder = try TrainingFolder()
    try folder.write(.numbered(width: 8, height: 8), "a.png")
    var limits = DataLimits()
    let flag = CancelFlag()
    flag.set()
    limits.image = limits.image.heeding(flag)
    #expect { try PhotoLibrary([folder.path], isColour: true, limits: limits) } throws: { error in
      if case TrainingDataError.cancelled = error { true } else { false }
    }
  }

  @Test("the pack of training photographs: 391 to train on and 40 held out", .shared("training/photos-48mb.tar"))
  func pack() throws {
    let path = try #require(TestData.shared("training/photos-48mb.tar")).path
    let library = try PhotoLibrary([path], isColour: true, limits: DataLimits(memoryBytes: 120 << 20, threadCount: 2))
    #expect(library.training.count == 391 && library.heldOut.count == 40 && library.refused == [])
    #expect(library.keptShare > 0.3 && library.keptShare < 0.6)
  }
}
