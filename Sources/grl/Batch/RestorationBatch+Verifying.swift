import Base
import EngineCore
import Imaging
import Reports
import Restoration

extension RestorationBatch {
  /// What tiling changed, in one line.
  static func text(_ tiling: TilingEffect) -> String {
    let seams =
      tiling.seamScore.map { "gradient across seams \($0.fixed(3)) of the whole picture's" } ?? "no seam to see"
    return "against the picture restored whole: at most \(tiling.maximum.fixed(1)) of 255 levels at "
      + "\(tiling.place.x),\(tiling.place.y), \(tiling.mean.fixed(3)) on average; \(seams)"
  }

  func report(_ whole: RestorationProgress, ofVerifying item: OutputPlan.Item, _ number: Int) {
    progress.advance(number, share: 0.5 + 0.5 * whole.fraction)
    showProgress(of: item, whole.fraction, "whole, to verify", seconds: whole.secondsRemaining, progress.estimate)
  }

  /// Draws the largest change of each pixel.
  func draw(_ tiling: TilingEffect, of plan: TilePlan, to path: String) throws(JobError) {
    let map = DifferenceMap(tiling.tiled, tiling.whole, kind: .absolute)
    let panel = DifferencePicture.Panel(title: "tiled - whole, \(plan)", map: map)
    let picture = DifferencePicture(panels: [panel], gain: map.fittingGain, look: SheetLook(.dark))
    do throws(ImageError) {
      try ImageFile.write(picture.image, to: path, format: .png, mayReplace: existing == .replace)
    } catch {
      throw .image(error)
    }
  }
}

extension EventStream {
  /// What `--verify` found.
  struct Tiling: Encodable {
    let maximumLevels: Double
    let maximumAt: [Int]
    let meanLevels: Double
    let seamScore: Double?

    init(_ effect: TilingEffect) {
      maximumLevels = effect.maximum
      maximumAt = [effect.place.x, effect.place.y]
      meanLevels = effect.mean
      seamScore = effect.seamScore
    }
  }
}
