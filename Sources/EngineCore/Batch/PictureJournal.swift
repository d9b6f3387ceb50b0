import Base
import EngineTransport
import EngineWire
import Imaging
import JobStore
import Restoration

/// Where the progress of one picture is kept, and what is done when that fails.
package protocol PictureJournal: AnyObject {
  /// The job's folder, where there is one already.
  var folder: JobFolder? { get }
  /// The job's folder, made if need be; nil where nothing is kept.
  func makeFolder() -> JobFolder?
  /// The picture's number in the folder.
  var picture: Int { get }
  /// The file system refused to take a tile, a line of the journal, or the result.
  ///
  /// - Returns: true to try again; false to go on without keeping anything, or to give the result up.
  func shouldRetry(_ error: JobError) throws(CancellationError) -> Bool
  /// From now on nothing is kept: the folder is out of order.
  func giveUp()
  /// What could not be done is done, or nothing was wrong.
  func recovered()
  /// `entry` belongs to the picture's history, whether or not it can be written down.
  func noted(_ entry: JournalEntry)
  /// One line for the log.
  func log(_ text: String)
}

extension PictureJournal {
  /// What the folder knows of the picture.
  var found: JobRecord.Picture? { folder.map { $0.record.pictures[picture] } }

  /// Puts a line into the journal. Where that is hopeless the work goes on without the folder: a result is worth more than its
  /// journal.
  func put(_ entry: JournalEntry) throws(JobError) {
    noted(entry)
    while let folder {
      do throws(StoreError) {
        try folder.append(entry)
        recovered()
        return
      } catch {
        if try !retries(.store(error)) { giveUp() }
      }
    }
  }

  /// ``shouldRetry(_:)``, its end as an error of the job.
  func retries(_ error: JobError) throws(JobError) -> Bool {
    do { return try shouldRetry(error) } catch { throw .cancelled }
  }

  /// Two processes that died at one picture are enough: a third one would be next, and whatever waits behind it would wait for ever.
  ///
  /// - Parameters:
  ///   - program: what this process is called in messages.
  ///   - crashLog: the log in which a process of its kind says why it crashed.
  ///   - onDeath: told of a death that is no reason to give up.
  /// - Throws: `died`.
  func checkDeaths(
    at input: String, program: String, crashLog: String?, onDeath: (String) -> Void
  ) throws(JobError) {
    guard let found else { return }
    let count = found.deaths(before: .current)
    guard count > 0 else { return }
    guard count < JobRecord.Picture.mostDeaths else {
      var report: String?
      if let process = found.attempt, let crashLog, fileExists(crashLog) {
        report = CrashLog.of(process: process.process, in: crashLog) ?? crashLog
      }
      throw .died(picture: input, program: program, place: found.placeOfDeath, log: report)
    }
    onDeath("\(program) died at \(found.placeOfDeath); one more try")
  }
}

/// One picture of a job.
package struct PictureOrder: Sendable {
  package let input: String
  /// "-" is standard output.
  package let output: String
  package internal(set) var settings: JobSettings
  /// Whether a result that stands there when the picture is done may be replaced.
  package let mayReplace: Bool
  package let threadCount: Int
  /// Where the input's bytes are read, if a copy lies nearer.
  let source: String

  package init(
    input: String, output: String, settings: JobSettings, mayReplace: Bool, threadCount: Int, source: String? = nil
  ) {
    self.input = input
    self.source = source ?? input
    self.output = output
    self.settings = settings
    self.mayReplace = mayReplace
    self.threadCount = threadCount
  }
}

/// What happens while a picture is restored, on the thread that restores.
package enum PictureEvent {
  /// A line of the job's journal, written or about to be.
  case journal(JournalEntry)
  /// Settled and about to be computed, of a chain step by step. `image` is what goes in, nil where it is read by rows; `reason` why this tile.
  case planned(RestorationPlan, model: ModelCard, image: Image?, reason: String, step: JobStep?)
  case progress(RestorationProgress)
  case tile(TileEvent)
  /// Waits for room on a disk.
  case held(reason: String)
  case released
  case log(LogLine.Level, String)
}

/// A picture that is done.
package struct PictureOutcome: Sendable {
  /// Of each step.
  package let reports: [RestorationReport]
  package var report: RestorationReport { reports[reports.count - 1] }
  /// Reason of the last step's tile, as it was when the picture was begun.
  package let reason: String
  /// Time of computing in all runs, pauses left out.
  package let seconds: Double
  /// What was converted or could not be kept.
  package let notes: [String]
  /// What tiling changed, where that was asked for and there was more than one tile.
  package let tiling: TilingEffect?

  /// In place of a number of its own where only notes are kept.
  var consistencyNote: String? {
    report.consistency.map { "made small again it is its input to \($0.fixed(1)) dB" }
  }
}
