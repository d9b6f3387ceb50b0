import Base
import Foundation
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

/// What tiling changed, on networks whose faults are known.
@Suite("Tiling effect") struct TilingEffectTests {
  /// The effect of tiles of 32, of a network that brightens every second tile (none where the picture is whole) by `step`.
  private func effect(
    step: Float, overlap: Int, _ blending: Blending = .feathered, region: Rectangle? = nil
  ) throws -> TilingEffect? {
    let count = Locked(0)
    let restorer = try TestNetworks.restorer(.denoise, TestNetworks.configuration(inputChannels: 1)) { x in
      var y = x
      let tile = count.withLock {
        $0 += 1
        return $0
      }
      if x.shape.width == 32 && tile % 2 == 0 { for i in y.values.indices { y.values[i] += step } }
      return y
    }
    let picture = TestPictures.picture(128, 96, .gray, bits: 16)
    var options = RestorationOptions()
    options.tile = .side(32)
    options.overlap = overlap
    options.blending = blending
    options.region = region
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    let tiled = try restorer.restore(picture, plan: plan).image
    guard let whole = try restorer.wholePlan(of: plan) else { return nil }
    return try restorer.tilingEffect(on: picture, tiled: tiled, plan: plan, wholePlan: whole)
  }

  @Test("Tiles that agree change nothing but the last bit")
  func nothing() throws {
    let effect = try #require(try effect(step: 0, overlap: 8))
    #expect(effect.maximum < 0.01 && effect.mean < 0.005)
    #expect(abs(effect.seamScore! - 1) < 1e-3)
  }

  @Test("A step is found with its height, and feathering hides it better than a mean, a mean better than a cut")
  func step() throws {
    let cut = try #require(try effect(step: 0.1, overlap: 0))
    let mean = try #require(try effect(step: 0.1, overlap: 8, .average))
    let feathered = try #require(try effect(step: 0.1, overlap: 8))
    #expect(abs(cut.maximum - 25.5) < 0.05 && abs(feathered.maximum - 25.5) < 0.05)
    #expect(cut.mean > 1)
    #expect(cut.seamScore! > mean.seamScore! && mean.seamScore! > feathered.seamScore!)
    #expect(feathered.seamScore! < 1.1, "\(cut), \(mean), \(feathered)")
  }

  @Test("Of a photograph by the bundled model no seam is left, less than by a mean or a cut")
  func photograph() throws {
    let path = TestData.packageRoot.appending(path: "Samples/torii_gates.png").path
    let clean = try ImageFile.read(path).image.cropped(to: Rectangle(x: 150, y: 80, width: 168, height: 136))
    let shape = Shape(height: clean.height, width: clean.width, channels: 3)
    let noise = Degradation.noise(GaussianNoise(sigma: 25, seed: .number(1)))
    let noisy = try noise.apply(to: Tensor(shape: shape, values: clean.floats(.rgb)))
    let picture = Image(width: clean.width, height: clean.height, colour: noisy.values, bitDepth: 8)

    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    let card = try library.best(for: .init(.denoise, sigma: 25), picture: PictureShape(picture))
    let restorer = Restorer(model: try library.load(card), threads: ThreadLease(threadCount: 2))
    func effect(overlap: Int, _ blending: Blending) throws -> TilingEffect {
      var options = RestorationOptions()
      options.tile = .side(96)
      options.overlap = overlap
      options.blending = blending
      let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
      let tiled = try restorer.restore(picture, plan: plan)
      // What is measured on the way comes near to what the whole picture tells.
      if overlap > 0 && blending == .feathered { #expect(abs(tiled.report.seamScore! - 1) < 0.02) }
      let whole = try #require(try restorer.wholePlan(of: plan))
      return try restorer.tilingEffect(on: picture, tiled: tiled.image, plan: plan, wholePlan: whole)
    }
    let feathered = try effect(overlap: 32, .feathered)
    let mean = try effect(overlap: 32, .average)
    let cut = try effect(overlap: 0, .feathered)
    let (own, ofMean, ofCut) = (feathered.seamScore!, mean.seamScore!, cut.seamScore!)
    #expect(abs(own - 1) <= 0.02)
    #expect(abs(own - 1) < abs(ofMean - 1) && abs(own - 1) < abs(ofCut - 1), "\(own), \(ofMean), \(ofCut)")
    #expect(feathered.mean < cut.mean, "\(feathered.mean), \(cut.mean)")
  }

  @Test("Of a region only the seams within it count")
  func region() throws {
    let region = Rectangle(x: 45, y: 40, width: 50, height: 40)
    let effect = try #require(try effect(step: 0, overlap: 8, region: region))
    #expect(effect.tiled.width == 50 && effect.whole.height == 40)
    #expect(abs(effect.seamScore! - 1) < 1e-3)
  }

  @Test("A picture of one tile has nothing to verify")
  func single() throws {
    let restorer = try TestNetworks.restorer { $0 }
    let picture = TestPictures.picture(20, 20)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise))
    #expect(try restorer.wholePlan(of: plan) == nil)
  }
}
