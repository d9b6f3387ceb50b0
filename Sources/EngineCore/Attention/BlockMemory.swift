import Base
import EngineWire
import GRLModel
import Inspection
import Restoration
import Tensors

/// What earlier questions about a picture left of one tile, so that the next one takes no forward pass: inputs of blocks, and one block laid
/// out whole.
///
/// One question at a time uses it.
package final class BlockMemory {
  /// Bytes that inputs of blocks nobody asked for yet may take.
  var room: Int
  /// Bytes of the inputs that it holds.
  private(set) var inputBytes = 0
  /// Bytes that it holds.
  var bytes: Int { inputBytes + (laidOut?.bytes ?? 0) }
  private var inputs: KeptActivations?
  private var laidOut: WholeBlock?
  private var dominant: (place: BlockPlace, area: AttentionCell.Area, heads: [Int])?

  package init(room: Int = 0) { self.room = room }

  func forget() {
    (inputs, laidOut, dominant) = (nil, nil, nil)
    inputBytes = 0
  }

  /// Inputs of at least `blocks`; nil where a pass is needed for them.
  func activations(of tile: Rectangle, _ blocks: Set<BlockPlace>) -> KeptActivations? {
    guard let inputs, inputs.area == AttentionCell.Area(tile) else { return nil }
    return blocks.isSubset(of: inputs.blocks) ? inputs : nil
  }

  /// Inputs of `blocks` of a tile: those that are there, or of a forward pass, which keeps the inputs of all blocks where they have room.
  ///
  /// - Throws: `.restoration`.
  func activations(
    of tile: Rectangle, _ blocks: Set<BlockPlace>, in picture: InspectedPicture, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> KeptActivations {
    if let there = activations(of: tile, blocks) { return there }
    forget()
    let all = Set(picture.configuration.blocks)
    let each = KeptActivations.bytesPerBlock(picture.configuration, height: tile.height, width: tile.width)
    let wanted = all.count * each <= room ? all : blocks
    let made = try picture.caught { () throws(RestorationError) in
      try picture.restorer.activations(
        picture.image, right: picture.right, plan: picture.plan, tile: tile, blocks: wanted, isCancelled: isCancelled,
        onBlock: onBlock)
    }
    (inputs, inputBytes) = (made, wanted.count * each)
    return made
  }

  /// A block of a tile and all that its attentions are computed from.
  ///
  /// - Throws: `.restoration`.
  func whole(
    _ place: BlockPlace, of tile: Rectangle, in picture: InspectedPicture, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> WholeBlock {
    if let laidOut, laidOut.place == place, laidOut.area == AttentionCell.Area(tile) { return laidOut }
    let kept = try activations(of: tile, [place], in: picture, isCancelled: isCancelled, onBlock: onBlock)
    laidOut = nil
    do throws(OutOfMemory) {
      let made = try WholeBlock(kept[place]!)
      laidOut = made
      return made
    } catch {
      throw .restoration(.outOfMemory(error), picture: picture.path)
    }
  }

  /// The dominant head of every pixel of a block.
  ///
  /// - Parameter projection: see `WholeBlock.dominantHeads`.
  func dominantHeads(of block: WholeBlock, projection: [Float]) throws(OutOfMemory) -> [Int] {
    if let dominant, dominant.place == block.place, dominant.area == block.area { return dominant.heads }
    let heads = try block.dominantHeads(projection: projection)
    dominant = (block.place, block.area, heads)
    return heads
  }
}
