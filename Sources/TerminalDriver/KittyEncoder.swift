import CTerminal
import Foundation
import Workbench

/// The Kitty graphics protocol: pictures as base64 in pieces of 4096 bytes, or through shared memory. Answers of the terminal are
/// switched off (`q=2`).
package enum KittyEncoder {
  package static let removeAll = command("a=d,d=A")

  /// Takes a picture away and forgets its pixels.
  package static func remove(_ number: Int) -> [UInt8] { command("a=d,d=I,i=\(number)") }

  /// Takes a picture away; its pixels stay with the terminal, to be placed again.
  package static func hide(_ number: Int) -> [UInt8] { command("a=d,d=i,i=\(number)") }

  /// Sends a PNG file and keeps it.
  package static func send(_ file: [UInt8], number: Int) -> [UInt8] { data(file, "a=t,f=100,i=\(number)") }

  /// Sends pixels through an object in shared memory, which the terminal removes; nil where the system refuses.
  package static func share(_ pixels: PixelBlock, number: Int) -> [UInt8]? {
    let name = "/grl-\(getpid())-\(number)"
    guard grl_shared_write(name, pixels.bytes, pixels.bytes.count) == 0 else { return nil }
    return data(
      Array(name.utf8), "a=t,t=s,f=24,s=\(pixels.width),v=\(pixels.height),S=\(pixels.bytes.count),i=\(number)")
  }

  /// Shows a part of a picture that was sent, from the cursor on and `inset` pixels further, without moving the cursor.
  ///
  /// - Parameters:
  ///   - part: of the picture's pixels.
  ///   - area: the cells over which it is stretched; nil: a pixel of the picture is one of the terminal.
  ///   - layer: pictures of a higher one lie above.
  package static func place(
    _ number: Int, part: (x: Int, y: Int, width: Int, height: Int), inset: (x: Int, y: Int) = (0, 0),
    over area: CanvasArea? = nil, layer: Int = 0
  ) -> [UInt8] {
    var keys = "a=p,i=\(number),p=1,x=\(part.x),y=\(part.y),w=\(part.width),h=\(part.height)"
    if inset != (0, 0) { keys += ",X=\(inset.x),Y=\(inset.y)" }
    if let area { keys += ",c=\(area.columns),r=\(area.rows)" }
    return command(keys + ",z=\(layer),C=1")
  }

  /// Sends a PNG file that cells with placeholders show, `area` large; handed through tmux.
  package static func sendForPlaceholders(_ file: [UInt8], number: Int, in area: CanvasArea) -> [UInt8] {
    throughTmux(data(file, "a=T,U=1,f=100,i=\(number),c=\(area.columns),r=\(area.rows)"))
  }

  /// The cells that show picture `number` (1...255): a placeholder in each, with its row and column as marks above it, in the
  /// colour of the number.
  package static func placeholders(_ number: Int, in area: CanvasArea) -> [UInt8] {
    var text = "\u{1b}[0;38;5;\(number)m"
    for row in 0..<area.rows {
      text += "\u{1b}[\(area.row + row + 1);\(area.column + 1)H"
      for column in 0..<area.columns {
        text.unicodeScalars.append("\u{10eeee}")
        text.unicodeScalars.append(marks[min(row, marks.count - 1)])
        text.unicodeScalars.append(marks[min(column, marks.count - 1)])
      }
    }
    return Array((text + "\u{1b}[0m").utf8)
  }

  /// Most rows and columns that placeholders can tell.
  package static var placeholderLimit: Int { marks.count }

  /// The protocol's marks in their order: those of Unicode 6.0 that stand above a letter (class 230), are not made of others, and
  /// fuse with no letter.
  package static let marks: [Unicode.Scalar] = {
    let fusing: Set<UInt32> = [
      0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x309, 0x30a, 0x30b, 0x30c, 0x30f, 0x311, 0x313, 0x314,
      0x340, 0x341, 0x342, 0x343, 0x344, 0x653, 0x654,
    ]
    return (UInt32(0x300)...0x1d244).lazy.compactMap(Unicode.Scalar.init).filter { scalar in
      guard scalar.properties.canonicalCombiningClass.rawValue == 230, !fusing.contains(scalar.value),
        scalar.properties.generalCategory == .nonspacingMark, let age = scalar.properties.age
      else { return false }
      return age.major < 6 || age.major == 6 && age.minor == 0
    }
  }()

  /// Hands sequences through tmux to the terminal around it (`allow-passthrough`).
  package static func throughTmux(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var start = bytes.startIndex
    // One frame for each sequence, so that no frame grows beyond what tmux keeps.
    while start < bytes.endIndex {
      let end = bytes[start...].firstRange(of: [0x1b, UInt8(ascii: "\\")])?.upperBound ?? bytes.endIndex
      result += Array("\u{1b}Ptmux;".utf8)
      for byte in bytes[start..<end] { result += byte == 0x1b ? [0x1b, 0x1b] : [byte] }
      result += Array("\u{1b}\\".utf8)
      start = end
    }
    return result
  }

  package static func base64(_ bytes: [UInt8]) -> [UInt8] { Array(Data(bytes).base64EncodedString().utf8) }

  private static func command(_ keys: String) -> [UInt8] { Array("\u{1b}_G\(keys),q=2;\u{1b}\\".utf8) }

  private static func data(_ payload: [UInt8], _ keys: String) -> [UInt8] {
    let text = base64(payload)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + text.count / 256 + 128)
    for start in stride(from: 0, to: text.count, by: 4096) {
      let end = min(start + 4096, text.count)
      bytes += Array("\u{1b}_G".utf8)
      if start == 0 { bytes += Array("\(keys),q=2,".utf8) }
      bytes += Array("m=\(end < text.count ? 1 : 0);".utf8)
      bytes += text[start..<end]
      bytes += Array("\u{1b}\\".utf8)
    }
    return bytes
  }
}
