import Foundation
import GRLModel
import Restoration
import TestSupport
import Testing
import Trainer

@Suite struct TrainingPresetTests {
  /// A model of the Python recipe: `Tests/Fixtures/training/generate.py`.
  struct Model: Decodable {
    struct Options: Decodable {
      var sigma: [Double]?, quality: [Int]?
      var length: Double?, radius: Double?
      var dual: Bool?
    }
    let name, task, variant: String
    let photograph, colour: Bool
    let scale: Int
    let options: Options
    let short, published: [[Double]]
    let shortRate, publishedRate, spectrum: Double
  }

  @Test("every model of the recipe is found with its damage, sizes and rates")
  func table() throws {
    let file = TestData.fixtures.appending(path: "training/presets.json")
    let models = try JSONDecoder().decode([Model].self, from: Data(contentsOf: file))
    #expect(models.count == 17)
    for model in models {
      let published = try #require(PublishedSettings.Task(rawValue: model.task))
      for (extent, phases, rate) in [
        (TrainingPreset.Extent.short, model.short, model.shortRate), (.published, model.published, model.publishedRate),
      ] {
        let variant = try #require(PublishedSettings.Variant(rawValue: model.variant))
        let preset = try #require(
          TrainingPreset.named(
            RestorationTask(published), variant,
            isColour: model.colour, isPhotograph: model.photograph, isDualPixel: published == .dualPixelDefocusDeblur,
            scale: model.scale, extent: extent), "\(model.name)")
        #expect(
          preset.phases.map {
            [
              $0.until, Double($0.patch), Double($0.batch), Double($0.windowSize), Double($0.stripe.rows),
              Double($0.stripe.columns),
            ]
          } == phases, "\(model.name)")
        #expect(preset.rate == rate && preset.spectrumWeight == model.spectrum, "\(model.name)")
        let damage: TrainingDamage =
          switch published {
          case .denoise:
            model.photograph
              ? .photograph : .noise(sigma: (model.options.sigma?[0] ?? -1)...(model.options.sigma?[1] ?? -1))
          case .jpeg: .jpeg(quality: (model.options.quality?[0] ?? -1)...(model.options.quality?[1] ?? -1))
          case .superResolution: .bicubic(scale: model.scale)
          case .blindSuperResolution: .realWorld(scale: model.scale)
          case .demosaic: .mosaic
          case .motionDeblur: .motion(length: model.options.length ?? -1)
          case .defocusDeblur, .dualPixelDefocusDeblur:
            .defocus(radius: model.options.radius ?? -1, isDualPixel: model.options.dual ?? false)
          }
        #expect(preset.damage == damage, "\(model.name)")
      }
    }
  }

  @Test("sizes of all presets go together: phases end at the end, windows fill patches, published sizes come last")
  func sizes() throws {
    for task in RestorationTask.allCases {
      for variant in PublishedSettings.Variant.allCases {
        for extent in TrainingPreset.Extent.allCases {
          let preset = try #require(TrainingPreset.named(task, variant, extent: extent))
          #expect(preset.phases.last?.until == 1)
          #expect(zip(preset.phases, preset.phases.dropFirst()).allSatisfy { $0.until < $1.until })
          #expect(preset.phases.allSatisfy { $0.batch > 0 && $0.windowSize <= $0.patch })
          #expect(preset.damage.scale == preset.scale)
          if extent == .published, let last = preset.phases.last {
            let sizes = PublishedSettings.all.filter { RestorationTask($0.task) == task }
            #expect(sizes.contains { $0.stripe == last.stripe && $0.windowSize == last.windowSize }, "\(task)")
          }
        }
      }
    }
  }

  @Test("what no network is made for is not found")
  func absent() {
    #expect(TrainingPreset.named(.superResolution, .tiny, scale: 5) == nil)
    #expect(TrainingPreset.named(.denoise, .tiny, scale: 2) == nil)
    #expect(TrainingPreset.named(.demosaic, .tiny, isColour: false) == nil)
    #expect(TrainingPreset.named(.denoise, .tiny, isColour: false, isPhotograph: true) == nil)
    #expect(TrainingPreset.named(.jpeg, .tiny, isPhotograph: true) == nil)
    #expect(TrainingPreset.named(.motionDeblur, .tiny, isDualPixel: true) == nil)
  }

  @Test("entries can be replaced")
  func overriding() throws {
    var preset = try #require(TrainingPreset.named(.denoise, .tiny))
    preset.damage = .noise(sigma: 10...20)
    preset.phases[0].patch = 48
    #expect(preset != TrainingPreset.named(.denoise, .tiny))
    #expect(preset.damage.measured == .noise(sigma: 25...25))
    #expect(
      TrainingPreset.optimiser(isFromModel: false) == .muon && TrainingPreset.optimiser(isFromModel: true) == .adamW)
  }
}
