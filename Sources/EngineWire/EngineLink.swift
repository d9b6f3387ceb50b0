/// The connection to the engine, as a client's main loop sees it.
public enum EngineLink: Hashable, Sendable {
  /// Being started or reached; `what` says how (`starting the engine`, `reaching the engine on host`).
  case connecting(what: String)
  /// Up and greeted. Requests sent before are lost: the state asks anew.
  case connected(EngineInfo)
  /// Gone; it is tried again after `retrySeconds`, or not at all where nil.
  case lost(reason: String, retrySeconds: Double?)
}
