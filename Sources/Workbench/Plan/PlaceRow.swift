import Base
import EngineWire

/// One line of the plan about where the job runs: on the engine's machine, or on the cluster that this belongs to.
enum PlaceRow: String, Hashable, Sendable, CaseIterable {
  case place = "where", partition, account, limit = "time-limit", cores, shards

  /// - Parameter order: of the plan; nil where the engine's machine computes.
  static func rows(for order: ClusterOrder?) -> [PlaceRow] { order == nil ? [.place] : allCases }

  var title: String { self == .limit ? "time limit" : rawValue }

  /// What it is, in one line, for the row under the cursor.
  var help: String {
    switch self {
    case .place: "where it is computed: on the engine's machine, or in shards on the Slurm cluster that this belongs to"
    case .partition: "of the cluster, to run on"
    case .account: "of the cluster, to charge"
    case .limit: "of one shard, as sbatch takes it: 2:00:00; automatic is twice what it is estimated to take"
    case .cores: "processors of one shard"
    case .shards: "parts of the job, each of which runs by itself; automatic: of about an hour"
    }
  }

  var command: Command { Command(rawValue, "plan: \(title), \(help)") }

  func value(_ order: ClusterOrder?, _ session: Session) -> String {
    switch self {
    case .place: order != nil ? "Slurm" : session.settings.host.map { "\($0), through ssh" } ?? "this machine"
    case .partition: order?.partition ?? "the cluster's default"
    case .account: order?.account ?? "the cluster's default"
    case .limit: order?.time ?? "automatic"
    case .cores: "\(order?.cpus ?? ClusterOrder.standardCPUs)"
    case .shards: order?.shards.map { String($0) } ?? "automatic"
    }
  }

  /// Differs from what an untouched plan says.
  func isChosen(_ order: ClusterOrder?, _ session: Session) -> Bool {
    value(order, session) != value(self == .place ? nil : ClusterOrder(), session)
  }

  /// What there is besides, or why there is nothing to choose.
  func note(_ order: ClusterOrder?, _ session: Session) -> String {
    guard self == .place, session.isConnected else { return "" }
    guard session.hasSlurm else { return "no Slurm there: sbatch is not found" }
    return order == nil ? "or Slurm" : "the job's folder is made beside the results"
  }

  /// Changes the row's value to the next (`by` 1) or the one before (-1).
  ///
  /// - Returns: why there is no other one; nil where there is.
  func step(_ order: inout ClusterOrder?, by step: Int, _ session: Session) -> String? {
    guard self != .place else {
      guard order != nil || session.hasSlurm else { return note(order, session) }
      order = order == nil ? ClusterOrder() : nil
      return nil
    }
    guard var edited = order else { return nil }
    func next(_ steps: [Int?], _ value: Int?) -> Int? {
      let place = steps.firstIndex(of: value) ?? 0
      return steps[((place + step) % steps.count + steps.count) % steps.count]
    }
    switch self {
    case .cores: edited.cpus = next([nil, 1, 2, 4, 16, 32, 64, 128], edited.cpus)
    case .shards: edited.shards = next([nil, 2, 4, 8, 16, 32, 64, 128, 256], edited.shards)
    default: return "Enter types this row's value"
    }
    order = edited
    return nil
  }

  /// What stands in the prompt when the row is typed into; nil where there is nothing to type.
  func prompt(_ order: ClusterOrder?) -> String? {
    switch self {
    case .place: nil
    case .partition: order?.partition ?? ""
    case .account: order?.account ?? ""
    case .limit: order?.time ?? ""
    case .cores: order?.cpus.map { String($0) } ?? ""
    case .shards: order?.shards.map { String($0) } ?? ""
    }
  }

  /// Takes what was typed; says why not where it means nothing here.
  func take(_ text: String, _ order: inout ClusterOrder?) -> String? {
    guard var edited = order else { return "choose Slurm in row where first" }
    let text = text.trimmed
    let value = ["", "auto", "automatic"].contains(text) ? nil : text
    switch self {
    case .place: return "left and right change this row"
    case .partition: edited.partition = value
    case .account: edited.account = value
    case .limit: edited.time = value
    case .cores: edited.cpus = value.map { Int($0) ?? 0 }
    case .shards: edited.shards = value.map { Int($0) ?? 0 }
    }
    if let fault = edited.fault { return fault }
    order = edited
    return nil
  }
}

extension Session {
  /// The engine's machine belongs to a Slurm cluster.
  var hasSlurm: Bool { engine?.hasSlurm == true }
}

/// A line of the plan that can be changed: what is done, or where.
enum PlanLine: Hashable, Sendable {
  case option(PlanRow)
  case place(PlaceRow)

  /// Where it is computed stands before the rows on how.
  static func lines(for request: JobRequest, on order: ClusterOrder?) -> [PlanLine] {
    let rows = PlanRow.rows(for: request)
    let first = rows.firstIndex(of: .tile) ?? rows.count
    return rows[..<first].map { .option($0) } + PlaceRow.rows(for: order).map { .place($0) }
      + rows[first...].map { .option($0) }
  }

  var title: String {
    switch self {
    case .option(let row): row.title
    case .place(let row): row.title
    }
  }

  var help: String {
    switch self {
    case .option(let row): row.help
    case .place(let row): row.help
    }
  }

  func value(_ request: JobRequest, _ session: Session) -> String {
    switch self {
    case .option(let row): row.value(request)
    case .place(let row): row.value(session.draft.cluster, session)
    }
  }

  func isChosen(_ request: JobRequest, _ session: Session) -> Bool {
    switch self {
    case .option(let row): row.isChosen(request)
    case .place(let row): row.isChosen(session.draft.cluster, session)
    }
  }

  func note(_ request: JobRequest, _ picture: JobPlan.Picture?, _ totals: PlanTotals?, _ session: Session) -> String {
    switch self {
    case .option(let row): row.note(request, picture, totals, session)
    case .place(let row): row.note(session.draft.cluster, session)
    }
  }

  /// Its value is a place in the file system.
  var isPath: Bool { if case .option(let row) = self { row.isPath } else { false } }

  /// The value changes nothing, as the engine says.
  func isIgnored(_ picture: JobPlan.Picture?) -> Bool {
    if case .option(let row) = self { row.ignored(picture) != nil } else { false }
  }
}
