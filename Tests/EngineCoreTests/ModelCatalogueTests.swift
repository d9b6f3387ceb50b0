import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import Testing

@Suite("installed models, shared by threads", .timeLimit(.minutes(5))) struct ModelCatalogueTests {
  @Test("a model that several threads want at the same time is read once")
  func together() throws {
    let folder = try EngineFolder()
    let models = ModelCatalogue(library: folder.library)
    let settings = try JobSettings(folder.request())
    let card = try models.card(settings, for: PictureShape(width: 64, height: 64, layout: .rgb))
    let (found, begin) = (Locked<[RestorationModel]>([]), DispatchSemaphore(value: 0))
    let ended = DispatchSemaphore(value: 0)
    for _ in 0..<8 {
      Thread.detachNewThread {
        begin.wait()
        if let model = try? models.model(card, settings.options) { found.withLock { $0.append(model) } }
        ended.signal()
      }
    }
    for _ in 0..<8 { begin.signal() }
    for _ in 0..<8 { ended.wait() }
    // A model is a value; what it measures of tiles is one object for each time that it was read.
    let objects = found.withLock { $0 }.compactMap { model in
      Mirror(reflecting: model).children.first { $0.label == "measured" }.map {
        ObjectIdentifier($0.value as AnyObject)
      }
    }
    #expect(objects.count == 8 && Set(objects).count == 1)
  }
}
