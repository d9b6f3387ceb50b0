import Base
import CPUDevice
import GRLModel
import Tensors

/// The network of a model on the processor, loaded when a card fails.
final class ProcessorNetwork: Sendable {
  private let model: RestorationModel
  private let loaded = Locked<GRL?>(nil)

  init(_ model: RestorationModel) { self.model = model }

  /// - Throws: `OutOfMemory` where the system refuses memory.
  func session(_ height: Int, _ width: Int, _ threads: ThreadLease) throws(OutOfMemory) -> GRLSession {
    try GRLSession(network: network(), height: height, width: width, threads: threads)
  }

  private func network() throws(OutOfMemory) -> GRL {
    if let network = loaded.withLock({ $0 }) { return network }
    try OutOfMemory.check(6 * model.network.weightBytes)
    // The file was read before; where it is gone or another one by now, nothing can take the card's place.
    guard let network = try? ModelLibrary.network(model.card, on: CPUDevice(.float32)) else {
      throw OutOfMemory(bytes: model.network.weightBytes)
    }
    loaded.withLock { $0 = network }
    return network
  }
}
