import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Bundled models on any number of threads", .serialized) struct ThreadCountTests {
  private static let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
  private static let names = library.list().cards.filter { $0.origin == .bundled }.map(\.name)

  @Test("there are bundled models") func modelsAreAtHand() {
    #expect(Self.names.count >= 10)
  }

  @Test("every model gives the same bytes", arguments: names)
  func sameBytes(name: String) throws {
    let card = try Self.library.card(name)
    let model = try Self.library.load(card)
    let channels = card.configuration.inputChannels
    let input = Tensor(
      shape: Shape(height: 40, width: 56, channels: channels),
      values: Noise.values("threads", 40 * 56 * channels).map { 0.5 + $0 / 4 })
    let pool = ThreadPool()
    var expected: [UInt32]?
    for count in ThreadCounts.all {
      let threads = ThreadLease(threadCount: count, of: pool)
      let session = try GRLSession(network: model.network, height: 40, width: 56, threads: threads)
      let bits = try session.restore(input).values.map(\.bitPattern)
      if let expected { #expect(bits == expected, "\(count) threads") } else { expected = bits }
    }
  }
}
