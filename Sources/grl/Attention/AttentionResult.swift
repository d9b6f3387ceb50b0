import ArgumentParser
import Base
import Glibc
import Imaging
import Restoration

/// A file that `grl attention` is to write.
struct AttentionResult {
  enum Format: String {
    case png, svg, npy, json, csv, md, html
  }

  let path: String
  let format: Format
  let mayReplace: Bool

  /// - Throws: where the ending is not known, or the kind has no such result.
  init(_ path: String, _ kind: Attention.Kind, mayReplace: Bool = false) throws {
    self.path = path
    self.mayReplace = mayReplace
    guard let format = path == "-" ? .png : Format(rawValue: fileExtension(path)) else {
      throw ValidationError("-o \(path.printable): give a name that ends in .png .svg .npy .json .csv .md or .html")
    }
    self.format = format
    if kind.isAnalysis && format == .md {
      throw ValidationError(
        "-o \(path.printable): a report in Markdown is of one pixel; leave --kind out, or give .html .png .svg .npy .json or "
          + ".csv")
    }
    if format == .npy && kind.rows == nil && !kind.isAnalysis {
      throw ValidationError("-o \(path.printable): .npy holds one row; choose --kind window, stripe, anchors or gather")
    }
  }

  func write(_ bytes: [UInt8]) throws {
    try Interruption.holdingOff { try WholeFile.write(bytes, to: path, mayReplace: mayReplace) }
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  func write(_ image: Image) throws {
    try Interruption.holdingOff { _ = try ImageFile.write(image, to: path, format: .png, mayReplace: mayReplace) }
  }
}
