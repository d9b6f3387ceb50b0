import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore
import Logging
import Restoration

extension RestorationBatch.Surroundings {
  var events: EventStream? { tellsEvents ? EventStream(console: console, job: id) : nil }
}

extension RestorationBatch {
  /// Where a batch prints, and with how many threads it computes.
  struct Surroundings {
    let console: Console
    /// Whether events are told on standard output.
    var tellsEvents = false
    let logger: Logger
    let threadCount: Int
    let store = JobStore(stateFolder: StateFolder.path(), owner: "grl restore")
    /// Name of the job, whether or not it gets a folder.
    var id = JobStore.newID()
  }

  /// A new batch.
  init(_ job: JobRequest, _ settings: JobSettings, _ plan: OutputPlan, in around: Surroundings) {
    let stored = (plan.items.map { StoredJob.Picture($0) }, plan.skipped.map { StoredJob.Picture($0) })
    let (store, console, id) = (around.store, around.console, around.id)
    // Standard streams cannot be read or written again.
    let isPlain = plan.items.contains { ImageFile.isStream($0.input) || $0.output == "-" }
    self.init(
      items: plan.items.enumerated().map { ($0, $1) }, skipped: plan.skipped, settings: settings,
      passedOver: plan.passedOver,
      existing: job.existing, threadCount: around.threadCount, console: console, events: around.events,
      logger: around.logger, store: store,
      folder: isPlain
        ? .none
        : BatchFolder(onTrouble: { console.note($0) }) { () throws(StoreError) in
          try store.create(job.absolute, pictures: stored.0, skipped: stored.1, owner: .restore, id: id)
        },
      progress: BatchProgress(
        job: id, inputs: plan.items.map(\.input), shares: plan.items.map { _ in 0 }))
  }

  /// A batch that goes on where an earlier one was interrupted: what waits or failed is restored.
  init(resuming folder: JobFolder, in around: Surroundings) throws(JobError) {
    let failed = folder.record.pictures.indices.filter { folder.record.pictures[$0].state == .failed }
    try JobError.storing { () throws(StoreError) in try folder.append(.retry(pictures: failed)) }
    let record = folder.record
    var around = around
    around.id = record.job.id
    let settings = try JobSettings(record.job.request)
    let items = record.waiting.map { number in
      let picture = record.job.pictures[number]
      return (number, OutputPlan.Item(input: picture.input.shown, output: picture.output.shown))
    }
    let (console, count) = (around.console, record.pictures.count)
    let tiles = record.waiting.reduce(0) { $0 + record.pictures[$1].tiles.count }
    console.note(
      "resuming job \(record.job.id): \(count - items.count) of \(count) pictures and \(tiles) tiles are done already")
    self.init(
      items: items, skipped: [], settings: settings, passedOver: [], existing: record.job.request.existing,
      threadCount: around.threadCount, console: console, events: around.events, logger: around.logger,
      store: around.store,
      folder: BatchFolder(folder, onTrouble: { console.note($0) }),
      progress: BatchProgress(
        job: around.id, inputs: record.job.pictures.map(\.input), shares: record.pictures.map(\.share)))
  }

  /// Refuses a named model that cannot be read before any picture is.
  func checkModel(_ models: ModelCatalogue) throws(JobError) {
    let anyShape = PictureShape(width: 1, height: 1, layout: .rgb)
    do { _ = try models.card(settings, for: anyShape) } catch { throw .restoration(error, picture: nil) }
  }
}

extension JobRequest {
  /// The same from any folder: paths from the root, where links keep their names, which results are called by.
  var fromHere: JobRequest {
    var job = self
    job.inputs = inputs.map { isFolder($0) ? canonicalPath($0) : EventStream.absolute($0) }
    job.right = right.map(EventStream.absolute)
    job.output = output.map(EventStream.absolute)
    job.outputFolder = outputFolder.map(canonicalPath)
    job.model = model.map { fileExists($0) || $0.contains("/") ? canonicalPath($0) : $0 }
    return job
  }
}

extension String {
  /// A path below the working folder without that folder.
  fileprivate var shown: String {
    let folder = FileManager.default.currentDirectoryPath
    return hasPrefix(folder + "/") ? String(dropFirst(folder.count + 1)) : self
  }
}
