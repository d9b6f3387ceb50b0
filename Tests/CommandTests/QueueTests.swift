import Foundation
import Testing

/// The engine's queue from a shell: what scripts put there the workbench shows, and the other way round.
@Suite(.serialized, .timeLimit(.minutes(10))) struct QueueTests {
  /// Runs a script with an engine of its own, which ends with it.
  private static func shell(_ script: String, in folder: TemporaryFolder) async throws -> GRLProcess.Outcome {
    try await GRLProcess.shell(
      """
      export XDG_RUNTIME_DIR=$PWD/run; mkdir -p -m 700 run
      trap '"$GRL" engine --stop -q' EXIT
      grl() { "$GRL" "$@"; }
      queue() { grl restore -q --task denoise --variant tiny --queue "$@"; }
      \(script)
      """, in: folder)
  }

  @Test(
    "restore --queue returns with the job's name at once; watch tells how it goes in events, wait that it has ended")
  func queued() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.png"] { try TestPicture.write(to: folder, name, width: 96, height: 80) }
    let outcome = try await Self.shell(
      """
      job=$(queue --output-dir out --tile 64 a.png b.png) || exit 10
      echo "$job"
      grl jobs watch "$job" --events ndjson || exit 11
      grl jobs wait "$job" || exit 12
      """, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let lines = outcome.outputLines
    let id = try #require(lines.first)
    #expect(id.wholeMatch(of: /[0-9]{8}-[0-9]{6}-[a-z0-9]{4}/) != nil, "\(id)")
    let events = try EventSchema().events(lines.dropFirst().dropLast())
    #expect(events.allSatisfy { $0["job"] as? String == id && $0["event"] as? String == "job" })
    let last = try #require(events.last)
    #expect(last["state"] as? String == "done" && last["done"] as? Int == 2 && last["jobFraction"] as? Double == 1)
    let fractions = events.compactMap { $0["jobFraction"] as? Double }
    #expect(fractions == fractions.sorted(), "\(fractions)")
    #expect(lines.last == "\(id): denoise done, 2 of 2 pictures")
    #expect(folder.exists("out/a_denoise.png") && folder.exists("out/b_denoise.png"))
  }

  @Test("jobs are paused, moved, cancelled and go on, in the engine that has them; the list says how far each is")
  func changed() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "large.png", width: 500, height: 400)
    for name in ["b.png", "c.png"] { try TestPicture.write(to: folder, name, width: 64, height: 48) }
    let outcome = try await Self.shell(
      """
      large=$(queue --tile 64 large.png) && b=$(queue b.png) && c=$(queue c.png) || exit 10
      grl jobs pause -q "$large" || exit 11
      grl jobs move -q "$c" first || exit 12
      grl jobs cancel -q "$b" || exit 13
      grl jobs list
      grl jobs wait -q --timeout 0.2 "$large"; echo "too early $?"
      grl jobs resume -q "$large" || exit 14
      grl jobs wait || exit 15
      grl jobs wait -q "$b"; echo "cancelled $?"
      echo "$large $b $c"
      """, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let lines = outcome.outputLines
    let ids = try #require(lines.last).split(separator: " ").map(String.init)
    let (large, b, c) = (ids[0], ids[1], ids[2])
    #expect(lines[0].hasPrefix("ID ") && lines[0].contains("LEFT"))
    let rows = lines[1...3].map { $0.split(separator: " ").map(String.init) }
    #expect(rows.map { $0[0] }.first == c, "\(lines)")
    for row in rows {
      #expect(row[1] == (row[0] == large ? "paused" : row[0] == b ? "cancelled" : row[1]), "\(lines)")
      #expect(row.contains("%") == (row[0] != b), "\(lines)")
    }
    #expect(lines.contains("too early 1") && lines.contains("cancelled 1"))
    #expect(
      lines.contains("\(large): denoise done, 1 of 1 pictures") && lines.contains("\(c): denoise done, 1 of 1 pictures")
    )
    #expect(folder.exists("large_denoise.png") && folder.exists("c_denoise.png") && !folder.exists("b_denoise.png"))
  }

  @Test("what cannot be queued is refused as restore refuses it, and nothing left to do is no error")
  func refused() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 32, height: 24)
    try TestPicture.write(to: folder, "a_denoise.png", width: 32, height: 24)
    let outcome = try await Self.shell(
      """
      queue a.png; echo "exists $?"
      queue --skip-existing a.png; echo "skipped $?"
      queue - < a.png; echo "stream $?"
      queue --events ndjson a.png > events; echo "events $?"
      grl jobs pause nosuch; echo "nosuch $?"
      """, in: folder)
    #expect(
      outcome.outputLines == ["exists 2", "skipped 0", "stream 2", "events 2", "nosuch 2"], "\(outcome.errorText)")
    #expect(outcome.errorLines[0].contains("a_denoise.png: exists already"))
  }
}
