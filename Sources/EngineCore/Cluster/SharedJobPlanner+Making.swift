import Base
import EngineWire
import Foundation
import JobStore
import Restoration

extension SharedJobPlanner {
  /// Plans a job and writes its folder; its results are this job's from here on.
  ///
  /// - Parameters:
  ///   - outputs: of `request`, which nothing speaks against; their folders are there.
  ///   - folder: to make; nil for `grl-ID` in the folder of the first result.
  ///   - onNote: called with one line on what a person should know.
  ///   - onProgress: called from time to time with the number of pictures whose headers were read.
  /// - Throws: `noneRestorable` where no picture can be; `cancelled`; what `write` throws.
  package func make(
    _ request: JobRequest, _ settings: JobSettings, _ outputs: OutputPlan, _ division: Division, in folder: String?,
    isCancelled: @escaping @Sendable () -> Bool = { false }, onNote: (String) -> Void, onProgress: (Int) -> Void
  ) throws(JobError) -> SharedJob {
    let count = outputs.items.count
    let surveyed = try survey(outputs, settings, isCancelled: isCancelled, onProgress: onProgress)
    let problems = surveyed.problems
    if !problems.isEmpty {
      for problem in problems.prefix(5) { onNote(problem.reason) }
      onNote("\(problems.count) of \(count) pictures cannot be restored as they are; they will count as failed")
    }
    guard problems.count < count else { throw .noneRestorable }
    let id = JobStore.newID()
    let folder = folder ?? joined(parentFolder(outputs.items[0].output), "grl-" + id)
    let plan = try write(surveyed, request.absolute, settings, division, id: id, to: folder) { picture in
      onNote("\(picture): a tile of its model is computed to measure this machine")
    }
    let job = try JobError.storing { () throws(StoreError) in
      let job = try SharedJob(folder)
      try mark(job, outputs)
      return job
    }
    onNote(plan.text)
    return job
  }

  /// Says in the folders of the results that this job makes them, unless another one does.
  private func mark(_ job: SharedJob, _ outputs: OutputPlan) throws(StoreError) {
    let folders = Set(outputs.items.map { canonicalPath(parentFolder($0.output)) })
    do throws(StoreError) {
      try ResultMark.put(job.plan, at: job.folder, in: folders)
      let others = ResultMark.jobs(in: folders, but: job.plan.id)
      guard !others.isEmpty else { return }
      let wanted = Set(outputs.items.map { PathKey(StoredJob.Picture.absolute($0.output)) })
      for other in others {
        try SharedJob(other).readManifest { line throws(StoreError) in
          guard wanted.contains(PathKey(line.output)) else { return }
          throw .refused(
            path: line.output, reason: "the job in \(other) is to make this result",
            advice: "finish it (grl finish), cancel it (grl jobs cancel), or choose another name")
        }
      }
    } catch {
      job.discard(marked: folders)
      throw error
    }
  }
}

extension SharedJob {
  /// Takes the folder and the job's marks away again, of a job that nobody was told of.
  ///
  /// - Parameter folders: of its results.
  package func discard(marked folders: Set<String>) {
    ResultMark.remove(plan, from: folders)
    // What cannot be removed is a plan that nobody works on.
    do { try FileManager.default.removeItem(atPath: folder) } catch {}
  }
}

extension SharedPlan {
  /// `60 pictures of 12.4 megapixels, 1 of them in parts, in 8 shards, about 2:10:00 on 8 threads of this machine`
  package var text: String {
    let pixels = shards.reduce(0) { $0 + $1.pixels }
    let parts = divided > 0 ? ", \(divided) of them in parts" : ""
    let time = seconds.map { ", about \(clockTime($0)) on \(threads) threads of this machine" } ?? ""
    return
      "\(pictures) pictures of \((Double(pixels) / 1e6).fixed(1)) megapixels\(parts), in \(shards.count) shards\(time)"
  }
}

extension JobRequest {
  /// The same with every path absolute: it means the same from any folder.
  package var absolute: JobRequest {
    var job = self
    job.inputs = inputs.map(canonicalPath)
    job.right = right.map(canonicalPath)
    job.output = output.map(canonicalPath)
    job.outputFolder = outputFolder.map(canonicalPath)
    job.mapModels { fileExists($0) || $0.contains("/") ? canonicalPath($0) : $0 }
    return job
  }
}
