/// Which command keys mean. Where two tables know the same keys, the first one's command counts.
struct KeyMap {
  enum Match {
    case command(Command)
    /// The beginning of a longer sequence.
    case begun
    case none
  }

  let tables: [[Command]]

  func match(_ keys: [Key]) -> Match {
    var isBegun = false
    for command in tables.joined() {
      for sequence in command.keys where sequence.starts(with: keys) {
        if sequence.count == keys.count { return .command(command) }
        isBegun = true
      }
    }
    return isBegun ? .begun : .none
  }
}
