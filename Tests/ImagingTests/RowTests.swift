import Base
import Foundation
import Imaging
import Testing

@Suite("Reading and writing by rows") struct RowTests {
  static let shapes: [(Image.Layout, bits: Int)] = [
    (.gray, 8), (.grayAlpha, 16), (.rgb, 8), (.rgbAlpha, 16), (.rgb, 32), (.rgbAlpha, 8),
  ]

  private static func picture(_ layout: Image.Layout, bits: Int, width: Int = 300, height: Int = 530) -> Image {
    let image = Pictures.pattern(layout, bitDepth: bits == 32 ? 16 : bits, width: width, height: height)
    return bits == 32 ? image.withBitDepth(32) : image
  }

  /// Rows of a file in bands that overlap, put together.
  private static func rows(of path: String, from first: Int = 0, step: Int = 37, overlap: Int = 11) throws -> Image {
    let file = try OpenedPicture(path)
    let (reader, height) = (try file.rows(), file.header.height)
    var parts: [ImageBand] = []
    var end = first
    while end < height {
      let top = max(first, end - overlap)
      let band = try reader.band(top..<min(height, end + step))
      #expect(band.top == top && band.height == height)
      parts.append(band)
      end = band.rows.upperBound
    }
    let all = Rectangle(x: 0, y: 0, width: file.header.width, height: 1)
    let values = (first..<height).flatMap { y in
      let band = parts.first { $0.rows.contains(y) }!
      let row = all.offset(x: 0, y: y)
      let again = parts.last { $0.rows.contains(y) }!
      #expect(band.floats(.rgb, of: row) == again.floats(.rgb, of: row))
      return zip(band.floats(.rgb, of: row).chunks(3), band.floats(.alpha, of: row)).flatMap { $0 + [$1] }
    }
    return Image(
      width: file.header.width, height: height - first, layout: .rgbAlpha, samples: .float(values))
  }

  private static func floats(_ image: Image) -> [Float] {
    zip(image.floats(.rgb).chunks(3), image.floats(.alpha)).flatMap { $0 + [$1] }
  }

  @Test("rows are those of the whole, in PNG, strips and tiles, and from any row on", arguments: shapes)
  func reading(layout: Image.Layout, bits: Int) throws {
    let folder = try Folder()
    let image = Self.picture(layout, bits: bits)
    var tiled = ImageFile.Encoding()
    tiled.stripsBytes = 1000
    for (name, encoding) in [("a.png", ImageFile.Encoding()), ("a.tif", .init(compression: .lzw)), ("b.tif", tiled)]
    where bits < 32 || name != "a.png" {
      let path = folder.path(name)
      try ImageFile.write(image, to: path, format: ImageFile.Format(path: path)!, encoding: encoding)
      let whole = try ImageFile.read(path).image
      let expected = Self.floats(whole)
      #expect(Self.floats(try Self.rows(of: path)) == expected, "\(name)")
      let part = try Self.rows(of: path, from: 301, step: 64, overlap: 0)
      #expect(Self.floats(part) == Array(expected.suffix(part.width * part.height * 4)), "\(name)")
    }
  }

