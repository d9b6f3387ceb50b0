import Base

/// A broken rule of the zip archives that `torch.save` writes.
public enum ArchiveFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// No end-of-directory record: not a zip file, or cut.
  case noDirectory
  /// The record at `offset` contradicts the format; `rule` says how.
  case malformed(offset: Int, rule: String)
  case duplicateEntry(String)
  case missingEntry(String)
  case encrypted(entry: String)
  case compressed(entry: String, method: Int)
  case checksum(entry: String, stored: UInt32, computed: UInt32)
  /// No `data.pkl` in it, or several.
  case notTorch(pickles: Int)
  case torchScript
  case bigEndian

  public var description: String {
    switch self {
    case .noDirectory: "begins like a zip archive, but its directory is missing: cut short or damaged; fetch it again"
    case .malformed(let offset, let rule): "damaged zip archive: byte \(offset): \(rule); fetch it again"
    case .duplicateEntry(let name): "zip archive with two entries \(name.printable()); save it again with torch.save"
    case .missingEntry(let name): "the archive has no entry \(name.printable()); save it again with torch.save"
    case .encrypted(let name): "entry \(name.printable()) is encrypted, torch.save never does that; save it again"
    case .compressed(let name, let method):
      "entry \(name.printable()) is compressed (zip method \(method)), torch.save stores plain; save it again"
    case .checksum(let name, let stored, let computed):
      "entry \(name.printable()): CRC-32 \(String(computed, radix: 16)), stored \(String(stored, radix: 16)): "
        + "damaged; fetch it again"
    case .notTorch(let pickles):
      "a zip archive with \(pickles == 0 ? "no" : "\(pickles)") data.pkl, not one of torch.save; give a checkpoint"
    case .torchScript:
      "a TorchScript program, which is not run; save the weights with torch.save(model.state_dict(), FILE)"
    case .bigEndian: "written on a big-endian machine; save it again on a little-endian one"
    }
  }
}
