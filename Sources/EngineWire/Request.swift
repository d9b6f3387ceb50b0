import Base

/// What a client asks of the engine. Paths are the engine's; they are absolute unless said otherwise.
public enum Request: Codable, Hashable, Sendable {
  /// First of all. `client` is a few words for the log.
  case hello(version: Int, client: String)
  /// Whether anybody is there. Answered at once, whatever else is under way.
  case ping
  /// Contents of a folder. "" is the folder the engine calls home; `~` at the beginning is understood.
  case listFolder(path: String)
  /// What a picture's header says.
  case inspect(path: String)
  /// A picture scaled to at most `width` x `height` pixels, aspect kept, never enlarged. `region` in the upright picture's pixels;
  /// nil is all of it.
  case preview(path: String, region: Rectangle?, width: Int, height: Int)
  case listModels
  /// What a job would do, without doing it.
  /// A client that watches and wants them gets `planning` events meanwhile.
  case plan(JobRequest, tellsProgress: Bool? = nil)
  /// Queues a job. Refused where `plan` reports a problem that `JobRequest.existing` does not settle.
  case submit(JobRequest)
  /// Plans a job in shards and gives it to the Slurm cluster of the engine's machine. Refused as `submit` is.
  case submitToCluster(JobRequest, ClusterOrder)
  /// What a training would do, without doing it. Headers of the pictures are read.
  case planTraining(TrainingRequest)
  /// Queues a training. Refused where `planTraining` reports a problem.
  case train(TrainingRequest)
  /// Ends a training with the model that it has come to; one that does not run goes on for that.
  case keep(job: String)
  /// From now on `event`s come.
  case watch
  case pause(job: String)
  case resume(job: String)
  /// Ends a job; finished pictures stay.
  case cancel(job: String)
  /// Queues again what failed or was cancelled.
  case retry(job: String)
  /// Moves a waiting picture of a job by so many places, up where negative.
  case move(job: String, picture: Int, by: Int)
  /// Moves a waiting or paused job by so many places in the queue, up where negative.
  case moveJob(job: String, by: Int)
  /// Forgets a job that has ended, with what it kept on disk. Results stay.
  case remove(job: String)
  /// How a picture of a job looks now, finished tiles painted in, scaled as `preview`. A training has three: a held-out crop as its
  /// network makes it now, as it gets it, and as it should be.
  case jobPreview(job: String, picture: Int, width: Int, height: Int)
  /// Restores only `region` of `path` (with its true surroundings) as the request says, ahead of the queue, and shows before and
  /// after, each scaled to at most `width` x `height`. `JobRequest.inputs` and its destination are not looked at.
  case tryRegion(JobRequest, path: String, region: Rectangle, width: Int, height: Int)
  /// What the network looks at from one pixel of a picture, ahead of the queue. The first query of a tile takes a forward pass, the next
  /// ones milliseconds. Of the request task, level, model, tile and memory are looked at.
  case attention(JobRequest, path: String, AttentionOrder)
  /// Numbers of all blocks and heads for one query. Of the order, place and terms are looked at; what `attention` refuses is refused.
  case attentionOverview(JobRequest, path: String, AttentionOrder)
  /// Finds out more about the network on a picture than rows tell, ahead of the queue: from a forward pass to some hundred. Of the
  /// request task, level, model, tile and memory are looked at.
  case analysis(JobRequest, path: String, AnalysisOrder)
  /// Ends what `tryRegion`, `attention` or `analysis` of the same client is computing; its answer is a failure.
  case stopTrying
  /// Something about two to four pictures that are looked at side by side.
  case compare(ComparisonRequest)
  /// Ends the engine. Running jobs go on when it is started again.
  case shutDown
}

/// What a client gets.
public enum Reply: Codable, Hashable, Sendable {
  case hello(EngineInfo)
  /// The request was carried out and there is nothing to tell.
  case done
  case failure(Failure)
  case folder(FolderListing)
  case picture(PictureInfo)
  /// Followed by the pixels as the frame's raw bytes.
  case pixels(PixelsInfo)
  case models([ModelInfo])
  case plan(JobPlan)
  case trainingPlan(TrainingPlan)
  case submitted(job: String)
  case jobs([JobInfo])
  /// Before and after; the raw bytes hold both pictures, one after the other.
  case trial(TrialInfo)
  /// Followed by pixels where it is a view.
  case comparison(ComparisonReply)
  /// The raw bytes hold one for each key.
  case attention(AttentionInfo)
  case attentionOverview(AttentionOverview)
  /// The raw bytes hold the numbers of its maps (``AnalysisReport/body``), none with a side over ``AnalysisReport/largestSide``.
  case analysis(AnalysisReport)
  case event(EngineEvent)

  /// Why a request was not carried out: one line, safe to print.
  public struct Failure: Codable, Hashable, Sendable {
    public var kind: FailureKind
    public var message: String

    public init(_ kind: FailureKind, _ message: String) {
      self.kind = kind
      self.message = message
    }
  }
}

/// What the engine sends to those who watch.
public enum EngineEvent: Codable, Hashable, Sendable {
  /// The whole queue, after anything about its order or members changed.
  case jobs([JobInfo])
  /// One job's state or reason, or one of its pictures', changed.
  case picture(job: String, picture: Int, PictureProgress)
  case job(job: String, state: JobState, reason: String?)
  /// How far a job is that a cluster works on; every five seconds at most.
  case cluster(job: String, ClusterProgress, JobEstimate?)
  /// At most five times a second.
  case progress(Progress)
  /// One tile's state changed.
  case tile(job: String, picture: Int, tile: Int, TileState)
  /// How far a plan is that this client asked for: `files` looked at in folders, then `pictures` planned of `count`.
  case planning(files: Int, pictures: Int, count: Int)
  /// How far the analysis is that this client asked for: 0...1 of its work, and what is being done or was found out.
  case analysing(share: Double, detail: String)
  case log(LogLine)
}
