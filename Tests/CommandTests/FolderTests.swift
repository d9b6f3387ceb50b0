import Foundation
import Imaging
import Testing
import Workbench
import grl

/// What lies in folders beside pictures, and what stands where a file should be.
@Suite("Special files and folders on the command line", .timeLimit(.minutes(5))) struct FolderTests {
  private static let denoise = ["restore", "--task", "denoise", "--variant", "tiny"]

  @Test("a folder says once what it passed over; -v and events name each")
  func passedOver() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("album")
    try TestPicture.write(to: folder, "album/a.png", width: 16, height: 16)
    try folder.write("album/b.txt", "words")
    try folder.write("album/c.gif", "GIF89a")
    try #require(mkfifo(folder.path("album/d.png"), 0o600) == 0)
    let plain = try await GRLProcess.run(Self.denoise + ["album", "--output-dir", "one"], in: folder)
    #expect(plain.status == 0)
    #expect(
      plain.errorText.contains("3 passed over: a GIF picture (1), a named pipe (1), text (1); -v names them"),
      "\(plain.errorText)")
    #expect(!plain.errorText.contains("c.gif"))
    let named = try await GRLProcess.run(Self.denoise + ["-v", "album", "--output-dir", "two"], in: folder)
    for name in ["album/b.txt", "album/c.gif", "album/d.png"] { #expect(named.errorText.contains(name)) }
    let told = try await GRLProcess.run(
      Self.denoise + ["--events", "ndjson", "album", "--output-dir", "three"], in: folder)
    let events = try EventSchema().events(told.outputLines).filter { $0["event"] as? String == "passed-over" }
    #expect(events.first?["path"] as? String == folder.url.path + "/album/b.txt" && events.count == 3, "\(events)")
    #expect(events.first?["reason"] as? String == "text")
    #expect(try folder.listing().filter { $0.hasSuffix("_denoise.png") }.count == 3)
  }

  @Test("names that are no UTF-8 are read and written as they are, alone and in a folder, and shown byte by byte")
  func latin() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("album")
    try TestPicture.write(to: folder, "album/a.png", width: 16, height: 16)
    let outcome = try await GRLProcess.shell(
      """
      mv album/a.png $'album/\\xe9.png' && cd album
      restore() { "$GRL" restore --task denoise --variant tiny "$@" > /dev/null; }
      restore $'\\xe9.png' -o $'\\xe8.png' && restore . --output-dir $'\\xe7' && cmp $'\\xe8.png' $'\\xe7/\\xe9_denoise.png' &&
        $GRL degrade --task jpeg --quality 9 $'\\xe8.png' -o $'\\xea.jpg' && ls -b . $'\\xe7' && $GRL compare $'no\\xe9.png' $'\\xe9.png'
      """, in: folder)
    #expect(outcome.status == 3)
    #expect(
      outcome.outputText
        == ".:\n\\347\n\\350.png\n\\351.png\n\\352.jpg\n\n\\347:\n\\350_denoise.png\n\\351_denoise.png\n")
    #expect(outcome.errorText.contains(#"no\xE9.png: "#), "\(outcome.errorText)")
  }

  @Test("a named pipe and a link to /dev/zero cost their own result; what is behind them is restored")
  func batch() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "b.png", width: 16, height: 16)
    try #require(mkfifo(folder.path("a.png"), 0o600) == 0)
    try #require(symlink("/dev/zero", folder.path("z.png")) == 0)
    let outcome = try await GRLProcess.run(
      Self.denoise + ["a.png", "z.png", "b.png", "--output-dir", "out"], in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.errorText.contains("a.png: cannot be read: it is not a regular file but a named pipe; give it as"))
    #expect(outcome.errorText.contains("z.png: cannot be read: it is not a regular file but a device"))
    #expect(folder.exists("out/b_denoise.png"))
  }

  @Test("standard input and the shell's <(...) are read, and end where they are no picture")
  func streams() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 16, height: 16)
    let line = "$GRL " + Self.denoise.joined(separator: " ")
    let outcome = try await GRLProcess.shell(
      "\(line) - < a.png > one.png && cat a.png | \(line) - -o two.png && \(line) <(cat a.png) -o three.png", in: folder
    )
    #expect(outcome.status == 0, "\(outcome.errorText)")
    #expect(try folder.bytes("one.png") == folder.bytes("two.png"))
    #expect(try folder.bytes("one.png") == folder.bytes("three.png"))
    let zeros = try await GRLProcess.shell("\(line) - < /dev/zero", in: folder)
    #expect(zeros.status == 3 && zeros.oneErrorLine().contains("not a picture of a format"))
  }

  @Test("a named pipe in the place of a theme is left out and told")
  func themes() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder.path("a.theme"), 0o600) == 0)
    let (themes, notes) = ThemeFiles.load([folder.url.path])
    #expect(themes.map(\.name) == [Theme.standard.name])
    #expect(notes.count == 1 && notes[0].hasSuffix("a.theme: left out: it is not a regular file but a named pipe"))
  }

  @Test("a named pipe in the place of a job's file is told by grl jobs")
  func jobs() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.shell(
      """
      mkdir -p $XDG_STATE_HOME/grl/jobs/20200101-000000-abc
      mkfifo $XDG_STATE_HOME/grl/jobs/20200101-000000-abc/job.json
      $GRL jobs list
      """, in: folder)
    #expect(outcome.errorText.contains("a named pipe; remove the job with grl jobs clean"), "\(outcome.errorText)")
  }
}
