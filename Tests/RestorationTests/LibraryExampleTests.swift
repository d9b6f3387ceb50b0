import Foundation
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

/// The example of `README.md`, compiled and run.
@Suite("Library example") struct LibraryExampleTests {
  /// From here to the next empty line, the lines of the page.
  private func denoise(_ input: String, _ output: String) throws {
    let picture = try ImageFile.read(input).image
    let request = RestorationRequest(.denoise, sigma: 25)
    let library = ModelLibrary.standard()
    let card = try library.best(for: request, picture: PictureShape(picture), variant: .tiny)
    let restorer = Restorer(model: try library.load(card), threads: ThreadLease(threadCount: 2))
    let plan = try restorer.plan(for: PictureShape(picture), request: request)
    let restored = try restorer.restore(picture, plan: plan)
    _ = try ImageFile.write(restored.image, to: output, format: .png)
  }

  @Test("It runs, and is what the page shows")
  func readme() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-example-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let picture = TestPictures.picture(48, 40)
    _ = try ImageFile.write(picture, to: folder.path + "/noisy.png", format: .png)
    try denoise(folder.path + "/noisy.png", folder.path + "/restored.png")
    let restored = try ImageFile.read(folder.path + "/restored.png").image
    #expect(restored.width == 48 && restored.height == 40)
    #expect(restored.integers(channel: 0, of: restored.bounds) != picture.integers(channel: 0, of: picture.bounds))

    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let page = try String(contentsOf: TestData.packageRoot.appending(path: "README.md"), encoding: .utf8)
    let body = try #require(source.firstMatch(of: /(?s)private func denoise[^\n]*\n(.*?)\n  \}/)).1
    let shown = try #require(page.firstMatch(of: /(?s)```swift\n(.*?)```/)).1
    let lines = shown.split(separator: "\n").filter { !$0.hasPrefix("import ") }
    #expect(lines == body.split(separator: "\n").map { $0.dropFirst(4) })
    #expect(lines.count <= 10)
  }
}
