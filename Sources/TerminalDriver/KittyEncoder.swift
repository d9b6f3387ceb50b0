import Foundation
import Workbench

/// The Kitty graphics protocol: pixels as base64 in pieces of 4096 bytes. Answers of the terminal are switched off (`q=2`).
package enum KittyEncoder {
  package static let removeAll = Array("\u{1b}_Ga=d,d=A,q=2;\u{1b}\\".utf8)

  package static func remove(_ number: Int) -> [UInt8] { Array("\u{1b}_Ga=d,d=I,i=\(number),q=2;\u{1b}\\".utf8) }

  /// Sends a picture and shows it from the cursor on, stretched over `area`, without moving the cursor.
  package static func place(_ pixels: PixelBlock, number: Int, in area: CanvasArea) -> [UInt8] {
    let text = Array(Data(pixels.bytes).base64EncodedString().utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + text.count / 256 + 128)
    for start in stride(from: 0, to: text.count, by: 4096) {
      let end = min(start + 4096, text.count)
      bytes += Array("\u{1b}_G".utf8)
      if start == 0 {
        let sides = "s=\(pixels.width),v=\(pixels.height),c=\(area.columns),r=\(area.rows)"
        bytes += Array("a=T,f=24,\(sides),i=\(number),C=1,q=2,".utf8)
      }
      bytes += Array("m=\(end < text.count ? 1 : 0);".utf8)
      bytes += text[start..<end]
      bytes += Array("\u{1b}\\".utf8)
    }
    return bytes
  }
}
