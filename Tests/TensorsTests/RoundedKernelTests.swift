import CKernels
import CPUDevice
import Foundation
import Tensors
import TestSupport
import Testing

/// The kernels on bfloat16 factors: rounding, layouts, and every way to compute them against the scalar reference.
@Suite("Kernels on rounded factors") struct RoundedKernelTests {
  struct Kernels: @unchecked Sendable, CustomStringConvertible {  // the table is a constant
    let table: UnsafePointer<grl_bf16_kernels>
    var description: String { String(cString: table.pointee.name) }
  }

  static var scalar: UnsafePointer<grl_bf16_kernels> { grl_bf16_kernels_for(GRL_ISA_SCALAR, GRL_BF16_PLAIN)! }
  static let all: [Kernels] = [GRL_ISA_AVX2, GRL_ISA_AVX512, GRL_ISA_NEON].flatMap { isa in
    [GRL_BF16_PLAIN, GRL_BF16_DOT_PRODUCT, GRL_BF16_TILES].compactMap { grl_bf16_kernels_for(isa, $0) }
  }.map { Kernels(table: $0) }

  static let canary: Float = 12345
  static func rounded(_ count: Int) -> Int { (count + 31) / 32 * 32 }
  static func noise(_ name: String, _ count: Int) -> [Float] { KernelTests.noise(name, count) }

  @Test("every vector set has its kernels, and a name of its own") func somethingIsTested() {
    #expect(RoundedKernelTests.all.count >= InstructionSet.available.count - 1)
    #expect(Set(RoundedKernelTests.all.map(\.description)).count == RoundedKernelTests.all.count)
    for instructionSet in InstructionSet.available {
      #expect(ProductUnit.available(for: instructionSet).contains(ProductUnit.best(for: instructionSet)))
      #expect(ProductUnit.available(for: instructionSet).first == .plain)
    }
  }

  // MARK: Rounding

  @Test("rounding is to nearest, ties to even, and keeps what is not a number") func rounding() {
    func value(_ bits: UInt32) -> UInt16 { grl_bf16_round(Float(bitPattern: bits)) }
    #expect(value(0x3F80_0000) == 0x3F80 && value(0x3F80_7FFF) == 0x3F80 && value(0x3F80_8001) == 0x3F81)
    #expect(value(0x3F80_8000) == 0x3F80 && value(0x3F81_8000) == 0x3F82)  // ties
    #expect(value(0x8000_0000) == 0x8000 && value(0x7F80_0000) == 0x7F80)
    #expect(value(0x7F7F_FFFF) == 0x7F80)  // rounds to infinity, as float32 does
    for bits: UInt32 in [0x7F80_0001, 0x7FFF_FFFF, 0xFF80_0001, 0xFFFF_FFFF] {
      #expect(grl_bf16_value(value(bits)).isNaN)
    }
  }

  @Test("rows are rounded alike by all, zero behind the last column", arguments: RoundedKernelTests.all)
  func roundsRows(kernels: Kernels) {
    var x = RoundedKernelTests.noise("x", 5 * 50).map { $0 * 1e3 }
    (x[3], x[51], x[99]) = (.nan, .infinity, -0.0)
    x[7] = Float(bitPattern: 0x7FFF_FFFF)
    for columns in [1, 16, 17, 31, 32, 45] {
      var results = [RoundedKernelTests.scalar, kernels.table].map { table in
        var out = [UInt16](repeating: 7, count: 5 * 70)
        table.pointee.round_rows(x, 50, 5, Int32(columns), &out, 70)
        return out
      }
      for row in 0..<5 {
        #expect(results[0][(row * 70 + columns)..<(row * 70 + Self.rounded(columns))].allSatisfy { $0 == 0 })
        #expect(results[0][(row * 70 + Self.rounded(columns))..<((row + 1) * 70)].allSatisfy { $0 == 7 })
      }
      // All not-a-numbers are alike.
      results = results.map { $0.map { grl_bf16_value($0).isNaN ? 0x7FC0 : $0 } }
      #expect(results[0] == results[1], "\(columns) columns")
    }
  }

  // MARK: Matrix product

