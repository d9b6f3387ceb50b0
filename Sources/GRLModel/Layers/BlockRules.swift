import Tensors

/// The three attentions of one block for one size of picture: where windows, stripes and anchors lie, and their biases.
package struct BlockRules: Sendable {
  package let window: AttentionRule
  package let gather: AttentionRule
  package let read: AttentionRule

  /// - Parameter index: of the block in its stage; decides shifts and the direction of the stripes.
  init(_ attention: MixedAttention, index: Int, geometry: PictureGeometry, on pass: Pass) {
    let stripe = geometry.stripe(ofBlock: index)
    window = attention.window.bias.rule(for: geometry.window(ofBlock: index), on: pass)
    gather = attention.stripe.gatherBias.rule(for: stripe.gather, on: pass)
    read = attention.stripe.readBias.rule(for: stripe.read, on: pass)
  }

  var bytes: Int { window.bytes + gather.bytes + read.bytes }
}

/// All windows, stripes and anchor cells of pictures of one padded size (Docs/Network.md sections 3 and 5).
package struct PictureGeometry: Sendable {
  package struct Stripe: Sendable {
    /// Queries are anchors, keys are tokens.
    package let gather: AttentionGeometry
    /// Queries are tokens, keys are anchors.
    package let read: AttentionGeometry
  }

  private let windows: [AttentionGeometry]  // plain, shifted
  private let stripes: [Stripe]  // horizontal, vertical, horizontal shifted, vertical shifted
  private let shiftsStripes: Bool

  /// - Parameters: height and width: multiples of `configuration.padMultiple`.
  package init(_ configuration: GRLConfiguration, height: Int, width: Int, on device: any Device) {
    let side = configuration.windowSize
    shiftsStripes = configuration.shiftsStripes
    windows = [0, side / 2].map { shift in
      let cells = Partition(
        height: height, width: width, cellHeight: side, cellWidth: side, shiftY: shift, shiftX: shift)
      return AttentionGeometry(queries: cells, keys: cells, on: device)
    }
    let (rows, columns, factor) = (configuration.stripeRows, configuration.stripeColumns, configuration.anchorFactor)
    stripes = [(rows, columns, false), (columns, rows, false), (rows, columns, true), (columns, rows, true)].map {
      rows, columns, isShifted in
      let (cellHeight, shiftY) = rows.cell(in: height)
      let (cellWidth, shiftX) = columns.cell(in: width)
      let tokens = Partition(
        height: height, width: width, cellHeight: cellHeight, cellWidth: cellWidth, shiftY: isShifted ? shiftY : 0,
        shiftX: isShifted ? shiftX : 0)
      let anchors = Partition(
        height: height / factor, width: width / factor, cellHeight: cellHeight / factor, cellWidth: cellWidth / factor,
        shiftY: tokens.shiftY / factor, shiftX: tokens.shiftX / factor)
      return Stripe(
        gather: AttentionGeometry(queries: anchors, keys: tokens, on: device),
        read: AttentionGeometry(queries: tokens, keys: anchors, on: device))
    }
  }

  /// Windows are shifted in even blocks.
  package func window(ofBlock index: Int) -> AttentionGeometry { windows[index % 2 == 0 ? 1 : 0] }

  /// Stripes are vertical in odd blocks and shifted in blocks 2 and 3 of every four.
  package func stripe(ofBlock index: Int) -> Stripe { stripes[index % 2 + (shiftsStripes && index % 4 >= 2 ? 2 : 0)] }
}

extension GRLConfiguration.StripeExtent {
  /// Side of a stripe cell along an axis of `extent` pixels, and the cyclic shift of shifted stripes.
  func cell(in extent: Int) -> (side: Int, shift: Int) {
    switch self {
    case .pixels(let side): (side, side / 2)
    case .groups(let count): (extent / count, count == 1 ? 0 : extent / (2 * count))
    }
  }
}
