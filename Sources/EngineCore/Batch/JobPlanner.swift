import EngineWire
import Imaging
import Restoration
import Tensors

/// Says what a job would do: reads headers and models, computes nothing. Lives on one thread.
package final class JobPlanner {
  /// Pictures of one job, at most: what a request on the wire may name, and what a person can look through.
  package static let mostPictures = 10_000

  private let models: ModelCatalogue
  private let speeds: SpeedBook
  private let budgetBytes: Int
  private let threadCount: Int
  /// Measuring a network takes milliseconds for each tile tried, and folders are full of pictures of one size.
  private var known: [Key: Result<RestorationPlan, RestorationError>] = [:]

  /// Pixels of a plan that are decoded to look at damage, at most; the rest is taken to be like the picture before.
  private static let mostLookedAt = 24_000_000
  private var estimates: [FileStamp: PictureEstimates] = [:]
  private var pixelsLeft = 0
  private var lastSeen = PictureEstimates.none

  private struct Key: Hashable {
    let model: ModelCard
    let shape: PictureShape
    let request: RestorationRequest
    let options: RestorationOptions
    let threads: Int
  }

  package init(models: ModelCatalogue, speeds: SpeedBook, budgetBytes: Int, threadCount: Int) {
    self.models = models
    self.speeds = speeds
    self.budgetBytes = budgetBytes
    self.threadCount = threadCount
  }

  package func plan(_ job: JobRequest) -> JobPlan {
    func refused(_ error: JobError) -> JobPlan {
      JobPlan(pictures: [], problem: error.description.printable, command: job.commandLine)
    }
    do {
      let settings = try JobSettings(job, budgetBytes: budgetBytes)
      let outputs = try OutputPlan(job, settings)
      guard outputs.items.count + outputs.skipped.count <= Self.mostPictures else {
        return refused(
          .tooManyPictures(count: outputs.items.count + outputs.skipped.count, limit: Self.mostPictures))
      }
      var problem: String?
      do { try outputs.refuseExisting() } catch { problem = error.description.printable }
      let skipped = outputs.skipped.map {
        JobPlan.Picture(input: $0.input, output: $0.output, outputExists: true, isSkipped: true)
      }
      (pixelsLeft, lastSeen) = (Self.mostLookedAt, .none)
      let looks = settings.looksAtNoise && models.library.knowsPhotoNoise || settings.request.task == .superResolution
      let pictures = outputs.items.map { picture($0, settings, looks: looks) }
      if problem == nil && pictures.isEmpty && skipped.isEmpty { problem = "no picture is left to restore" }
      return JobPlan(pictures: pictures + skipped, problem: problem, command: job.commandLine)
    } catch {
      return refused(error)
    }
  }

  /// - Parameter looks: what the picture needs hangs on its damage.
  private func picture(_ item: OutputPlan.Item, _ settings: JobSettings, looks: Bool) -> JobPlan.Picture {
    var picture = JobPlan.Picture(input: item.input, output: item.output, outputExists: fileExists(item.output))
    do {
      let (shape, settings) = try seen(item.input, settings, looks: looks, &picture)
      (picture.width, picture.height) = (shape.width, shape.height)
      do throws(RestorationError) {
        let card = try models.card(settings, for: shape)
        picture.model = card.name
        let plan = try plan(shape, settings, card)
        (picture.outputWidth, picture.outputHeight) = (plan.output.width, plan.output.height)
        picture.tileCount = plan.tiles.tileCount
        (picture.tileWidth, picture.tileHeight) = (plan.tiles.tileWidth, plan.tiles.tileHeight)
        (picture.overlap, picture.reason) = (plan.tiles.overlap, plan.tiles.reason)
        (picture.estimateBytes, picture.budgetBytes) = (plan.estimate.totalBytes, plan.options.budgetBytes)
        picture.notes += plan.notes
        if settings.looksAtNoise && card.noise == .photo { picture.notes.append(Self.correlated) }
        picture.seconds = speeds.pixelsPerSecond(model: try models.hash(card), precision: settings.options.precision)
          .map { Double(plan.networkPixels) / $0 }
      } catch {
        throw JobError.restoration(error, picture: nil)
      }
    } catch {
      picture.problem = "\(error)".printable
    }
    return picture
  }

  static let correlated =
    "its noise is correlated, as cameras and JPEG leave it: the model for photographs is taken; --noise gaussian takes the other"
  private static let assumed =
    "its noise was taken to be like that of the pictures before; it is measured when its turn comes"

  /// Size and kind of a picture and what is asked of it. Where that hangs on its damage it is looked at, and `picture` tells.
  private func seen(
    _ path: String, _ settings: JobSettings, looks: Bool, _ picture: inout JobPlan.Picture
  ) throws(JobError) -> (shape: PictureShape, settings: JobSettings) {
    let (shape, own) = try SourcePicture.shape(path, settings)
    guard looks else { return (shape, own) }
    let (found, isCertain) = try look(at: path, shape, own)
    if own.request.task == .superResolution && isCertain { picture.advice = found.adviceAgainstEnlarging }
    if own.looksAtNoise && !isCertain { picture.notes.append(Self.assumed) }
    return (shape, own.over(found.noise))
  }

  /// What the samples tell of the picture's damage, and whether they were looked at.
  private func look(
    at path: String, _ shape: PictureShape, _ settings: JobSettings
  ) throws(JobError) -> (PictureEstimates, isCertain: Bool) {
    let stamp = FileStamp(path)
    if let stamp, let known = estimates[stamp] {
      lastSeen = known
      return (known, true)
    }
    guard let stamp, shape.width * shape.height <= pixelsLeft else { return (lastSeen, false) }
    pixelsLeft -= shape.width * shape.height
    do {
      lastSeen = PictureEstimates(try ImageFile.read(path, limits: settings.limits, damaged: settings.damaged).image)
    } catch {
      throw .image(error)
    }
    if estimates.count > 1000 { estimates.removeAll() }
    estimates[stamp] = lastSeen
    return (lastSeen, true)
  }

  private func plan(
    _ shape: PictureShape, _ settings: JobSettings, _ card: ModelCard
  ) throws(RestorationError) -> RestorationPlan {
    let threads = settings.threadCount ?? threadCount
    let key = Key(
      model: card, shape: shape, request: settings.request, options: settings.options, threads: threads)
    if let known = known[key] { return try known.get() }
    let result = Result { () throws(RestorationError) in
      try Restorer(
        model: models.model(card, precision: settings.options.precision), threads: ThreadLease(threadCount: threads)
      ).plan(for: shape, request: settings.request, options: settings.options)
    }
    if known.count > 1000 { known.removeAll() }
    known[key] = result
    return try result.get()
  }
}
