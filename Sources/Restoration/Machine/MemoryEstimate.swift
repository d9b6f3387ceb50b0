import GRLModel
import Imaging
import VulkanDevice

/// Expected peak of resident memory, part by part, in bytes.
public struct MemoryEstimate: Hashable, Sendable, CustomStringConvertible {
  /// The program itself with its libraries and thread stacks.
  public var process: Int
  /// Packed weights.
  public var weights: Int
  /// Features, tables and scratch of one tile shape.
  public var workspace: Int
  /// Input and output tensor of a tile, and the sum of the self-ensemble.
  public var tiles: Int
  /// The rows of the output that tiles still add to, in float.
  public var band: Int
  /// Samples of the pictures in and out, alpha included.
  public var pictures: Int
  /// What weights and features take on a graphics card: not part of the total, which is this process's.
  public var card = 0

  public var totalBytes: Int { process + weights + workspace + tiles + band + pictures }

  /// What is still to be taken once the model is loaded and the pictures are read.
  func bytesToCome(after images: [Image?]) -> Int {
    let read = images.reduce(0) { $0 + ($1.map { PictureShape($0).byteCount } ?? 0) }
    return max(0, totalBytes - process - weights - read)
  }

  /// `program 28.0 MiB, weights 3.36 MiB, working memory 257 MiB, ...`, without what is nothing.
  public var description: String {
    [
      ("program", process), ("weights", weights), ("working memory", workspace), ("tiles", tiles), ("band", band),
      ("pictures", pictures), ("on the card", card),
    ].filter { $0.1 > 0 }.map { "\($0) \(MemoryBudget.text($1))" }.joined(separator: ", ")
  }
}

extension MemoryEstimate {
  /// Resident memory of a process that has loaded its libraries and decoded a picture, the samples not counted (measured).
  static let processBytes = 27 << 20
  /// What each thread adds: its stack as far as it is used, and the allocator's arena.
  static let threadBytes = 1 << 20

  /// The peak of work without a network.
  public init(pictures: Int, workspace: Int = 0, band: Int = 0, threadCount: Int = 1) {
    process = Self.processBytes + threadCount * Self.threadBytes
    (weights, tiles) = (0, 0)
    (self.workspace, self.band, self.pictures) = (workspace, band, pictures)
  }

  /// What no restoration of such a picture stays below, whatever model and tiles: the picture and its result.
  public init(leastFor picture: PictureShape, _ request: RestorationRequest, _ options: RestorationOptions) {
    let scale = request.leastScale
    // A region that lies outside is the plan's to refuse.
    let region = options.region.flatMap { $0.fits(width: picture.width, height: picture.height) ? $0 : nil }
    let pixels = (region?.pixels ?? picture.width * picture.height) * scale * scale
    let isColour = picture.layout.isColour || request.task == .demosaic || request.isDualPixel
    let channels = (isColour ? 3 : 1) + (picture.layout.hasAlpha ? 1 : 0)
    let depth = options.isFinishedLater ? 16 : options.depth.bits(of: picture)
    self.init(pictures: picture.byteCount * (request.isDualPixel ? 2 : 1) + pixels * channels * depth / 8)
  }

  /// The peak of a restoration in these tiles, so many of them at once.
  init(
    _ tiles: TilePlan, lanes: Int, input: PictureShape, output: PictureShape, route: ChannelRoute,
    model: RestorationModel,
    ensemble: Bool, threadCount: Int
  ) {
    let network = model.network
    let scale = model.card.scale
    process = Self.processBytes + threadCount * Self.threadBytes
    weights = network.weightBytes
    let threads = TileLanes.threads(threadCount, lanes: lanes)
    let upright = model.workspaceBytes(height: tiles.tileHeight, width: tiles.tileWidth, threadCount: threads)
    workspace =
      ensemble && tiles.tileHeight != tiles.tileWidth
      ? max(upright, model.workspaceBytes(height: tiles.tileWidth, width: tiles.tileHeight, threadCount: threads))
      : upright
    workspace *= lanes

    if network.device is VulkanDevice {
      // The process holds what is on its way there and back.
      let (height, width) = (
        model.card.configuration.padded(tiles.tileHeight), model.card.configuration.padded(tiles.tileWidth)
      )
      (card, weights) = (weights + workspace, 0)
      let outputs = scale * scale * model.card.configuration.outputChannels
      workspace = 4 * height * width * (3 * route.inputChannels + 2 * outputs)
    }

    let tilePixels = tiles.tileWidth * tiles.tileHeight
    let inputTensor = tilePixels * route.inputChannels * 4
    let outputTensor = tilePixels * scale * scale * model.card.configuration.outputChannels * 4
    self.tiles =
      lanes * (ensemble ? 2 * inputTensor + 3 * outputTensor : inputTensor + outputTensor)
      + (TileLanes.window(lanes: lanes) - lanes) * (inputTensor + outputTensor)
    band = BlendingCanvas.bandBytes(tiles, scale: scale, channels: route.pictureChannels)

    let views = route == .dualPixel ? 2 : 1
    if input.layout.hasAlpha { band += Self.alphaBytes(width: tiles.width * scale) }
    pictures = input.byteCount * views + output.byteCount
  }
}
