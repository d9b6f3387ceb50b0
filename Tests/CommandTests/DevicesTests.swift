import Foundation
import Imaging
import TestSupport
import Testing
import VulkanDevice

@Suite("grl devices", .serialized) struct DevicesTests {
  @Test("the processor is in the list, and what auto takes is marked") func list() async throws {
    let folder = try TemporaryFolder()
    let result = try await GRLProcess.run(["devices", "--json"], in: folder)
    #expect(result.status == 0)
    let entries = try #require(try JSONSerialization.jsonObject(with: Data(result.outputText.utf8)) as? [[String: Any]])
    #expect(entries.first?["name"] as? String == "cpu")
    #expect(entries.count { $0["isAutomatic"] as? Bool == true } == 1)
    #expect(!entries.contains { $0["kind"] as? String == "software" && $0["isAutomatic"] as? Bool == true })
    let off = try await GRLProcess.run(["devices"], in: folder, environment: ["GRL_VULKAN_DISABLE": "all"])
    #expect(off.status == 0 && off.errorText.contains("switched off by GRL_VULKAN_DISABLE"))
  }

  @Test("a card that is asked for restores; one that is not there is a usage error", .vulkan)
  func restore() async throws {
    let folder = try TemporaryFolder()
    let model = try TestModel.write(to: folder.url).path
    try TestPicture.write(to: folder, "a.png", width: 40, height: 24)
    func restored(_ device: String) async throws -> Image {
      let result = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--model", model, "--device", device, "a.png", "-o", "\(device).png"],
        in: folder)
      #expect(result.status == 0, "\(result.errorText)")
      return try TestPicture.read(folder, "\(device).png")
    }
    let (card, processor) = (try await restored("vulkan"), try await restored("cpu"))
    #expect(TestPicture.psnr(card, processor) > 60)
    for words in [["--device", "no such card"], ["--device", "vulkan", "--precision", "bf16"]] {
      let result = try await GRLProcess.run(["restore", "--task", "denoise", "a.png"] + words, in: folder)
      #expect(result.status == 2 && result.errorText.contains("--device"), "\(result.errorText)")
    }
  }
}
