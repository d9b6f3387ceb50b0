/// Why the program, or one picture of a batch, ends without a result: the exit status and one line
/// (*file: reason; what to do*) that is printed behind `grl: `.
struct Failure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
