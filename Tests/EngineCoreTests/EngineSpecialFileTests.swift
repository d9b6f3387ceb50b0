import EngineCore
import EngineWire
import Foundation
import JobStore
import Testing

/// Pipes that nobody writes to, asked for as pictures: the engine answers, and goes on.
@Suite("Engine: special files", .timeLimit(.minutes(2))) struct EngineSpecialFileTests {
  @Test("a pipe, a device, standard input: an answer for each kind of request, and others are served")
  func requests() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    try #require(mkfifo(folder.path("pictures/pipe.png"), 0o600) == 0)
    try #require(symlink("/dev/zero", folder.path("pictures/z.png")) == 0)
    let engine = folder.engine()
    for (path, word) in [
      ("pipe.png", "a named pipe"), ("z.png", "a device"), ("/dev/null", "a device"), ("-", "no such file"),
    ] {
      for request in [Request.inspect(path: path), .preview(path: path, region: nil, width: 9, height: 9)] {
        let failure = await engine.refusal(request)
        #expect(failure?.kind == .badInput && failure?.message.contains(word) == true, "\(failure?.message ?? "")")
      }
    }
    guard case .folder(let listing) = await engine.ask(.listFolder(path: folder.path("pictures"))) else {
      Issue.record("no listing")
      return
    }
    #expect(listing.entries.filter { $0.kind == .picture }.map(\.name) == ["a.png"])
    // A job with nothing but a pipe does not hold up the one behind it, and the engine ends when it is asked to.
    let events = await engine.events()
    _ = try await engine.submit(folder.request("pipe.png"))
    let id = try await engine.submit(folder.request("a.png"))
    let heard = await Engine.heard(events, until: id)
    #expect(!heard.isEmpty)
    #expect(folder.exists("out/a_denoise.png") && !folder.exists("out/pipe_denoise.png"))
    await engine.shutDown()
  }

  @Test("a pipe as a job's file or journal is a damaged job, not a wait")
  func jobs() throws {
    let folder = try EngineFolder()
    let store = folder.store
    let request = folder.request("a.png")
    for file in ["job.json", "journal"] {
      let job = try store.create(
        request, pictures: [StoredJob.Picture(input: "a.png", output: "b.png")], skipped: [], owner: .engine)
      let path = job.path + "/" + file
      unlink(path)
      try #require(mkfifo(path, 0o600) == 0)
      #expect {
        try store.snapshot(job.id)
      } throws: {
        "\($0)".contains(file) && "\($0)".contains("a named pipe")
      }
    }
  }
}
