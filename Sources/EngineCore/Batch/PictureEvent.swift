import EngineWire
import Imaging
import JobStore
import Restoration

/// One picture of a job.
package struct PictureOrder: Sendable {
  package let input: String
  /// "-" is standard output.
  package let output: String
  package internal(set) var settings: JobSettings
  /// Whether a result that stands there when the picture is done may be replaced.
  package let mayReplace: Bool
  package let threadCount: Int

  package init(input: String, output: String, settings: JobSettings, mayReplace: Bool, threadCount: Int) {
    self.input = input
    self.output = output
    self.settings = settings
    self.mayReplace = mayReplace
    self.threadCount = threadCount
  }
}

/// What is told while a picture is restored, on the thread that restores.
package enum PictureEvent {
  /// A line of the job's journal, written or about to be.
  case journal(JournalEntry)
  /// Settled and about to be computed. `reason` is why this tile.
  case planned(RestorationPlan, model: ModelCard, image: Image, reason: String)
  case progress(RestorationProgress)
  case tile(TileEvent)
  /// Waits for room on a disk.
  case held(reason: String)
  case released
  case log(LogLine.Level, String)
}

/// A picture that is done.
package struct PictureOutcome: Sendable {
  package let report: RestorationReport
  /// Reason of the tile, as it was when the picture was begun.
  package let reason: String
  /// Time of computing in all runs, pauses left out.
  package let seconds: Double
  /// What was converted or could not be kept.
  package let notes: [String]
  /// What tiling changed, where that was asked for and there was more than one tile.
  package let tiling: TilingEffect?
}
