import Base
import EngineCore
import EngineWire
import Foundation
import Imaging

/// How far a batch is as a whole: its pictures by their pixels, which are read from their headers beside the work.
final class BatchProgress {
  /// Name of the batch's job, whether or not it has a folder.
  let job: String
  private var pace: JobPace
  private let inputs: [String]
  private let found = Locked<Found>(Found())

  /// What the reading thread has found out.
  private struct Found: Sendable {
    var pixels: [Int?]?
    var expectedPace: Double?
  }

  /// - Parameters:
  ///   - inputs: of all pictures of the job, those that earlier runs settled included.
  ///   - shares: what is done of each already.
  init(job: String, inputs: [String], shares: [Double]) {
    (self.job, self.inputs) = (job, inputs)
    pace = JobPace(shares: shares)
  }

  /// Begins to read the headers, on a thread of its own: a batch never waits for them.
  func measure(_ settings: JobSettings, _ models: ModelCatalogue, _ speeds: SpeedProfile) {
    let (inputs, found) = (inputs, found)
    Thread.detachNewThread {
      if inputs.count > 1 {
        let pixels = inputs.map { ImageFile.isStream($0) ? nil : settings.pixels(of: $0) }
        found.withLock { $0.pixels = pixels }
      }
      guard let first = inputs.first, !ImageFile.isStream(first) else { return }
      let expected = settings.pace(of: first, models, speeds)
      found.withLock { $0.expectedPace = expected }
    }
  }

  var pictureCount: Int { inputs.count }

  func advance(_ number: Int, share: Double) { pace.advance(number, share: share, at: clockSeconds()) }

  func settle(_ number: Int) { pace.settle(number, at: clockSeconds()) }

  /// Other processes are waited for.
  func rest() { pace.rest() }

  var estimate: JobEstimate {
    let found = found.withLock { found in
      defer { found = Found() }
      return found
    }
    if let pixels = found.pixels { pace.measured(pixels) }
    if let expected = found.expectedPace { pace.expectedPace = expected }
    return pace.estimate
  }
}
