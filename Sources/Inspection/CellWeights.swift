import CKernels
import CPUDevice
import GRLModel
import Tensors

/// One of a block's attentions with its position biases laid out as the kernels read them.
struct LaidOutAttention {
  let layout: CellLayout
  /// Factor on the cosine of each head, in units of log 2.
  let temperatures: [Float]
  /// `[heads, biasFloats]`, and what kernels may read behind them.
  private let biases: [Float]

  /// - Parameter biases: `[heads, tableRows, tableColumns]`; nil leaves them out of the scores.
  init(queries: Partition, keys: Partition, biases: [Float]?, temperatures: [Float]) {
    let layout = CPUDevice().pack(queries: queries, keys: keys) as! CellLayout
    let entries = (queries.cellHeight + keys.cellHeight - 1) * (queries.cellWidth + keys.cellWidth - 1)
    let table = BiasTable(
      biases: biases ?? [Float](repeating: 0, count: temperatures.count * entries), temperatures: temperatures,
      entries: entries)
    var laidOut = [Float](repeating: 0, count: temperatures.count * layout.biasFloats + Int(GRL_SLACK))
    laidOut.withUnsafeMutableBufferPointer { target in
      for head in temperatures.indices {
        layout.writeBias(
          table: table.values.base + head * entries, to: target.baseAddress! + head * layout.biasFloats)
      }
    }
    self.layout = layout
    self.temperatures = temperatures.map { $0 * CellLayout.logBase }
    self.biases = laidOut
  }

  init(_ part: AttentionPart, of block: ProbedBlock, terms: ScoreTerms) throws(OutOfMemory) {
    let rule = block.rules.rule(of: part)
    self.init(
      queries: rule.geometry.queries, keys: rule.geometry.keys,
      biases: terms.hasBias ? try block.biases(of: part) : nil,
      temperatures: terms.hasTemperature
        ? rule.temperatures : [Float](repeating: 1, count: rule.temperatures.count))
  }

  fileprivate func withBias<Result>(of head: Int, _ body: (UnsafePointer<Float>) -> Result) -> Result {
    biases.withUnsafeBufferPointer { body($0.baseAddress! + head * layout.biasFloats) }
  }
}

/// Vectors of one head, one for each pixel or anchor of a map: `values[pixel * stride + channel]` on.
struct HeadVectors {
  let values: [Float]
  let stride: Int
  let channel: Int

  /// Those at `pixels`, each brought to length 1 times `scale`, `[width, columns]` with zeros up to a multiple of 32 columns.
  func units(at pixels: [Int32], width: Int, scale: Float) -> UnitColumns {
    let columns = pixels.count.rounded(upTo: CellLayout.step)
    var result = [Float](repeating: 0, count: width * columns + Int(GRL_SLACK))
    values.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        pixels.withUnsafeBufferPointer { pixels in
          var task = grl_gather(
            x: source.baseAddress! + channel, stride: stride, index: pixels.baseAddress!, count: Int32(pixels.count),
            padded_count: Int32(columns), head_dim: Int32(width), scale: scale, out: target.baseAddress!,
            out_stride: columns)
          CPUDevice().kernelTable.pointee.gather_normalised(&task)
        }
      }
    }
    return UnitColumns(values: result, columns: columns, count: pixels.count, width: width)
  }
}

/// Unit vectors side by side, `[width, columns]`.
struct UnitColumns {
  let values: [Float]
  let columns: Int
  let count: Int
  let width: Int
}

/// The weights of one cell and head of an attention, `[queries, keys]`, of which rows are made as they are asked for.
///
///     row(a) = softmax over b of  cos(q_a, k_b) * temperature + bias(a, b) + mask(a, b)
///
/// Source: Docs/Network.md section 6.
struct CellWeights {
  let attention: LaidOutAttention
  let head: Int
  /// Decides which mask counts.
  let cell: Int
  /// With the temperature.
  let queries: UnitColumns
  let keys: UnitColumns

  /// Floats from row to row of what `write` writes.
  var stride: Int { keys.columns }

  /// Writes the rows of some queries, `stride` floats apart, zeros behind the last key.
  func write(_ tokens: Range<Int>, to rows: UnsafeMutablePointer<Float>) {
    let layout = attention.layout
    let mask = layout.masks[layout.queries.border(of: cell).rawValue]
    attention.withBias(of: head) { bias in
      queries.values.withUnsafeBufferPointer { q in
        keys.values.withUnsafeBufferPointer { k in
          layout.biasOffsets.withUnsafeBufferPointer { biasOffsets in
            (mask?.offsets ?? []).withUnsafeBufferPointer { maskOffsets in
              let task = grl_attention(
                q: q.baseAddress! + tokens.lowerBound, k: k.baseAddress!, v: nil, q_stride: queries.columns,
                k_stride: keys.columns, v_stride: 0, head_dim: Int32(queries.width), query_count: Int32(tokens.count),
                key_rows: Int32(layout.keyRows), key_columns: Int32(layout.keyColumns), bias: bias,
                bias_offset: biasOffsets.baseAddress! + tokens.lowerBound, bias_row_step: layout.biasRowStep,
                mask: mask?.values.base,
                mask_offset: mask == nil ? nil : maskOffsets.baseAddress! + tokens.lowerBound,
                scores: GRL_SCORES_ANY, out: nil, out_index: nil, out_stride: 0, scratch: nil)
              var order = grl_attention_rows(of: task, rows: rows, row_stride: stride)
              inspectionKernels.pointee.attention_rows(&order)
            }
          }
        }
      }
    }
  }

  /// All rows, `[queries, stride]`, and what kernels may read behind them.
  func all() -> [Float] {
    var rows = [Float](repeating: 0, count: queries.count * stride + Int(GRL_SLACK))
    rows.withUnsafeMutableBufferPointer { write(0..<queries.count, to: $0.baseAddress!) }
    return rows
  }
}

var inspectionKernels: UnsafePointer<grl_inspection_kernels> { CPUDevice().inspectionTable }

/// The right factor of products, packed: `[rows, columns]`.
struct PackedRows {
  let rows: Int
  let columns: Int
  private let packed: [Float]

  /// - Parameter values: `[rows, stride]`.
  init(_ values: [Float], rows: Int, columns: Int, stride: Int) {
    (self.rows, self.columns) = (rows, columns)
    let kernels = CPUDevice().kernelTable
    var packed = [Float](
      repeating: 0, count: grl_packed_size(kernels, Int32(rows), Int32(columns)) + Int(GRL_SLACK))
    packed.withUnsafeMutableBufferPointer { target in
      values.withUnsafeBufferPointer {
        grl_pack(kernels, $0.baseAddress!, stride, 1, Int32(rows), Int32(columns), target.baseAddress!)
      }
    }
    self.packed = packed
  }

  /// `out = a * self`, `count` rows.
  func multiply(
    _ a: UnsafePointer<Float>, stride: Int, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    packed.withUnsafeBufferPointer { b in
      var task = grl_gemm(
        a: a, a_index: nil, a_stride: stride, a_segment_stride: 0, rows: Int32(count), segments: 1, k: Int32(rows),
        n: Int32(columns), b: b.baseAddress!, bias: nil, residual: nil, residual_stride: 0, c: out,
        c_stride: outStride, activation: GRL_LINEAR, slope: 0)
      CPUDevice().kernelTable.pointee.gemm(&task)
    }
  }
}
