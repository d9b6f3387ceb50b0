/// What the engine does on threads of its own, kind by kind, so that no request waits for one of another kind.
///
/// Niceness falls with what a person waits for: a name, a small picture, then whatever takes seconds anyway.
package struct RequestQueues: Sendable {
  package let headers, folders: RequestQueue
  /// Of pictures with few pixels, or that are decoded already.
  package let previews: RequestQueue
  /// One at a time: each may hold a gibibyte.
  package let largePreviews: RequestQueue
  package let models, plans, submissions: RequestQueue
  /// One at a time, since all of them use one cache.
  package let comparisons: RequestQueue
  /// Whole pictures take seconds to be measured; a part in sight does not wait for them.
  package let measures, partMeasures: RequestQueue
  /// Trials and attention: passes ahead of the jobs. One at a time, since each may use all of the memory budget.
  package let passes: RequestQueue
  /// Files beside results, by which other processes tell that they make them.
  package let claims: RequestQueue
  /// Jobs of clusters: reading their folders, and the scheduler's commands, which may take long to answer.
  package let clusters: RequestQueue
  /// The pictures of jobs. Gives way to everything else, so that the machine stays responsive; the pool's threads inherit that.
  package let pictures: RequestQueue

  /// Pixels that are gone through in less time than a person notices.
  package static let fewPixels = 4_000_000

  init(patience: Duration) {
    headers = RequestQueue(width: 16, ofOne: 2, patience: patience)
    folders = RequestQueue(width: 16, ofOne: 2, patience: patience)
    previews = RequestQueue(width: 4, patience: patience)
    largePreviews = RequestQueue(width: 1, niceness: 4, patience: patience)
    models = RequestQueue(width: 2, niceness: 1, patience: patience)
    plans = RequestQueue(width: 2, niceness: 4, patience: patience)
    submissions = RequestQueue(width: 2, niceness: 1, patience: patience)
    comparisons = RequestQueue(width: 1, niceness: 3, patience: patience)
    measures = RequestQueue(width: 1, niceness: 5, patience: patience)
    partMeasures = RequestQueue(width: 1, niceness: 3, patience: patience)
    passes = RequestQueue(width: 1, niceness: 5, patience: patience)
    claims = RequestQueue(width: 1, patience: patience)
    clusters = RequestQueue(width: 1, niceness: 3, patience: patience)
    pictures = RequestQueue(width: 1, niceness: 5, patience: patience * 6)
  }
}
