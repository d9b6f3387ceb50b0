import Base
import CPUDevice
import Foundation
import GRLModel
import Tensors
import VulkanDevice

/// The cards that this process has in use, each opened once.
package enum GraphicsCards {
  private static let opened = Locked<[Int: VulkanDevice]>([:])
  private static let sound = Locked<Set<String>>([])

  /// The device that `choice` names; nil where the processor computes.
  ///
  /// - Throws: `DeviceError`; never for `automatic`.
  package static func device(for choice: DeviceChoice) throws(DeviceError) -> VulkanDevice? {
    if choice == .cpu || choice == .automatic && !mayExist { return nil }
    do {
      let library = try VulkanLibrary.shared()
      guard let card = try choice.card(among: library.cards) else { return nil }
      return try open(card, of: library)
    } catch {
      if choice == .automatic { return nil }
      if let error = error as? DeviceError { throw error }
      throw .unavailable(choice: choice.description.printable(), reason: "\(error)")
    }
  }

  /// Whether the system shows a card's file. Where it does not, nobody pays for loader and drivers: some 100 MiB and a tenth of a second.
  private static let mayExist: Bool = {
    let manager = FileManager.default
    let direct = (try? manager.contentsOfDirectory(atPath: "/dev/dri")) ?? []
    return direct.contains { $0.hasPrefix("renderD") }
      || ["/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"].contains { manager.fileExists(atPath: $0) }
  }()

  private static func open(_ card: GraphicsCard, of library: VulkanLibrary) throws(VulkanError) -> VulkanDevice {
    // One that was lost is opened anew: a driver that was reset works again.
    if let device = opened.withLock({ $0[card.index] }), device.fault == nil { return device }
    let device = try VulkanDevice(card, of: library)
    opened.withLock { $0[card.index] = device }
    return device
  }

  // MARK: First use

  /// Distance from the processor's results, as a share of their range, from which a card computes wrongly.
  private static let bound: Float = 1e-3

  /// Compares, once in a process, what `device` and the processor compute for the kernels that a network uses: on a network of few blocks with the
  /// same widths and generated weights.
  ///
  /// - Throws: `wrongResults` or `fault`.
  package static func check(_ device: VulkanDevice, for configuration: GRLConfiguration) throws(DeviceError) {
    let small = configuration.trial
    let key = "\(device.card.index) \(small)"
    if sound.withLock({ $0.contains(key) }) { return }
    let checkpoint = GeneratedWeights.checkpoint(small, seed: 1)
    let (height, width) = (29, 23)
    let picture = GeneratedWeights.tensor("picture", shape: [height, width, small.inputChannels], seed: 1)
    let input = Tensor(
      shape: Shape(height: height, width: width, channels: small.inputChannels), values: picture.map { ($0 + 1) / 2 })
    func restored(on device: any Device) throws -> [Float] {
      let network = try GRL(checkpoint, configuration: small, on: device)
      let threads = ThreadLease(threadCount: 1)
      let session = try GRLSession(network: network, height: height, width: width, threads: threads)
      let output = try? session.restore(input)
      if let fault = session.fault { throw fault }
      return output?.values ?? []
    }
    do {
      let (expected, result) = (try restored(on: CPUDevice(.exact)), try restored(on: device))
      let range = (expected.max() ?? 0) - (expected.min() ?? 0)
      let distance = zip(expected, result).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) } / max(range, 1e-6)
      guard expected.count == result.count, distance <= bound else {
        throw DeviceError.wrongResults(card: device.card.name, distance: distance)
      }
    } catch {
      if let error = error as? DeviceError { throw error }
      throw .fault(
        error as? DeviceFault ?? DeviceFault(device: device.card.name, call: "\(error)", kind: .outOfMemory))
    }
    sound.withLock { _ = $0.insert(key) }
  }
}

extension GRLConfiguration {
  /// A network with the same kernels and hardly any work: one stage, small windows and stripes.
  fileprivate var trial: GRLConfiguration {
    var small = self
    small.depths = [4]
    small.windowSize = 8
    (small.stripeRows, small.stripeColumns) = (.pixels(8), .pixels(16))
    small.anchorFactor = 2
    return small
  }
}

extension PrecisionChoice {
  /// Where networks are computed as this choice says.
  ///
  /// bf16 and kernels other than our own are the processor's: with them `automatic` is the processor.
  /// - Throws: `DeviceError` where a card is asked for by name and cannot be used.
  public func device(by kernels: KernelChoice, on choice: DeviceChoice) throws(DeviceError) -> any Device {
    let contradicted = self == .bfloat16 ? "--precision bf16" : kernels == .blas ? "--kernels blas" : nil
    if let contradicted {
      if choice == .automatic || choice == .cpu { return device(by: kernels) }
      throw .contradiction(choice: choice.description.printable(), option: contradicted)
    }
    return try GraphicsCards.device(for: choice) ?? device(by: kernels)
  }
}

extension Device {
  /// Whether it is a card that was lost.
  package var isLost: Bool { (self as? VulkanDevice)?.fault != nil }
}

extension RestorationOptions {
  /// Whether it is the processor's standard kernels that compute: speeds are noted of those.
  package var hasKnownSpeed: Bool { kernels == .standard && !(device is VulkanDevice) }
}