  struct Product: Sendable, CustomStringConvertible {
    var rows, segments, k, n: Int
    var activation = GRL_LINEAR
    var hasBias = true, hasResidual = false, isRounded = false
    var description: String {
      "\(rows)x\(segments)*\(k)x\(n) activation \(activation.rawValue)\(isRounded ? " rounded" : "")"
    }
  }

  static let products: [Product] = KernelTests.products.filter { $0.activation == GRL_LINEAR && !$0.hasResidual }
    .flatMap {
      let (rows, segments, k, n) = ($0.rows, $0.segments, $0.k, $0.n)
      return [
        Product(rows: rows, segments: segments, k: k, n: n),
        Product(rows: rows, segments: segments, k: k, n: n, hasBias: false, hasResidual: true),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_GELU, isRounded: true),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_LEAKY_RELU),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_RELU, hasBias: false, isRounded: true),
      ]
    }

  /// The result, `rows` of `n` rounded up to 32 and 6 more.
  static func run(_ product: Product, _ table: UnsafePointer<grl_bf16_kernels>) -> [Float] {
    let (rows, n) = (product.rows, product.n)
    let aStride = rounded(product.k) + 2
    let segmentStride = aStride * rounded(rows)
    let a = noise("a", segmentStride * product.segments).map { grl_bf16_round($0) }
    let b = noise("b", product.segments * product.k * n), bias = noise("bias", n)
    let cStride = rounded(n) + 6
    let residual = noise("residual", cStride * rows)
    var packed = [UInt16](
      repeating: 9, count: grl_bf16_packed_size(Int32(product.segments), Int32(product.k), Int32(n)))
    grl_bf16_pack(b, n, 1, Int32(product.segments), Int32(product.k), Int32(n), &packed)
    var c = [Float](repeating: canary, count: cStride * rows)
    var cRounded = [UInt16](repeating: grl_bf16_round(canary), count: cStride * rows)
    a.withUnsafeBufferPointer { a in
      packed.withUnsafeBufferPointer { packed in
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            c.withUnsafeMutableBufferPointer { c in
              cRounded.withUnsafeMutableBufferPointer { cRounded in
                var task = grl_bf16_gemm(
                  a: a.baseAddress, a_stride: aStride, a_segment_stride: segmentStride, rows: Int32(rows),
                  segments: Int32(product.segments), k: Int32(product.k), n: Int32(n), b: packed.baseAddress,
                  bias: product.hasBias ? bias.baseAddress : nil,
                  residual: product.hasResidual ? residual.baseAddress : nil, residual_stride: cStride,
                  c: product.isRounded ? nil : c.baseAddress, c_rounded: product.isRounded ? cRounded.baseAddress : nil,
                  c_stride: cStride, activation: product.activation, slope: 0.2)
                table.pointee.gemm(&task)
              }
            }
          }
        }
      }
    }
    return product.isRounded ? cRounded.map { grl_bf16_value($0) } : c
  }

  @Test("products equal the scalar ones and keep to their columns", arguments: RoundedKernelTests.all)
  func productsAgree(kernels: Kernels) {
    for product in RoundedKernelTests.products {
      let expected = RoundedKernelTests.run(product, RoundedKernelTests.scalar)
      let result = RoundedKernelTests.run(product, kernels.table)
      // Sums differ in their order; where the result is rounded, by a step of it.
      let size = expected.filter { $0 < 12000 }.reduce(Float(1)) { max($0, abs($1)) }
      let tolerance =
        4e-6 * Float(product.segments * product.k).squareRoot() + 1e-6 + (product.isRounded ? size / 128 : 0)
      #expect(KernelTests.difference(result, expected) <= tolerance, "\(kernels) \(product)")
      let stride = RoundedKernelTests.rounded(product.n) + 6
      for row in 0..<product.rows {
        for column in product.n..<stride {
          let isZero = product.isRounded && column < stride - 6
          let wanted = isZero ? 0 : grl_bf16_value(grl_bf16_round(RoundedKernelTests.canary))
          let found = result[row * stride + column]
          #expect(found == wanted || found == RoundedKernelTests.canary && !isZero, "\(kernels) \(product)")
        }
      }
    }
  }

  @Test("the scalar product is the definition") func scalarProduct() {
    let product = Product(rows: 5, segments: 3, k: 7, n: 19)
    let result = RoundedKernelTests.run(product, RoundedKernelTests.scalar)
    func value(_ x: Float) -> Double { Double(grl_bf16_value(grl_bf16_round(x))) }
    let a = RoundedKernelTests.noise("a", 34 * 32 * 3), b = RoundedKernelTests.noise("b", 21 * 19),
      bias = RoundedKernelTests.noise("bias", 19)
    for row in 0..<5 {
      for column in 0..<19 {
        var sum = Double(bias[column])
        for segment in 0..<3 {
          for k in 0..<7 {
            sum += value(a[segment * 34 * 32 + row * 34 + k]) * value(b[(segment * 7 + k) * 19 + column])
          }
        }
        #expect(abs(Double(result[row * 38 + column]) - sum) < 1e-5)
      }
    }
  }

  @Test("rows come out the same however they are split between calls", arguments: RoundedKernelTests.all)
  func splitsDoNotMatter(kernels: Kernels) {
    let whole = RoundedKernelTests.run(Product(rows: 53, segments: 1, k: 70, n: 40), kernels.table)
    for rows in [1, 15, 16, 17, 33] {
      let part = RoundedKernelTests.run(Product(rows: rows, segments: 1, k: 70, n: 40), kernels.table)
      #expect(Array(whole[0..<(rows * 70)]) == Array(part[0..<(rows * 70)]))
    }
  }

  // MARK: Gather

  @Test("operands of attention equal the scalar ones", arguments: RoundedKernelTests.all)
  func gathers(kernels: Kernels) {
    for (count, width) in [(1, 1), (5, 6), (32, 16), (100, 30), (33, 64), (16, 17)] {
      let stride = width + 5
      let x = RoundedKernelTests.noise("x", stride * count)
      let index = (0..<count).map { Int32(count - 1 - $0) }
      let results = [RoundedKernelTests.scalar, kernels.table].map { table in
        [table.pointee.gather_rows!, table.pointee.gather_columns!, table.pointee.gather_depth!].enumerated().map {
          kind, kernel in
          var out = [UInt16](repeating: 9, count: Self.rounded(count) * Self.rounded(width) + 8)
          x.withUnsafeBufferPointer { x in
            index.withUnsafeBufferPointer { index in
              out.withUnsafeMutableBufferPointer { out in
                var task = grl_bf16_gather(
                  x: x.baseAddress, stride: stride, index: index.baseAddress, count: Int32(count),
                  head_dim: Int32(width), scale: 2.5, normalised: kind == 2 ? 0 : 1, out: out.baseAddress)
                kernel(&task)
              }
            }
          }
          return out.map { grl_bf16_value($0) }
        }
      }
      for kind in 0..<3 {
        // Lengths differ by float32 rounding, so now and then a value lands on its other neighbour.
        let limit: Float = kind == 2 ? 0 : 2.5 / 128
        let difference = KernelTests.difference(results[0][kind], results[1][kind])
        #expect(difference <= limit, "\(kernels) kind \(kind), \(count) x \(width): \(difference)")
      }
    }
  }

  // MARK: Attention

  /// Attention of the same rounded operands; `out` rows have 3 values behind the head.
  static func attend(
    _ cell: KernelTests.Cell, ones: Bool = false, _ table: UnsafePointer<grl_bf16_kernels>
  ) -> [Float] {
    let (keys, width) = (cell.keyRows * cell.keyColumns, cell.width)
    let stride = width + 5
    func gathered(
      _ name: String, _ count: Int, _ scale: Float?, _ kernel: (UnsafePointer<grl_bf16_gather>?) -> Void
    ) -> [UInt16] {
      let x = ones && scale == nil ? [Float](repeating: 1, count: count * stride + 64) : noise(name, count * stride)
      var out = [UInt16](repeating: 9, count: rounded(count) * rounded(width))
      x.withUnsafeBufferPointer { x in
        out.withUnsafeMutableBufferPointer { out in
          var task = grl_bf16_gather(
            x: x.baseAddress, stride: stride, index: nil, count: Int32(count), head_dim: Int32(width),
            scale: scale ?? 1, normalised: scale == nil ? 0 : 1, out: out.baseAddress)
          kernel(&task)
        }
      }
      return out
    }
    // The scalar gathers make the operands, so that every kernel gets the same.
    let q = gathered("q", cell.queries, 5, scalar.pointee.gather_rows)
    let k = gathered("k", keys, 1, scalar.pointee.gather_columns)
    let v = gathered("v", keys, nil, scalar.pointee.gather_depth)
    let rowStep = cell.keyRows == 1 ? 0 : cell.keyColumns + 11
    let bias = noise("bias", cell.queries * 3 + cell.keyRows * (cell.keyColumns + 11)).map {
      10 * $0 + cell.shift
    }
    let biasOffset = (0..<cell.queries).map { Int32($0 * 3) }
    var mask = noise("mask", 2 * keys).map { $0 > 0 ? Float(-144) : 0 }
    (mask[0], mask[keys]) = (0, 0)  // every query keeps a key
    let maskOffset = (0..<cell.queries).map { Int32(($0 % 2) * keys) }
    let index = (0..<cell.queries).map { Int32(cell.queries - 1 - $0) }
    var out = [Float](repeating: canary, count: (width + 3) * cell.queries)
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: grl_bf16_attention_scratch(Int32(width)), alignment: 64)
    defer { scratch.deallocate() }
    scratch.initializeMemory(as: UInt8.self, repeating: 0xFF, count: grl_bf16_attention_scratch(Int32(width)))
    q.withUnsafeBufferPointer { q in
      k.withUnsafeBufferPointer { k in
        v.withUnsafeBufferPointer { v in
          bias.withUnsafeBufferPointer { bias in
            mask.withUnsafeBufferPointer { mask in
              biasOffset.withUnsafeBufferPointer { biasOffset in
                maskOffset.withUnsafeBufferPointer { maskOffset in
                  index.withUnsafeBufferPointer { index in
                    out.withUnsafeMutableBufferPointer { out in
                      var task = grl_bf16_attention(
                        q: q.baseAddress, k: k.baseAddress, v: v.baseAddress, q_stride: rounded(width),
                        head_dim: Int32(width), query_count: Int32(cell.queries), key_rows: Int32(cell.keyRows),
                        key_columns: Int32(cell.keyColumns), bias: bias.baseAddress,
                        bias_offset: biasOffset.baseAddress, bias_row_step: rowStep,
                        mask: cell.masked ? mask.baseAddress : nil,
                        mask_offset: cell.masked ? maskOffset.baseAddress : nil, scores: cell.known,
                        out: out.baseAddress, out_index: index.baseAddress, out_stride: width + 3, scratch: scratch)
                      table.pointee.attention(&task)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return out
  }

  /// Those of the float32 kernels, a head of three panels, and one wider than tiles take.
  static let cells =
    KernelTests.cells + [
      KernelTests.Cell(queries: 40, keyColumns: 64, width: 48),
      KernelTests.Cell(queries: 20, keyColumns: 100, width: 80, known: GRL_SCORES_WITHIN),
      KernelTests.Cell(queries: 20, keyColumns: 100, width: 80, masked: true),
    ]

  @Test("attentions equal the scalar ones and keep to their channels", arguments: RoundedKernelTests.all)
  func attentionsAgree(kernels: Kernels) {
    for cell in RoundedKernelTests.cells {
      let expected = RoundedKernelTests.attend(cell, RoundedKernelTests.scalar)
      let result = RoundedKernelTests.attend(cell, kernels.table)
      // A weight that lies between two bfloat16 numbers may be rounded either way.
      #expect(KernelTests.difference(result, expected) <= 4e-3, "\(kernels) \(cell)")
      for query in 0..<cell.queries {
        let behind = result[(query * (cell.width + 3) + cell.width)..<((query + 1) * (cell.width + 3))]
        #expect(behind.allSatisfy { $0 == RoundedKernelTests.canary }, "\(kernels) \(cell)")
      }
    }
  }

  @Test("weights sum to one: constant values come out unchanged", arguments: RoundedKernelTests.all)
  func weightsSumToOne(kernels: Kernels) {
    for cell in RoundedKernelTests.cells {
      for table in [kernels.table, RoundedKernelTests.scalar] {
        let result = RoundedKernelTests.attend(cell, ones: true, table)
        for query in 0..<cell.queries { #expect(abs(result[query * (cell.width + 3)] - 1) <= 1e-5) }
      }
    }
  }
}
