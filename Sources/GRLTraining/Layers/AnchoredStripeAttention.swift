import CKernels
import CPUDevice
import Tensors

/// Anchored stripe attention, the global range: anchors gather from the tokens of a stripe, tokens read from the anchors.
///
/// Source: paper section 3.2; Docs/Network.md sections 4 to 6; checkpoint scope `attn.stripe_attn`.
struct TrainedStripeAttention {
  /// Of anchors on tokens.
  let gather: PositionBias
  /// Of tokens on anchors.
  let read: PositionBias

  private var heads: Int { gather.heads }
  private var anchorCells: Partition { gather.layout.queries }
  private var tokenCells: Partition { gather.layout.keys }

  /// What anchors gathered, `[cells, heads, anchors of a cell, head width]`: the way back needs it.
  struct Gathered {
    fileprivate let base: UnsafeMutablePointer<Float>
    fileprivate let stride: Int
    fileprivate let anchors: Int
    fileprivate let heads: Int

    fileprivate func rows(cell: Int, head: Int) -> Rows {
      Rows(base: base + (cell * heads + head) * anchors * stride, stride: stride)
    }
  }

  /// One stripe and head: unit vectors of its tokens and anchors, and the values of its tokens.
  private struct Stripe {
    let cell: Int
    let head: Int
    let pixels: UnsafePointer<Int32>
    let anchorPixels: UnsafePointer<Int32>
    let q: UnitVectors
    let k: UnitVectors
    let anchors: UnitVectors
    let v: Rows
  }

  private func headWidth(_ attended: Map) -> Int { attended.channels / 2 / heads }

  private func rows(of attended: Map, head: Int) -> Rows {
    Rows(base: attended.base + attended.channels / 2 + head * headWidth(attended), stride: attended.channels)
  }

  /// `[H, W, 3C]` and anchors `[H / f, W / f, C / 2]` to the second half of `attended`, `[H, W, C]`.
  func forward(_ qkv: Map, anchors: Map, into attended: Map, on lane: Lane) -> Gathered {
    let width = headWidth(attended)
    let stride = width.rounded(upTo: Int(GRL_LANE_LIMIT))
    let gathered = Gathered(
      base: lane.take(anchorCells.cellCount * heads * anchorCells.tokens * stride), stride: stride,
      anchors: anchorCells.tokens, heads: heads)
    forEachStripe(qkv, anchors, width: width, on: lane) { stripe in
      let (cell, head) = (stripe.cell, stripe.head)
      let summary = gathered.rows(cell: cell, head: head)
      lane.attend(stripe.anchors, stripe.k, stripe.v, gather, cell: cell, head: head, into: summary, at: nil)
      lane.attend(
        stripe.q, stripe.anchors, summary, read, cell: cell, head: head, into: rows(of: attended, head: head),
        at: stripe.pixels)
    }
    return gathered
  }

  /// From the gradient of `attended` to those of `qkv` and `anchors`, which are added to.
  func backward(
    _ dAttended: Map, of qkv: Map, anchors: Map, _ attended: Map, _ gathered: Gathered, into dQKV: Map, _ dAnchors: Map,
    on lane: Lane
  ) {
    let (width, tokens, count) = (headWidth(attended), tokenCells.tokens, anchorCells.tokens)
    forEachStripe(qkv, anchors, width: width, on: lane) { stripe in
      let (cell, head) = (stripe.cell, stripe.head)
      let summary = gathered.rows(cell: cell, head: head)
      let (dq, dk, dv) = (
        lane.rows(tokens, width: width), lane.rows(tokens, width: width), lane.rows(tokens, width: width)
      )
      let (dAnchor, dSummary) = (lane.rows(count, width: width), lane.rows(count, width: width))
      let target = HeadColumns(dQKV, half: 1, head: head, width: width)
      let anchorTarget = Rows(base: dAnchors.base + head * width, stride: dAnchors.channels)

      // Tokens read from anchors.
      lane.attendBackward(
        rows(of: dAttended, head: head), stripe.q, stripe.anchors, summary, read, cell: cell, head: head,
        of: rows(of: attended, head: head), at: stripe.pixels, into: dq, dAnchor, dSummary)
      let ofRead = lane.unitBackward(dq, of: stripe.q, into: Rows(base: target.query, stride: target.stride))
      lane.unitBackward(dAnchor, of: stripe.anchors, into: anchorTarget)

      // Anchors gather from tokens.
      lane.attendBackward(
        dSummary, stripe.anchors, stripe.k, stripe.v, gather, cell: cell, head: head, of: summary, at: nil,
        into: dAnchor,
        dk, dv)
      lane.unitBackward(dAnchor, of: stripe.anchors, into: anchorTarget)
      let ofGather = lane.unitBackward(dk, of: stripe.k, into: Rows(base: target.key, stride: target.stride))
      lane.scatter(
        dv, count: tokens, width: width, to: stripe.pixels, of: Rows(base: target.value, stride: target.stride))

      read.addGradient(ofTemperature: ofRead * Double(CellLayout.logBase), head: head, on: lane)
      gather.addGradient(ofTemperature: ofGather * Double(CellLayout.logBase), head: head, on: lane)
    }
  }

  private func forEachStripe(
    _ qkv: Map, _ anchors: Map, width: Int, on lane: Lane, _ body: (Stripe) -> Void
  ) {
    let tokens = tokenCells.tokens
    for cell in 0..<(lane.isMeasuring ? 1 : tokenCells.cellCount) {
      lane.scope {
        let pixels = lane.pixels(of: cell, in: tokenCells)
        let anchorPixels = lane.pixels(of: cell, in: anchorCells)
        for head in 0..<heads {
          lane.scope {
            let columns = HeadColumns(qkv, half: 1, head: head, width: width)
            // The temperature of gathering sits on the keys, so that the same anchors serve both steps.
            func temperature(_ rule: PositionBias) -> Float {
              lane.isMeasuring ? 1 : rule.temperature(head, lane.step) * CellLayout.logBase
            }
            func unit(_ source: UnsafeMutablePointer<Float>, _ scale: Float) -> UnitVectors {
              lane.unit(source, stride: columns.stride, at: pixels, count: tokens, width: width, scale: scale)
            }
            body(
              Stripe(
                cell: cell, head: head, pixels: pixels, anchorPixels: anchorPixels,
                q: unit(columns.query, temperature(read)), k: unit(columns.key, temperature(gather)),
                anchors: lane.unit(
                  anchors.base + head * width, stride: anchors.channels, at: anchorPixels, count: anchorCells.tokens,
                  width: width, scale: 1),
                v: lane.gathered(
                  Rows(base: columns.value, stride: columns.stride), count: tokens, width: width, at: pixels)))
          }
        }
      }
    }
  }
}
