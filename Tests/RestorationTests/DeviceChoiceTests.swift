import Restoration
import Tensors
import Testing
import VulkanDevice

@Suite struct DeviceChoiceTests {
  static let software = GraphicsCard(
    index: 0, name: "llvmpipe", kind: .software, uuid: "6d657361-0000-0000-0000-000000000000", memoryBytes: 64 << 30)
  static let integrated = GraphicsCard(
    index: 1, name: "Intel Iris", kind: .integrated, uuid: "11111111-0000-0000-0000-000000000000",
    memoryBytes: 32 << 30, pciAddress: "0000:00:02.0")
  static let large = GraphicsCard(
    index: 2, name: "NVIDIA A", kind: .discrete, uuid: "22222222-0000-0000-0000-000000000000", memoryBytes: 24 << 30,
    pciAddress: "0000:01:00.0", isNVIDIA: true)
  static let small = GraphicsCard(
    index: 3, name: "NVIDIA B", kind: .discrete, uuid: "33333333-0000-0000-0000-000000000000", memoryBytes: 8 << 30,
    pciAddress: "0000:02:00.0", isNVIDIA: true)
  static let old = GraphicsCard(
    index: 4, name: "Old", kind: .discrete, uuid: "44444444-0000-0000-0000-000000000000", memoryBytes: 96 << 30,
    lacks: "buffer device addresses of Vulkan 1.2")
  static let all = [software, integrated, large, small, old]

  private func taken(_ choice: DeviceChoice, _ cards: [GraphicsCard] = all, cuda: String? = nil) throws -> Int? {
    try choice.card(among: cards, cuda.map { ["CUDA_VISIBLE_DEVICES": $0] } ?? [:])?.index
  }

  @Test("auto takes the largest real card that can be used, and never one in software") func automatic() throws {
    #expect(try taken(.automatic) == 2)
    #expect(try taken(.automatic, [Self.software, Self.integrated]) == 1)
    #expect(try taken(.automatic, [Self.software, Self.old]) == nil)
    #expect(try taken(.automatic, []) == nil)
    #expect(try taken(.cpu) == nil)
    #expect(try taken(.vulkan, [Self.software, Self.old]) == 0)
    #expect(try taken(.vulkan) == 2)
    #expect(throws: DeviceError.noCard(choice: "vulkan")) { try taken(.vulkan, [Self.old]) }
  }

  @Test("a card is found by name, part of it, UUID and PCI address; a wrong one is told what there is")
  func named() throws {
    for (text, index) in [
      ("nvidia b", 3), ("Iris", 1), ("33333333-0000-0000-0000-000000000000", 3),
      ("GPU-22222222-0000-0000-0000-000000000000", 2), ("0000:00:02.0", 1), ("llvmpipe", 0),
    ] {
      #expect(try taken(DeviceChoice(text)) == index, "\(text)")
    }
    let several = #expect(throws: DeviceError.self) { try taken(DeviceChoice("nvidia")) }
    #expect(several.map { "\($0)".contains(Self.small.uuid) && "\($0)".contains(Self.large.uuid) } == true)
    let none = #expect(throws: DeviceError.self) { try taken(DeviceChoice("matrox\u{1B}[2J")) }
    #expect(none.map { "\($0)".contains("NVIDIA A") && !"\($0)".contains("\u{1B}") } == true)
  }

  @Test("CUDA_VISIBLE_DEVICES hides NVIDIA's cards, by number and by UUID") func visible() throws {
    #expect(try taken(.automatic, cuda: "1") == 3)
    #expect(try taken(.automatic, cuda: "1,0") == 2)
    #expect(try taken(.automatic, cuda: "GPU-3333") == 3)
    #expect(try taken(.automatic, cuda: "") == 1)
    #expect(try taken(.vulkan, cuda: "-1,0") == 1)
    // Who names a card gets it.
    #expect(try taken(DeviceChoice("nvidia a"), cuda: "") == 2)
  }

  @Test("bf16 and BLAS are the processor's") func contradictions() throws {
    #expect(!(try PrecisionChoice.bfloat16.device(by: .own, on: .automatic) is VulkanDevice))
    let error = #expect(throws: DeviceError.self) { try PrecisionChoice.bfloat16.device(by: .own, on: .vulkan) }
    #expect(error.map { "\($0)".contains("--precision bf16") } == true)
    #expect(throws: DeviceError.contradiction(choice: "vulkan", option: "--kernels blas")) {
      try PrecisionChoice.float32.device(by: .blas, on: .vulkan)
    }
  }
}
