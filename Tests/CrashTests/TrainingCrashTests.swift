import EngineWire
import Foundation
import Testing

/// `grl train --queue` and `kill -9`: the next engine goes on from the state, to the bytes of a `grl train` that nobody disturbed.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TrainingCrashTests {
  private static let options = [
    "train", "--task", "denoise", "--from", "denoise-test", "--steps", "120", "--patch", "16", "--batch", "1",
    "--threads", "2",
  ]

  @Test("an engine that is killed in the middle of a training loses no more than what was not saved")
  func killed() async throws {
    let folder = try CrashFolder()
    for name in ["a.png", "b.png"] { try folder.picture(name, width: 40, height: 32) }
    let data = ["--data", folder.path("in")]
    let plain = try await Child(
      Self.options + data + ["-q", "-o", folder.path("out/plain.safetensors")], folder.environment()
    ).outcome()
    #expect(plain.status == 0, "\(plain.errors)")

    let first = folder.engine()
    let client = try #require(try await folder.client(of: first))
    let queued = try await Child(
      Self.options + data + ["-o", folder.path("out/own.safetensors"), "--queue"], folder.environment()
    ).outcome()
    #expect(queued.status == 0, "\(queued.errors)")
    let id = queued.output.trimmingCharacters(in: .whitespacesAndNewlines)
    func curve(_ client: EngineClient) throws -> TrainingCurve? { try folder.job(client)?.pictures.first?.curve }

    #expect(try await comesTrue { try curve(client)?.losses.isEmpty == false })
    _ = try client.ask(.pause(job: id))
    #expect(try await comesTrue { try curve(client)?.savedStep ?? 0 > 0 })
    let saved = try curve(client)?.savedStep ?? 0
    _ = try client.ask(.resume(job: id))
    #expect(try await comesTrue { try curve(client)?.losses.last.map { $0.step > saved } == true })
    first.send(SIGKILL)
    #expect(try await first.outcome().wasKilled)
    #expect(!folder.exists("out/own.safetensors"))
    let shown = try await Child(["jobs", "show", id], folder.environment()).outcome()
    #expect(shown.output.contains("kept") && shown.output.contains("step \(saved)"), "\(shown.output)")
    #expect(shown.output.contains("grl train --task denoise --from denoise-test"))

    let second = folder.engine()
    let next = try #require(try await folder.client(of: second))
    #expect(try await comesTrue { try folder.job(next)?.state == .done })
    #expect(try folder.bytes("out/own.safetensors") == folder.bytes("out/plain.safetensors"))
    #expect(try folder.names(in: "out") == ["own.safetensors", "plain.safetensors"])
    _ = try next.ask(.shutDown)
    #expect(try await second.outcome().status == 0)
  }
}
