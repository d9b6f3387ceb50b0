import ArgumentParser
import Base
import CPUDevice
import Restoration
import Tensors
import VulkanDevice

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what networks can be computed on: the processor and graphics cards.",
    discussion: """
      Cards are those that Vulkan offers. --device of restore, attention, evaluate and bench takes a name or a part of it, \
      a UUID or a PCI address from this list. The line that is marked is what --device auto takes: a card in software \
      never is. With --speed each card computes for about a second.

      GRL_VULKAN_DISABLE=all leaves Vulkan alone; replay and budget switch off recorded work and what drivers say of free \
      memory. CUDA_VISIBLE_DEVICES hides NVIDIA's cards from auto and vulkan.

      EXAMPLES
        grl devices
        grl devices --speed --json
      """)

  @Flag(help: "Measure products and memory of each card.") var speed = false
  @Flag(help: "One JSON array instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  private struct Entry: Encodable {
    var name: String
    var kind: String
    var uuid: String?
    var pciAddress: String?
    var memoryBytes: Int?
    var freeBytes: Int?
    var driver: String
    var vulkan: String?
    var features: [String] = []
    /// Why it is not used.
    var problem: String?
    var isAutomatic: Bool
    /// Multiplications and additions in a second, and bytes.
    var operationsPerSecond: Double?
    var bytesPerSecond: Double?
  }

  func run() throws {
    let console = common.console()
    var (cards, note): ([Entry], String?) = ([], nil)
    var taken: GraphicsCard?
    do {
      let library = try VulkanLibrary.shared()
      taken = try DeviceChoice.automatic.card(among: library.cards)
      cards = library.cards.map { entry($0, of: library, isAutomatic: $0 == taken) }
      if cards.isEmpty { note = "Vulkan has no card here" }
    } catch {
      note = "\(error)"
    }
    let processor = Entry(
      name: "cpu", kind: "processor", driver: CPUDevice(.float32).description, isAutomatic: taken == nil)
    if json {
      console.result(jsonLine([processor] + cards))
    } else {
      for entry in [processor] + cards { lines(entry).forEach { console.result($0.printable) } }
    }
    if let note { console.note(note.printable) }
  }

  private func entry(_ card: GraphicsCard, of library: VulkanLibrary, isAutomatic: Bool) -> Entry {
    var entry = Entry(
      name: card.name, kind: card.kind.rawValue, uuid: card.uuid, pciAddress: card.pciAddress,
      memoryBytes: card.memoryBytes, freeBytes: card.freeBytes, driver: card.driver, vulkan: card.version,
      features: (card.hasFloat16 ? ["float16"] : []) + (card.hasMatrices ? ["cooperative matrices"] : []),
      problem: card.lacks.map { "not used: it lacks \($0)" }, isAutomatic: isAutomatic)
    guard speed, card.lacks == nil else { return entry }
    do {
      let measured = try VulkanDevice(card, of: library).measuredSpeed()
      (entry.operationsPerSecond, entry.bytesPerSecond) = (measured.operations, measured.bytes)
    } catch {
      entry.problem = "not measured: \(error)"
    }
    return entry
  }

  private func lines(_ entry: Entry) -> [String] {
    var facts = [entry.kind]
    if let bytes = entry.memoryBytes {
      facts.append(MemoryBudget.text(bytes) + (entry.freeBytes.map { " (\(MemoryBudget.text($0)) free)" } ?? ""))
    }
    facts.append(entry.driver)
    if let vulkan = entry.vulkan { facts.append("Vulkan \(vulkan)") }
    facts += entry.features
    var lines = ["\(entry.isAutomatic ? "*" : " ") \(entry.name)", "    " + facts.joined(separator: ", ")]
    let address = [entry.uuid.map { "UUID \($0)" }, entry.pciAddress.map { "PCI \($0)" }].compactMap { $0 }
    if !address.isEmpty { lines.append("    " + address.joined(separator: ", ")) }
    if let operations = entry.operationsPerSecond, let bytes = entry.bytesPerSecond {
      lines.append("    \((operations / 1e9).fixed(1)) GFLOP/s in products, \((bytes / 1e9).fixed(1)) GB/s of memory")
    }
    if let problem = entry.problem { lines.append("    " + problem) }
    return lines
  }
}
