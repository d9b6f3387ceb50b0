import EngineWire

/// A row of the queue: a job, or one of its pictures.
struct RunItem: Hashable, Sendable {
  var job: String
  /// nil for the job as a whole. A job of one picture has one row, which is its picture's.
  var picture: Int?
}

/// The jobs as rows. Made anew for each look at it, at the cost of the jobs, not of their pictures.
struct RunQueue {
  let jobs: [JobInfo]
  private let firsts: [Int]
  private let isOpen: [Bool]
  let count: Int

  /// - Parameter turned: jobs that are not folded as usual: those that ended are, unless a picture failed or it is the last one.
  init(_ jobs: [JobInfo], turned: Set<String>) {
    self.jobs = jobs
    var (firsts, isOpen): ([Int], [Bool]) = ([], [])
    var count = 0
    for job in jobs {
      let isEnded = (job.state == .done || job.state == .cancelled) && job.id != jobs.last?.id
      let open = job.pictures.count > 1 && isEnded == turned.contains(job.id)
      firsts.append(count)
      isOpen.append(open)
      count += open ? 1 + job.pictures.count : 1
    }
    (self.firsts, self.isOpen, self.count) = (firsts, isOpen, count)
  }

  subscript(row: Int) -> RunItem? {
    guard row >= 0, row < count else { return nil }
    // The last job that begins at the row or before it.
    var (low, high) = (0, firsts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if firsts[middle] <= row { low = middle } else { high = middle - 1 }
    }
    let job = jobs[low]
    if row == firsts[low] { return RunItem(job: job.id, picture: job.pictures.count == 1 ? 0 : nil) }
    return RunItem(job: job.id, picture: row - firsts[low] - 1)
  }

  /// The row that shows `item`, or the job it is folded into.
  func row(of item: RunItem) -> Int? {
    guard let place = jobs.firstIndex(where: { $0.id == item.job }) else { return nil }
    guard isOpen[place], let picture = item.picture, picture < jobs[place].pictures.count else { return firsts[place] }
    return firsts[place] + 1 + picture
  }

  func job(_ item: RunItem) -> JobInfo? { jobs.first { $0.id == item.job } }

  func isOpen(_ job: String) -> Bool { jobs.firstIndex { $0.id == job }.map { isOpen[$0] } ?? false }

  /// What is being worked on now, or else what comes next; nil where nothing is left to do.
  var active: RunItem? {
    let job =
      jobs.first { $0.state == .running } ?? jobs.first { $0.state == .paused } ?? jobs.first { $0.state == .waiting }
    return job.map { RunItem(job: $0.id, picture: Self.current($0)) }
  }

  /// What was there last.
  var last: RunItem? { jobs.last.map { RunItem(job: $0.id, picture: Self.current($0)) } }

  /// The picture of a job to look at: the one that runs, else the next one, else the last one.
  static func current(_ job: JobInfo) -> Int? {
    guard !job.pictures.isEmpty else { return nil }
    return job.pictures.firstIndex { $0.state == .running } ?? job.pictures.firstIndex { $0.state == .waiting }
      ?? job.pictures.count - 1
  }

  /// `1 running, 3 waiting, 2 done`: pictures of all jobs; "" where there are none.
  var text: String {
    var counts: [PictureState: Int] = [:]
    for job in jobs { for picture in job.pictures { counts[picture.state, default: 0] += 1 } }
    let order: [PictureState] = [.running, .waiting, .done, .failed, .skipped, .cancelled]
    return order.compactMap { state in counts[state].map { "\($0) \(state.rawValue)" } }.joined(separator: ", ")
  }
}
