import Base

/// Why a picture could not be read or written.
public enum ImageError: Error, Hashable {
  /// The operating system refused, for `reason`.
  case unreadable(path: String, reason: String)
  /// More bytes than `ImageLimits.fileBytes`; `bytes` is nil where a stream was given up.
  case fileTooLarge(path: String, bytes: Int?, limitBytes: Int)
  /// No format that is read; `begins` holds up to 16 bytes.
  case notAnImage(path: String, begins: [UInt8])
  /// The header asks for more than `ImageLimits.pixels` or `ImageLimits.side`.
  case tooLarge(path: String, width: Int, height: Int, limitPixels: Int, limitSide: Int)
  /// The data contradict the format, or end too early; `reason` is the library's word, `row` where decoding stopped, if
  /// rows come in order.
  case damaged(path: String, reason: String, row: Int? = nil, height: Int = 0)
  /// The samples end before the picture does, at `row` where rows come in order.
  case cutOff(path: String, row: Int?, height: Int)
  /// A sound file of a kind that is not decoded; `advice` is what to do instead of converting it.
  case unsupported(path: String, what: String, advice: String? = nil)
  /// No memory for `bytes` bytes.
  case outOfMemory(path: String, bytes: Int)
  /// The picture has more pixels on a side than `format` can hold.
  case doesNotFit(path: String, format: ImageFile.Format, width: Int, height: Int, limitSide: Int)
  /// The operating system refused, for `reason`. Nothing has appeared or changed under the name `path`.
  case unwritable(path: String, reason: String)
  /// Something has the name `path`, and was not to be replaced.
  case exists(path: String)
  /// `path` is written and complete, but its folder could not be flushed to the disk.
  case notFlushed(path: String, reason: String)
  /// `ImageLimits.cancelFlag` was set.
  case cancelled(path: String)

  public var path: String {
    switch self {
    case .unreadable(let path, _), .fileTooLarge(let path, _, _), .notAnImage(let path, _),
      .tooLarge(let path, _, _, _, _),
      .damaged(let path, _, _, _), .cutOff(let path, _, _), .unsupported(let path, _, _), .outOfMemory(let path, _),
      .doesNotFit(let path, _, _, _, _),
      .unwritable(let path, _), .exists(let path), .notFlushed(let path, _), .cancelled(let path):
      path
    }
  }
}

extension ImageError: KnownFailure {
  public var kind: FailureKind {
    switch self {
    case .unwritable, .notFlushed: .system
    case .exists: .usage
    case .outOfMemory: .memory
    case .cancelled: .cancelled
    default: .badInput
    }
  }

  public var code: String {
    switch self {
    case .unreadable: "unreadable"
    case .fileTooLarge, .tooLarge: "too-large"
    case .notAnImage: "not-a-picture"
    case .damaged: "damaged"
    case .cutOff: "cut-off"
    case .unsupported: "unsupported"
    case .doesNotFit: "does-not-fit"
    case .unwritable, .notFlushed: "unwritable"
    case .exists: "exists"
    case .outOfMemory, .cancelled: kind.code
    }
  }

  /// One line: what, where, what was allowed, what to do next.
  public var description: String { "\(path): \(problem)".printable }

  private var problem: String {
    switch self {
    case .unreadable(_, let reason):
      "cannot be read: \(reason)"
    case .fileTooLarge(_, let bytes?, let limit):
      "\(bytes) bytes, over the limit of \(limit)"
    case .fileTooLarge(_, nil, let limit):
      "goes on after \(limit) bytes, the limit for a file"
    case .notAnImage(_, let begins):
      "not a picture of a format that is read here but \(FileSignature.describe(begins)); grl formats lists them"
    case .tooLarge(_, let width, let height, let limitPixels, let limitSide):
      if width > limitSide || height > limitSide {
        "\(width) x \(height) has a side over the limit of \(limitSide) pixels"
      } else {
        "\(width) x \(height) is \(megapixels(width * height)) megapixels, over the limit of \(megapixels(limitPixels)); "
          + "raise it with --max-pixels"
      }
    case .damaged(_, let reason, let row?, let height):
      "damaged at row \(row) of \(height): \(reason); \(Self.keepAdvice)"
    case .damaged(_, let reason, nil, _):
      "damaged: \(reason)"
    case .cutOff(_, let row?, let height):
      "ends at row \(row) of \(height), the rest is missing; \(Self.keepAdvice)"
    case .cutOff(_, nil, _):
      "ends too early, part of every row is missing; \(Self.keepAdvice)"
    case .unsupported(_, let what, let advice):
      "not supported: \(what); \(advice ?? "convert it to PNG or TIFF first, with ImageMagick for example; grl formats lists what is read")"
    case .outOfMemory(_, let bytes):
      "needs \(bytes) bytes of memory at once, which this machine does not give; use a smaller picture"
    case .doesNotFit(_, let format, let width, let height, let limitSide):
      "\(width) x \(height) does not fit into \(format.name), whose sides end at \(limitSide) pixels; write PNG or TIFF"
    case .unwritable(_, let reason):
      "cannot be written: \(reason)"
    case .exists:
      "exists already and was not replaced; choose another name or --overwrite"
    case .cancelled:
      "not read to its end: nobody wants it any more"
    case .notFlushed(_, let reason):
      "written, but may not survive a power failure: \(reason)"
    }
  }

  static let keepAdvice = "get the whole file, or restore what is there with --damaged keep"

  private func megapixels(_ pixels: Int) -> String {
    pixels < 10_000_000 ? "\(Double(pixels / 1000) / 1000)" : "\(pixels / 1_000_000)"
  }
}
