import Foundation

/// A reader of bytes that come from outside, as the fuzzer and the test of the corpora call it.
///
/// Whatever the bytes: it gives a value or a typed error. A trap, a report of a sanitizer, and what is over the bounds of time
/// and memory (`Driver/main.swift`) end the process; a promise that is broken more quietly is a ``FuzzFinding``.
package enum FuzzTarget: String, CaseIterable, Codable, Sendable {
  /// `ImageFile.decode`, and what was read written and read again.
  case png, jpeg, tiff, webp, heif, jxl, bmp, pnm, exr
  /// `ColourSpace` and `NetworkColours` of a picture with the profile.
  case icc
  /// `RawFile.read`.
  case raw
  /// `Checkpoint`, the configuration and card of what is in it, and bare pickles as the heart of an archive.
  case checkpoint
  /// `TarArchive`, and the bytes of what is in it.
  case tar
  /// `FrameDecoder`; questions up to `JobSettings`, answers up to the workbench's screens.
  case wire
  /// `Theme.parse`, and its looks.
  case theme
  /// `job.json` and the journal, up to what the wire tells of the job.
  case journal
  /// `Settings.parse`, and a workbench with them.
  case settings

  package enum Verdict: Hashable, Sendable {
    case value
    /// A typed error, or what stands for one.
    case refused
  }

  /// Reads `bytes`.
  ///
  /// - Throws: what the reader promised and did not keep.
  package func run(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    switch self {
    case .png, .tiff, .webp, .heif, .jxl, .bmp, .pnm, .exr: try Self.picture(bytes)
    case .jpeg: try Self.picture(bytes, .jpeg)
    case .icc: try Self.profile(bytes)
    case .raw: try Self.raw(bytes)
    case .checkpoint: try Self.checkpoint(bytes)
    case .tar: try Self.tar(bytes)
    case .wire: try Self.wire(bytes)
    case .theme: try Self.theme(bytes)
    case .journal: try Self.journal(bytes)
    case .settings: try Self.settings(bytes)
    }
  }

  /// `bytes` with checksums and lengths made right, so that what was changed is looked at; the same where there are none.
  package func repaired(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .png: Self.pngRepaired(bytes)
    case .checkpoint: Self.checkpointRepaired(bytes)
    case .tar: Self.tarRepaired(bytes)
    case .wire: Self.wireRepaired(bytes)
    case .journal: Self.journalRepaired(bytes)
    case .jpeg, .tiff, .webp, .heif, .jxl, .bmp, .pnm, .exr, .icc, .raw, .theme, .settings: bytes
    }
  }

  /// Longest input that is tried.
  package var longest: Int {
    switch self {
    case .png, .jpeg, .tiff, .webp, .heif, .jxl, .bmp, .pnm, .exr, .icc, .raw: 32 << 10
    case .checkpoint, .tar, .wire: 16 << 10
    case .theme, .journal, .settings: 8 << 10
    }
  }

  /// Folders of its corpus below the package's root: its own first, then others with files of its kind.
  package var folders: [String] {
    let fixtures =
      switch self {
      case .png:
        ["images/pngsuite", "images/own", "images/image-png-fuzz", "images/image-png-fuzz-crc"]
          .map { "Tests/Fixtures/" + $0 }
      case .jpeg: ["images/libjpeg-afl", "images/jpeg-decoder", "images/own"].map { "Tests/Fixtures/" + $0 }
      case .checkpoint:
        ["checkpoints/bad/safetensors", "checkpoints/bad/torchzip", "checkpoints/golden"].map { "Tests/Fixtures/" + $0 }
      case .theme: ["Themes"]
      case .tiff, .webp, .heif, .jxl, .bmp, .pnm, .exr, .icc, .raw, .tar, .wire, .journal, .settings: [String]()
      }
    return ["Tests/Fuzz/corpus/\(rawValue)"] + fixtures
  }

  /// What `body` gives; nil where it throws its typed error, which must be fit for a person's eyes.
  static func accepted<Value, Refusal: Error & CustomStringConvertible>(
    _ body: () throws(Refusal) -> Value
  ) throws(FuzzFinding) -> Value? {
    do { return try body() } catch {
      try requireLine(error.description)
      return nil
    }
  }

  /// What it throws where something was promised and not kept.
  static func require(_ isKept: Bool, _ promise: @autoclosure () -> String) throws(FuzzFinding) {
    if !isKept { throw FuzzFinding(promise()) }
  }

  /// Texts for a person are one line, not too long, without a character that a terminal would obey.
  static func requireLine(_ text: String) throws(FuzzFinding) {
    func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    try require(
      !text.unicodeScalars.contains(where: isObeyed), "control characters for a person: \(text.debugDescription)")
    try require(text.utf8.count <= 20_000, "a text for people has \(text.utf8.count) bytes")
  }
}

/// A promise that a reader did not keep.
package struct FuzzFinding: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