  @Test("files of other programs by rows", arguments: [ImageFile.Format.tiff, .png, .exr])
  func others(format wanted: ImageFile.Format) throws {
    guard wanted.reasonAgainstReading == nil else { return }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures")
    var count = 0
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let url = files?.nextObject() as? URL {
      guard ImageFile.Format(path: url.path) == wanted else { continue }
      guard let file = try? OpenedPicture(url.path), let whole = try? file.decoded().image else { continue }
      guard file.header.wholeReason == nil else { continue }
      #expect(
        Self.floats(try Self.rows(of: url.path, step: 5, overlap: 2)) == Self.floats(whole), "\(url.lastPathComponent)")
      count += 1
    }
    #expect(count > 3)
  }

  @Test("a picture that is written by rows has the bytes of the whole", arguments: shapes)
  func writing(layout: Image.Layout, bits: Int) throws {
    let folder = try Folder()
    var image = Self.picture(layout, bits: bits)
    image.metadata.exif = Pictures.exif(orientation: 1)
    image.metadata.pixelsPerMetre = .init(horizontal: 3000, vertical: 4000)
    image.metadata.provenance = Provenance(version: "1", steps: [], settings: "--task denoise")
    for compression in ImageFile.Compression.allCases {
      for stripsBytes in [ImageFile.Encoding().stripsBytes, 1000] {
        var encoding = ImageFile.Encoding(compression: compression)
        encoding.stripsBytes = stripsBytes
        let formats: [ImageFile.Format] = compression == .deflate && stripsBytes > 1000 ? [.png, .tiff] : [.tiff]
        for format in formats {
          let (whole, rows) = (folder.path("whole"), folder.path("rows"))
          let losses = try ImageFile.write(image, to: whole, format: format, encoding: encoding)
          let found = try ImageFile.writeRows(
            like: image.cropped(to: Rectangle(x: 0, y: 7, width: image.width, height: 1)), height: image.height,
            to: rows, format: format, encoding: encoding, failure: { $0 }
          ) { (writer) throws(ImageError) in
            for top in stride(from: 0, to: image.height, by: 100) {
              let height = min(100, image.height - top)
              try writer.put(image.cropped(to: Rectangle(x: 0, y: top, width: image.width, height: height)))
            }
          }
          #expect(found == losses)
          let bytes = try Data(contentsOf: URL(filePath: rows))
          #expect(try Data(contentsOf: URL(filePath: whole)) == bytes, "\(format) \(compression) \(stripsBytes)")
          let isBig = bytes.prefix(4) == Data([0x49, 0x49, 43, 0])
          #expect(isBig == (format == .tiff && stripsBytes == 1000))
          let depth = format == .png && bits == 32 ? 16 : bits
          #expect(Self.floats(try ImageFile.read(rows).image) == Self.floats(image.withBitDepth(depth)))
        }
      }
    }
  }

  @Test("what ends in the midst leaves no file, and a file that ends in the midst is an error with its row")
  func ends() throws {
    struct Stop: Error {}
    let folder = try Folder()
    let image = Self.picture(.rgb, bits: 8)
    #expect(throws: Stop.self) {
      try ImageFile.writeRows(
        like: image, height: 530, to: folder.path("a.png"), format: .png, failure: { _ in Stop() }
      ) {
        (writer) throws(Stop) in
        do { try writer.put(image) } catch { throw Stop() }
        throw Stop()
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")).isEmpty)
    for name in ["b.png", "b.tif"] {
      let path = folder.path(name)
      try ImageFile.write(image, to: path, format: ImageFile.Format(path: path)!)
      var bytes = try Data(contentsOf: URL(filePath: path))
      if name == "b.png" {
        bytes = bytes.prefix(bytes.count / 2)
      } else {
        bytes.replaceSubrange(bytes.count / 2..<bytes.count / 2 + 40, with: Data(repeating: 0xFF, count: 40))
      }
      try bytes.write(to: URL(filePath: path))
      #expect(throws: ImageError.self, "\(name)") { try ImageFile.read(path) }
      #expect(throws: ImageError.self, "\(name)") { try Self.rows(of: path) }
    }
  }

  @Test("what is decoded whole only says why")
  func reasons() throws {
    let folder = try Folder()
    let image = Self.picture(.rgb, bits: 8, width: 20, height: 10)
    try ImageFile.write(image, to: folder.path("a.jpg"), format: .jpeg)
    #expect(try ImageFile.header(folder.path("a.jpg")).wholeReason?.contains("whole") == true)
    try ImageFile.write(image, to: folder.path("a.png"), format: .png)
    #expect(try ImageFile.header(folder.path("a.png")).wholeReason == nil)
  }
}

/// Gone when the test is over.
private final class Folder {
  private let url = FileManager.default.temporaryDirectory.appending(path: "row-tests-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit {
    do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(url.path): \(error)") }
  }

  func path(_ name: String) -> String { name.isEmpty ? url.path : url.appending(path: name).path }
}

extension Array {
  fileprivate func chunks(_ size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
