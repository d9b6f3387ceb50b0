import Glibc

/// Has `handler` called on Ctrl-C, `kill` and hang-up, each once: a second signal ends the process. One that is ignored, as a shell does
/// for background jobs and `nohup` for its command, stays so.
///
/// - Parameter restarts: whether system calls go on behind the handler.
package func handleEndSignals(restarts: Bool, _ handler: @escaping @convention(c) (Int32) -> Void) {
  // Who started this process may have blocked them, and a process inherits that.
  var mask = sigset_t()
  sigemptyset(&mask)
  for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&mask, number) }
  pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  for number in [SIGINT, SIGTERM, SIGHUP] {
    var inherited = sigaction()
    sigaction(number, nil, &inherited)
    if unsafeBitCast(inherited.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
      continue
    }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | (restarts ? SA_RESTART : 0)
    sigaction(number, &action, nil)
  }
}
