import Base
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Seams") struct SeamTests {
  /// Restores in tiles of 32 with a network that brightens every second tile by `step`.
  private func restored(step: Float, overlap: Int, _ blending: Blending = .feathered) throws -> RestoredImage {
    let count = Locked(0)
    let restorer = try TestNetworks.restorer(.denoise, TestNetworks.configuration(inputChannels: 1)) { x in
      let tile = count.withLock {
        $0 += 1
        return $0
      }
      var y = x
      if tile % 2 == 0 { for i in y.values.indices { y.values[i] += step } }
      return y
    }
    let picture = TestPictures.picture(128, 96, .gray, bits: 16)
    var options = RestorationOptions()
    options.tile = .side(32)
    options.overlap = overlap
    options.blending = blending
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    return try restorer.restore(picture, plan: plan)
  }

  @Test("The seam score is near one where tiles agree")
  func agree() throws {
    let score = try restored(step: 0, overlap: 8).report.seamScore
    #expect(score != nil && abs(score! - 1) < 0.15)
  }

  @Test("It shows a step between tiles, and that blending hides it")
  func step() throws {
    let hard = try restored(step: 0.1, overlap: 0).report.seamScore!
    let feathered = try restored(step: 0.1, overlap: 16).report.seamScore!
    let average = try restored(step: 0.1, overlap: 16, .average).report.seamScore!
    #expect(hard > 1.5 && average > feathered && feathered < 1.2)
  }

  @Test("An edge of the picture that runs along a seam is none")
  func contentAtSeams() throws {
    // Bright squares whose sides lie on the lines where tiles begin: 24, 48, 72, 96 with a stride of 24.
    let (width, height) = (128, 96)
    let samples = (0..<width * height).map { UInt8(($0 % width / 24 + $0 / width / 24) % 2 == 0 ? 60 : 190) }
    let picture = Image(width: width, height: height, layout: .gray, samples: .eight(samples))
    let restorer = try TestNetworks.restorer(.denoise, TestNetworks.configuration(inputChannels: 1)) { $0 }
    var options = RestorationOptions()
    options.tile = .side(32)
    options.overlap = 8
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    let restored = try restorer.restore(picture, plan: plan)
    #expect(abs(restored.report.seamScore! - 1) < 1e-3)
  }

  @Test("Across an overlap a step becomes a ramp without a jump")
  func ramp() throws {
    // Tile rows alternate too, so look along the first row of tiles: rows 0 to 7.
    let with = try restored(step: 0.1, overlap: 16).image.integers
    let without = try restored(step: 0, overlap: 16).image.integers
    let added = (0..<128).map { Double(with[$0] - without[$0]) / 65535 }
    #expect(abs(added[8] - 0) < 1e-4 && abs(added.max()! - 0.1) < 0.012)
    #expect(zip(added, added.dropFirst()).allSatisfy { abs($0 - $1) < 0.1 / 16 })
  }

  @Test("A single tile has no seam score")
  func single() throws {
    let restorer = try TestNetworks.restorer { $0 }
    let picture = TestPictures.picture(20, 20)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise))
    #expect(try restorer.restore(picture, plan: plan).report.seamScore == nil)
  }
}
