import Base
import EngineWire

extension Engine {
  /// What a client calls a path: "" and `~` are home, what is not absolute begins there.
  func resolved(_ path: String) -> String {
    let home = configuration.home
    if path.isEmpty || path == "~" { return home }
    if path.hasPrefix("~/") { return joined(home, String(path.dropFirst(2))) }
    return path.hasPrefix("/") ? path : joined(home, path)
  }

  /// The same for every path in a job. A model with a slash in it is a file.
  func resolved(_ job: JobRequest) -> JobRequest {
    var job = job
    job.inputs = job.inputs.map(resolved)
    job.right = job.right.map(resolved)
    job.output = job.output.map(resolved)
    job.outputFolder = job.outputFolder.map(resolved)
    job.model = job.model.map { $0.contains("/") ? resolved($0) : $0 }
    return job
  }

  /// A size to scale to whose pixels fit into one answer.
  static func box(_ width: Int, _ height: Int, pictures: Int) throws(JobError) -> (width: Int, height: Int) {
    let limit = (WireProtocol.frameLimit - (1 << 16)) / (3 * pictures)
    guard (1...65_535).contains(width), (1...65_535).contains(height), width * height <= limit else {
      throw .badRequest("a preview of \(width) x \(height) pixels: give sides from 1 whose product is at most \(limit)")
    }
    return (width, height)
  }
}
