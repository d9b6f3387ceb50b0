import EngineWire

/// One line of the plan that can be changed.
enum PlanRow: String, Hashable, Sendable, CaseIterable {
  case task, model, sigma, noise, quality, scale, pattern, transfer, right, region
  case tile, overlap, memory, threads, precision, ensemble
  case depth, metadata, folder, name, existing, damaged, subfolders

  /// The rows that mean something for what is planned.
  static func rows(for request: JobRequest) -> [PlanRow] {
    allCases.filter { row in
      switch row {
      case .sigma, .noise: request.task == "denoise"
      case .quality: request.task == "jpeg"
      case .scale: request.task == "sr" || request.task == "real-sr"
      case .pattern, .transfer: request.task == "demosaic"
      case .right: request.task == "defocus-deblur"
      case .region: request.region != nil
      case .subfolders: request.inputs.contains { $0.hasSuffix("/") }
      default: true
      }
    }
  }

  var title: String {
    switch self {
    case .right: "right view"
    case .folder: "output"
    case .name: "name"
    case .existing: "if it exists"
    case .damaged: "if damaged"
    default: rawValue
    }
  }

  /// What it is, in one line, for the row under the cursor.
  var help: String {
    switch self {
    case .task: "what is wrong with the pictures"
    case .model: "automatic takes the best fitting one for each picture"
    case .sigma: "level of the noise, 0 to 255; blind leaves it to the model"
    case .noise: "gaussian is white; photo is what cameras and JPEG leave; automatic measures each picture"
    case .quality: "quality the JPEG was saved with, 1 to 100; blind leaves it to the model"
    case .scale: "how many times as wide and high"
    case .pattern: "colours of the mosaic's first 2 x 2 pixels; camera raw files bring their own"
    case .transfer: "of camera raw files: linear is proportional to light, in 16 bits"
    case .right: "right view of a dual-pixel picture; the one marked is the left view"
    case .region: "only this part of every picture; left or right takes it away"
    case .tile: "side of the squares it is cut into; automatic follows from the memory"
    case .overlap: "pixels that neighbouring tiles share; automatic is the published value"
    case .memory: "what the engine may hold resident; automatic: from what is free"
    case .threads: "cores that compute; the result is the same for any number"
    case .precision: "float32, exact (no shortcuts in convolutions), or bf16: faster, a last bit less sharp"
    case .ensemble: "mean over eight flips and turns: eight times slower, slightly better"
    case .depth: "bits of a sample in the result"
    case .metadata: "EXIF and resolution; colour profiles always stay"
    case .folder: "where results go"
    case .name: "{stem} {input} {ext} {task} {scale} {sigma} {quality} are filled in"
    case .existing: "what happens where a result is there already"
    case .damaged: "of a picture that is cut off or damaged: an error that says where, or what is there of it"
    case .subfolders: "whether pictures in folders of marked folders are taken too"
    }
  }

  static let tasks = ["denoise", "sr", "jpeg", "demosaic", "real-sr", "motion-deblur", "defocus-deblur"]
  static let precisions = ["float32", "exact", "bf16"]
  static let noises = ["gaussian", "photo"]
  static let patterns = ["rggb", "grbg", "gbrg", "bggr"]
  static let standardName = "{stem}_{task}.{ext}"
}
