import Base
import Foundation

/// The jobs of several machines that this user began on this machine: one file each under `$XDG_STATE_HOME/grl/shared`, named by the job's ID, with the
/// path of its folder. It is how the engine knows of them; what counts is in the job's folder.
package struct SharedJobList: Sendable {
  private let folder: String

  /// - Parameter stateFolder: `$XDG_STATE_HOME/grl`.
  package init(stateFolder: String) { folder = stateFolder + "/shared" }

  package func add(_ job: SharedJob) throws(StoreError) {
    try DurableFile.makeFolder(folder)
    try DurableFile.write(Array(job.folder.systemPath.dropLast().map { UInt8(bitPattern: $0) }), to: path(job.plan.id))
  }

  /// Folders of the jobs by their IDs, oldest first. A job whose folder has gone is forgotten.
  package func jobs() -> [(id: String, folder: String)] {
    let names = (namesInFolder(folder) ?? []).filter(JobStore.isID).sorted()
    return names.compactMap { id in
      do throws(StoreError) {
        let job = String(fileName: try DurableFile.read(path(id), limit: 1 << 16))
        if SharedJob.isThere(job) { return (id, job) }
        // Another machine may make it visible again: only where the folder above it is there, it is gone.
        if isFolder(parentFolder(job)) { forget(id) }
      } catch {}
      return nil
    }
  }

  /// The job goes on, and its folder stays; it is no longer listed.
  package func forget(_ id: String) { if JobStore.isID(id) { unlink(path(id).systemPath) } }

  private func path(_ id: String) -> String { folder + "/" + id }
}
