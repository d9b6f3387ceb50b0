import Base

/// Who made a picture, and how: what a result's file says of itself, so that it can be made again.
///
/// Written as PNG's text `Software` and `Comment`, as EXIF's and TIFF's `Software`, and as XMP (`xmp:CreatorTool` and properties of
/// ``namespace``), where the format has a place for these. Nothing in it depends on machine, time or folders: the same work gives the same bytes.
public struct Provenance: Hashable, Sendable {
  /// A network that had part in it.
  public struct Step: Hashable, Sendable {
    public var task: String
    public var model: String
    /// Of the model's file, hexadecimal.
    public var sha256: String

    public init(task: String, model: String, sha256: String) {
      (self.task, self.model, self.sha256) = (task, model, sha256)
    }
  }

  /// `GRL Workbench 0.2.0`
  public var software: String
  public var steps: [Step]
  /// The options of the command line that settle the result, quoted for a shell.
  public var settings: String

  public init(version: String, steps: [Step], settings: String) {
    (software, self.steps, self.settings) = ("\(Self.program) \(version)", steps, settings)
  }

  static let program = "GRL Workbench"
  static let namespace = "urn:grl-workbench:provenance:1"

  /// `GRL Workbench 0.2.0: denoise by denoise-color-tiny (SHA-256 8af1...), grl restore --task denoise`
  public var comment: String {
    let steps = steps.map { "\($0.task) by \($0.model) (SHA-256 \($0.sha256))" }.joined(separator: ", then ")
    return "\(software): \(steps), grl restore \(settings)"
  }
}

extension Provenance {
  /// `packet` with this in it, in place of what an earlier run of this program wrote there; a new packet where there is none. The same where
  /// it is no XMP that can be added to.
  func written(into packet: [UInt8]?) -> [UInt8] {
    guard let packet else {
      let tool =
        "<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
        + " xmp:CreatorTool=\"\(Self.escaped(software))\"/>"
      return Array(
        ("<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
          + "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\(tool)\(description)"
          + "</rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>").utf8)
    }
    guard var text = String(validating: packet, as: UTF8.self) else { return packet }
    if let start = text.firstRange(of: Self.beginning), let end = text[start.upperBound...].firstRange(of: "/>") {
      text.removeSubrange(start.lowerBound..<end.upperBound)
    }
    guard let end = text.ranges(of: "</rdf:RDF>").last else { return packet }
    text.insert(contentsOf: description, at: end.lowerBound)
    return Array(text.utf8)
  }

  private static let beginning = "<rdf:Description rdf:about=\"\" xmlns:grl=\"\(namespace)\""

  private var description: String {
    let properties = [
      ("Software", software), ("Task", steps.map(\.task).joined(separator: ", ")),
      ("Model", steps.map(\.model).joined(separator: ", ")),
      ("ModelSHA256", steps.map(\.sha256).joined(separator: ", ")), ("Settings", settings),
    ]
    return Self.beginning + properties.map { " grl:\($0)=\"\(Self.escaped($1))\"" }.joined() + "/>"
  }

  /// As the value of an XML attribute.
  private static func escaped(_ text: String) -> String {
    text.printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}

extension ImageMetadata {
  /// Bytes of EXIF in a JPEG file: of a segment's 65,533 without `Exif\0\0`.
  static let mostJPEGExif = 65_527

  /// Puts the provenance where files of `format` have a place for it.
  mutating func stamp(for format: ImageFile.Format) {
    guard let provenance else { return }
    let holds = format.holds.metadata
    if holds.contains(.exif) {
      var block = exif.map { ExifBlock($0) } ?? ExifBlock()
      block.setSoftware(provenance.software)
      // EXIF that fills a JPEG segment stays as it is.
      if format != .jpeg || block.bytes.count <= ImageMetadata.mostJPEGExif { exif = block.bytes }
    }
    if holds.contains(.xmp) { xmp = provenance.written(into: xmp) }
  }
}
