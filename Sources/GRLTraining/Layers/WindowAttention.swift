import CPUDevice
import Tensors

/// One head's queries, keys and values, or their gradients, in a map `[H, W, 3C]` ordered as the checkpoint's `qkv.body`: queries, keys and
/// values of the window half, head by head, then those of the stripe half.
struct HeadColumns {
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
  let value: UnsafeMutablePointer<Float>
  let stride: Int

  /// - Parameter half: 0 for windows, 1 for stripes.
  init(_ qkv: Map, half: Int, head: Int, width: Int) {
    let part = qkv.channels / 6
    query = qkv.base + half * 3 * part + head * width
    key = query + part
    value = key + part
    stride = qkv.channels
  }
}

/// Window attention, the regional range: each pixel looks at the pixels of its square window.
///
/// Source: paper section 3.3; Docs/Network.md sections 4 to 6; checkpoint scope `attn.window_attn`.
struct TrainedWindowAttention {
  let bias: PositionBias

  private var cells: Partition { bias.layout.keys }

  /// `[H, W, 3C]` to the first half of `[H, W, C]`.
  func forward(_ qkv: Map, into attended: Map, on lane: Lane) {
    let width = attended.channels / 2 / bias.heads
    forEachHead(on: lane) { cell, head, pixels in
      let columns = HeadColumns(qkv, half: 0, head: head, width: width)
      let (q, k) = unit(columns, head, pixels, width, on: lane)
      lane.attend(
        q, k, values(columns, pixels, width, on: lane), bias, cell: cell, head: head,
        into: Rows(base: attended.base + head * width, stride: attended.channels), at: pixels)
    }
  }

  /// From the gradient of `attended` to that of `qkv`, which is added to.
  func backward(_ dAttended: Map, of qkv: Map, _ attended: Map, into dQKV: Map, on lane: Lane) {
    let (width, tokens) = (attended.channels / 2 / bias.heads, cells.tokens)
    forEachHead(on: lane) { cell, head, pixels in
      let columns = HeadColumns(qkv, half: 0, head: head, width: width)
      let (q, k) = unit(columns, head, pixels, width, on: lane)
      let (dq, dk, dv) = (
        lane.rows(tokens, width: width), lane.rows(tokens, width: width), lane.rows(tokens, width: width)
      )
      lane.attendBackward(
        Rows(base: dAttended.base + head * width, stride: dAttended.channels), q, k,
        values(columns, pixels, width, on: lane), bias, cell: cell, head: head,
        of: Rows(base: attended.base + head * width, stride: attended.channels), at: pixels, into: dq, dk, dv)
      let target = HeadColumns(dQKV, half: 0, head: head, width: width)
      let ofScale = lane.unitBackward(dq, of: q, into: Rows(base: target.query, stride: target.stride))
      lane.unitBackward(dk, of: k, into: Rows(base: target.key, stride: target.stride))
      lane.scatter(dv, count: tokens, width: width, to: pixels, of: Rows(base: target.value, stride: target.stride))
      bias.addGradient(ofTemperature: ofScale * Double(CellLayout.logBase), head: head, on: lane)
    }
  }

  private func forEachHead(
    on lane: Lane, _ body: (_ cell: Int, _ head: Int, _ pixels: UnsafePointer<Int32>) -> Void
  ) {
    for cell in 0..<(lane.isMeasuring ? 1 : cells.cellCount) {
      lane.scope {
        let pixels = lane.pixels(of: cell, in: cells)
        for head in 0..<bias.heads { lane.scope { body(cell, head, pixels) } }
      }
    }
  }

  private func unit(
    _ columns: HeadColumns, _ head: Int, _ pixels: UnsafePointer<Int32>, _ width: Int, on lane: Lane
  ) -> (q: UnitVectors, k: UnitVectors) {
    let temperature = lane.isMeasuring ? 1 : bias.temperature(head, lane.step) * CellLayout.logBase
    func unit(_ source: UnsafeMutablePointer<Float>, _ scale: Float) -> UnitVectors {
      lane.unit(source, stride: columns.stride, at: pixels, count: cells.tokens, width: width, scale: scale)
    }
    return (unit(columns.query, temperature), unit(columns.key, 1))
  }

  private func values(_ columns: HeadColumns, _ pixels: UnsafePointer<Int32>, _ width: Int, on lane: Lane) -> Rows {
    lane.gathered(Rows(base: columns.value, stride: columns.stride), count: cells.tokens, width: width, at: pixels)
  }
}
