import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Errors and their words")
struct ImageErrorTests {
  @Test("a missing file, a folder and a name with a zero byte are errors")
  func unreadable() {
    #expect(throws: ImageError.unreadable(path: "/no/such.png", reason: "no such file or directory")) {
      try ImageFile.read("/no/such.png")
    }
    #expect(throws: ImageError.unreadable(path: "/", reason: "it is a folder")) { try ImageFile.read("/") }
    #expect(throws: ImageError.unreadable(path: "a\0b", reason: "a zero byte in the name")) {
      try ImageFile.read("a\0b")
    }
  }

  @Test(
    "a file of another kind is named",
    arguments: [
      ("GIF89a", "GIF"), ("\0\0\0\u{C}jP  ", "JPEG 2000"), ("8BPS", "Photoshop"), ("", "empty file"),
      ("plain words", "text"),
      ("\u{1}\u{2}", "01 02"), ("%PDF-1.7", "PDF"),
    ])
  func notAnImage(bytes: String, word: String) throws {
    let error = #expect(throws: ImageError.self) { try ImageFile.decode(Array(bytes.utf8), path: "a.png") }
    guard case .notAnImage("a.png", Array(bytes.utf8.prefix(16))) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect("\(try #require(error))".contains(word), "\(String(describing: error))")
  }

  @Test("a picture over the limit says how far and what to do")
  func tooLarge() {
    let error = ImageError.tooLarge(
      path: "photo.png", width: 30_000, height: 30_000, limitPixels: 256_000_000, limitSide: 1_000_000)
    #expect(
      "\(error)" == "photo.png: 30000 x 30000 is 900 megapixels, over the limit of 256; raise it with --max-pixels")
  }

  @Test("every description is one line without control characters")
  func oneLine() {
    let path = "evil\u{1B}[31m\n\u{202E}gnp.png"
    let errors: [ImageError] = [
      .unreadable(path: path, reason: "x\r"), .fileTooLarge(path: path, bytes: 5, limitBytes: 4),
      .fileTooLarge(path: path, bytes: nil, limitBytes: 4), .notAnImage(path: path, begins: [0, 27, 10]),
      .tooLarge(path: path, width: 5, height: 5, limitPixels: 4, limitSide: 9),
      .tooLarge(path: path, width: 5, height: 5, limitPixels: 4, limitSide: 4),
      .damaged(path: path, reason: "\u{7F}"), .damaged(path: path, reason: "x", row: 3, height: 9),
      .cutOff(path: path, row: 60, height: 75), .cutOff(path: path, row: nil, height: 75),
      .unsupported(path: path, what: "\n"), .unsupported(path: path, what: "x", advice: "\n"),
      .outOfMemory(path: path, bytes: 9),
      .doesNotFit(path: path, format: .jpeg, width: 9, height: 9, limitSide: 4), .unwritable(path: path, reason: "\t"),
      .notFlushed(path: path, reason: "\u{2028}"),
    ]
    for error in errors {
      let text = "\(error)"
      #expect(text.hasPrefix("evil\\u{1B}[31m\\u{A}\\u{202E}gnp.png: "))
      #expect(
        !text.unicodeScalars.contains { $0.value < 32 || $0.value == 0x7F || $0.value == 0x202E || $0.value == 0x2028 })
      #expect(error.path == path)
    }
  }

  @Test("ordinary names are left as they are", arguments: ["photo.png", "Größe 2.jpg", "写真.png", "👍.png", "a\\b"])
  func printable(text: String) {
    #expect(text.printable == text)
  }
}
