import CKernels
import CPUDevice
import Foundation
import Tensors
import TestSupport
import Testing

/// Every vector kernel against the scalar one: odd sizes, unaligned rows, single elements, and nothing written behind the end.
@Suite("Kernels") struct KernelTests {
  static var sets: [grl_isa] { [GRL_ISA_AVX2, GRL_ISA_AVX512, GRL_ISA_NEON].filter { grl_kernels_for($0) != nil } }
  static var scalar: UnsafePointer<grl_kernels> { grl_kernels_for(GRL_ISA_SCALAR)! }
  static let canary: Float = 12345

  /// `count` values in -1...1, then the slack that kernels may read.
  static func noise(_ name: String, _ count: Int) -> [Float] {
    Noise.values(name, count) + [Float](repeating: 0, count: Int(GRL_SLACK))
  }

  static func difference(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } }

  @Test("this machine's best set is tested, or there is only the scalar one")
  func somethingIsTested() {
    #expect(KernelTests.sets.count == InstructionSet.available.count - 1)
  }

  // MARK: Matrix product

  struct Product: Sendable, CustomStringConvertible {
    var rows = 7, segments = 1, k = 16, n = 16, activation = GRL_LINEAR, hasBias = true, hasResidual = false
    var description: String { "\(rows)x\(segments)*\(k)x\(n) activation \(activation.rawValue)" }
  }

  static let products: [Product] =
    [
      (1, 1, 1, 1), (1, 1, 1, 17), (6, 1, 64, 192), (13, 1, 64, 64), (96, 1, 180, 540), (5, 1, 45, 180), (11, 3, 9, 64),
      (31, 3, 48, 3), (4, 1, 512, 2), (2, 1, 6, 18),
    ]
    .flatMap { rows, segments, k, n in
      [
        Product(rows: rows, segments: segments, k: k, n: n),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_GELU, hasResidual: true),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_LEAKY_RELU, hasBias: false),
        Product(rows: rows, segments: segments, k: k, n: n, activation: GRL_RELU),
      ]
    }

  /// - Parameter index: which rows of the left factor to take, or nil for all in their order.
  static func run(_ product: Product, _ kernels: UnsafePointer<grl_kernels>, index: [Int32]? = nil) -> [Float] {
    let depth = product.segments * product.k
    let aStride = product.k + 3  // rows that start unaligned
    let segmentStride = aStride * product.rows
    let a = noise("a", segmentStride * product.segments)
    let b = noise("b", depth * product.n)
    let bias = noise("bias", product.n)
    let cStride = product.n + 5
    let residual = noise("residual", cStride * product.rows)
    var packed = [Float](repeating: 0, count: grl_packed_size(kernels, Int32(depth), Int32(product.n)) + Int(GRL_SLACK))
    grl_pack(kernels, b, product.n, 1, Int32(depth), Int32(product.n), &packed)
    var c = [Float](repeating: canary, count: cStride * product.rows)
    a.withUnsafeBufferPointer { a in
      packed.withUnsafeBufferPointer { packed in
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            c.withUnsafeMutableBufferPointer { c in
              var task = grl_gemm(
                a: a.baseAddress, a_index: nil, a_stride: aStride, a_segment_stride: segmentStride,
                rows: Int32(product.rows), segments: Int32(product.segments), k: Int32(product.k), n: Int32(product.n),
                b: packed.baseAddress, bias: product.hasBias ? bias.baseAddress : nil,
                residual: product.hasResidual ? residual.baseAddress : nil, residual_stride: cStride, c: c.baseAddress,
                c_stride: cStride, activation: product.activation, slope: 0.2)
              (index ?? []).withUnsafeBufferPointer { index in
                task.a_index = index.isEmpty ? nil : index.baseAddress
                kernels.pointee.gemm(&task)
              }
            }
          }
        }
      }
    }
    return c
  }

  @Test("products equal the scalar ones and keep to their columns", arguments: KernelTests.products)
  func productsAgree(product: Product) {
    let expected = KernelTests.run(product, KernelTests.scalar)
    for isa in KernelTests.sets {
      let result = KernelTests.run(product, grl_kernels_for(isa))
      let tolerance = 2e-6 * Float(product.segments * product.k).squareRoot() + 1e-6
      #expect(KernelTests.difference(result, expected) <= tolerance)
      for row in 0..<product.rows {
        let behind = result[(row * (product.n + 5) + product.n)..<((row + 1) * (product.n + 5))]
        #expect(behind.allSatisfy { $0 == KernelTests.canary })
      }
    }
  }

  @Test("a product takes the rows that its index names", arguments: [1, 6, 13, 96])
  func indexedProducts(rows: Int) {
    let product = Product(rows: rows, k: 45, n: 48)
    let width = product.n + 5
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let kernels = grl_kernels_for(isa)!
      let plain = KernelTests.run(product, kernels)
      let reversed = KernelTests.run(product, kernels, index: (0..<rows).map { Int32(rows - 1 - $0) })
      for row in 0..<rows {
        let (taken, given) = (row * width, (rows - 1 - row) * width)
        #expect(reversed[taken..<taken + product.n] == plain[given..<given + product.n])
      }
    }
  }

  @Test("the scalar product is the definition") func scalarProduct() {
    let product = Product(rows: 5, segments: 3, k: 7, n: 19)
    let result = KernelTests.run(product, KernelTests.scalar)
    let a = KernelTests.noise("a", 10 * 5 * 3), b = KernelTests.noise("b", 21 * 19),
      bias = KernelTests.noise("bias", 19)
    for row in 0..<5 {
      for column in 0..<19 {
        var sum = Double(bias[column])
        for segment in 0..<3 {
          for k in 0..<7 { sum += Double(a[segment * 50 + row * 10 + k]) * Double(b[(segment * 7 + k) * 19 + column]) }
        }
        #expect(abs(Double(result[row * 24 + column]) - sum) < 1e-5)
      }
    }
  }

  @Test("not-a-number travels through a product and stays in its row") func notANumber() {
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let kernels = grl_kernels_for(isa)!
      let a: [Float] = [1, 2, .nan, 4] + [Float](repeating: 0, count: 64)
      let b: [Float] = [1, 1, 1, 1] + [Float](repeating: 0, count: 64)
      var packed = [Float](repeating: 0, count: grl_packed_size(kernels, 2, 2) + 64)
      grl_pack(kernels, b, 2, 1, 2, 2, &packed)
      var c = [Float](repeating: 0, count: 4)
      a.withUnsafeBufferPointer { a in
        packed.withUnsafeBufferPointer { packed in
          c.withUnsafeMutableBufferPointer { c in
            var task = grl_gemm()
            (task.a, task.a_stride, task.rows, task.segments, task.k, task.n) = (a.baseAddress, 2, 2, 1, 2, 2)
            (task.b, task.c, task.c_stride) = (packed.baseAddress, c.baseAddress, 2)
            kernels.pointee.gemm(&task)
          }
        }
      }
      #expect(c[0] == 3 && c[1] == 3 && c[2].isNaN && c[3].isNaN)
    }
  }

  @Test("GELU is x * Phi(x) within 2e-6 everywhere") func gelu() {
    let x = stride(from: Float(-12), through: 12, by: 0.01).map { $0 } + [0, -0.0, 1e-30, 100, -100]
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let kernels = grl_kernels_for(isa)!
      var packed = [Float](repeating: 0, count: grl_packed_size(kernels, 1, 1) + 64)
      grl_pack(kernels, [1], 1, 1, 1, 1, &packed)
      var y = [Float](repeating: 0, count: x.count)
      x.withUnsafeBufferPointer { x in
        packed.withUnsafeBufferPointer { packed in
          y.withUnsafeMutableBufferPointer { y in
            var task = grl_gemm()
            (task.a, task.a_stride, task.rows, task.segments, task.k, task.n) = (
              x.baseAddress, 1, Int32(x.count), 1, 1, 1
            )
            (task.b, task.c, task.c_stride, task.activation) = (packed.baseAddress, y.baseAddress, 1, GRL_GELU)
            kernels.pointee.gemm(&task)
          }
        }
      }
      for (x, y) in zip(x, y) {
        let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
        #expect(abs(Double(y) - exact) <= 2e-6 * max(1, abs(Double(x)) / 5))
      }
    }
  }

  // MARK: Layer norm

  static func normalise(_ rows: Int, _ channels: Int, local: Bool, _ kernels: UnsafePointer<grl_kernels>) -> [Float] {
    let x = noise("x", rows * channels), residual = noise("residual", rows * channels), u = noise("u", rows * channels)
    let gamma = noise("gamma", channels), beta = noise("beta", channels), gate = noise("gate", channels)
    var out = [Float](repeating: canary, count: rows * channels + 32)
    x.withUnsafeBufferPointer { x in
      residual.withUnsafeBufferPointer { residual in
        u.withUnsafeBufferPointer { u in
          gamma.withUnsafeBufferPointer { gamma in
            beta.withUnsafeBufferPointer { beta in
              gate.withUnsafeBufferPointer { gate in
                out.withUnsafeMutableBufferPointer { out in
                  var task = grl_layer_norm(
                    x: x.baseAddress, residual: residual.baseAddress, local: local ? u.baseAddress : nil,
                    gate: local ? gate.baseAddress : nil, gamma: gamma.baseAddress, beta: beta.baseAddress,
                    out: out.baseAddress, rows: Int32(rows), channels: Int32(channels))
                  kernels.pointee.layer_norm(&task)
                }
              }
            }
          }
        }
      }
    }
    return out
  }

  @Test("layer norms equal the scalar ones", arguments: [1, 6, 16, 17, 64, 180], [false, true])
  func layerNorms(channels: Int, local: Bool) {
    for rows in [1, 3] {
      let expected = KernelTests.normalise(rows, channels, local: local, KernelTests.scalar)
      for isa in KernelTests.sets {
        let result = KernelTests.normalise(rows, channels, local: local, grl_kernels_for(isa)!)
        #expect(KernelTests.difference(result, expected) <= 2e-5)
        #expect(result[(rows * channels)...].allSatisfy { $0 == KernelTests.canary })
      }
    }
  }

  // MARK: Attention

  struct Cell: Sendable, CustomStringConvertible {
    var queries = 16, keyRows = 1, keyColumns = 16, width = 16, masked = false
    var known = GRL_SCORES_ANY
    /// Of all scores, in units of log 2.
    var shift: Float = 0
    var description: String {
      "\(queries) queries, \(keyRows)x\(keyColumns) keys, width \(width)\(masked ? ", masked" : ""), "
        + "known \(known.rawValue) at \(shift)"
    }
  }

  static let cells: [Cell] = [
    (1, 1, 1, 1), (1, 1, 7, 6), (64, 1, 64, 16), (162, 1, 1296, 30), (16, 4, 32, 16), (13, 3, 96, 30), (9, 2, 1024, 6),
    (33, 1, 513, 64), (5, 1, 31, 17),
  ].flatMap { (queries: Int, rows: Int, columns: Int, width: Int) -> [Cell] in
    known.flatMap { known, shift in
      [false, true].map { masked in
        Cell(
          queries: queries, keyRows: rows, keyColumns: columns, width: width, masked: masked, known: known, shift: shift
        )
      }
    }
  }

  /// At -64 the weights of some queries add up to enough and those of others do not; at -250 those of none.
  private static let known: [(grl_scores, Float)] = [
    (GRL_SCORES_ANY, 0), (GRL_SCORES_WITHIN, 60), (GRL_SCORES_WITHIN, -60), (GRL_SCORES_BELOW, 60),
    (GRL_SCORES_BELOW, -64), (GRL_SCORES_BELOW, -250),
  ]

  static func attend(_ cell: Cell, values: [Float]? = nil, _ kernels: UnsafePointer<grl_kernels>) -> [Float] {
    let keys = cell.keyRows * cell.keyColumns
    let (qStride, kStride) = ((cell.queries + 31) / 32 * 32, (keys + 31) / 32 * 32)
    let vStride = (cell.width + 15) / 16 * 16
    let q = noise("q", cell.width * qStride).map { 3 * $0 }
    let k = noise("k", cell.width * kStride)
    let v = values ?? noise("v", keys * vStride)
    let rowStep = cell.keyRows == 1 ? 0 : cell.keyColumns + 11
    let bias = noise("bias", cell.queries * 3 + cell.keyRows * (cell.keyColumns + 11)).map {
      10 * $0 + cell.shift
    }
    let biasOffset = (0..<cell.queries).map { Int32($0 * 3) }
    var mask = noise("mask", 2 * keys).map { $0 > 0 ? Float(-144) : 0 }
    (mask[0], mask[keys]) = (0, 0)  // every query keeps a key
    let maskOffset = (0..<cell.queries).map { Int32(($0 % 2) * keys) }
    let outStride = cell.width + 3
    let index = (0..<cell.queries).map { Int32(cell.queries - 1 - $0) }
    var out = [Float](repeating: canary, count: outStride * cell.queries)
    var scratch = [Float](
      repeating: .nan, count: grl_attention_scratch(Int32(cell.queries), Int32(keys), Int32(cell.width)))
    q.withUnsafeBufferPointer { q in
      k.withUnsafeBufferPointer { k in
        v.withUnsafeBufferPointer { v in
          bias.withUnsafeBufferPointer { bias in
            mask.withUnsafeBufferPointer { mask in
              biasOffset.withUnsafeBufferPointer { biasOffset in
                maskOffset.withUnsafeBufferPointer { maskOffset in
                  index.withUnsafeBufferPointer { index in
                    out.withUnsafeMutableBufferPointer { out in
                      scratch.withUnsafeMutableBufferPointer { scratch in
                        var task = grl_attention(
                          q: q.baseAddress, k: k.baseAddress, v: v.baseAddress, q_stride: qStride, k_stride: kStride,
                          v_stride: vStride, head_dim: Int32(cell.width), query_count: Int32(cell.queries),
                          key_rows: Int32(cell.keyRows), key_columns: Int32(cell.keyColumns), bias: bias.baseAddress,
                          bias_offset: biasOffset.baseAddress, bias_row_step: rowStep,
                          mask: cell.masked ? mask.baseAddress : nil,
                          mask_offset: cell.masked ? maskOffset.baseAddress : nil, scores: cell.known,
                          out: out.baseAddress, out_index: index.baseAddress, out_stride: outStride,
                          scratch: scratch.baseAddress)
                        kernels.pointee.attention(&task)
                      }
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

  @Test("attentions equal the scalar ones and keep to their channels", arguments: KernelTests.cells)
  func attentionsAgree(cell: Cell) {
    let expected = KernelTests.attend(cell, KernelTests.scalar)
    for isa in KernelTests.sets {
      let result = KernelTests.attend(cell, grl_kernels_for(isa)!)
      #expect(KernelTests.difference(result, expected) <= 1e-5)
      for query in 0..<cell.queries {
        let behind = result[(query * (cell.width + 3) + cell.width)..<((query + 1) * (cell.width + 3))]
        #expect(behind.allSatisfy { $0 == KernelTests.canary })
      }
    }
  }

  @Test("weights sum to one: constant values come out unchanged", arguments: KernelTests.cells)
  func weightsSumToOne(cell: Cell) {
    let ones = [Float](repeating: 1, count: cell.keyRows * cell.keyColumns * ((cell.width + 15) / 16 * 16) + 64)
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let result = KernelTests.attend(cell, values: ones, grl_kernels_for(isa)!)
      for query in 0..<cell.queries {
        #expect(abs(result[query * (cell.width + 3)] - 1) <= 1e-5)
      }
    }
  }

  // MARK: Gather

  static func gather(
    _ count: Int, _ width: Int, _ kernels: UnsafePointer<grl_kernels>, isIndexed: Bool = true
  ) -> [Float] {
    let stride = width + 5
    let padded = (count + 31) / 32 * 32
    let x = noise("x", stride * count)
    let index = (0..<count).map { Int32(count - 1 - $0) }
    var out = [Float](repeating: canary, count: padded * width + 16)
    x.withUnsafeBufferPointer { x in
      index.withUnsafeBufferPointer { index in
        out.withUnsafeMutableBufferPointer { out in
          var task = grl_gather(
            x: x.baseAddress, stride: stride, index: isIndexed ? index.baseAddress : nil, count: Int32(count),
            padded_count: Int32(padded), head_dim: Int32(width), scale: 2.5, out: out.baseAddress, out_stride: padded)
          kernels.pointee.gather_normalised(&task)
        }
      }
    }
    return out
  }

  @Test("gathered tokens equal the scalar ones", arguments: [1, 5, 32, 100], [1, 6, 16, 30, 64])
  func gathers(count: Int, width: Int) {
    let expected = KernelTests.gather(count, width, KernelTests.scalar)
    let length = (0..<width).reduce(Float(0)) {
      $0 + expected[$1 * ((count + 31) / 32 * 32)] * expected[$1 * ((count + 31) / 32 * 32)]
    }
    #expect(abs(length.squareRoot() - 2.5) < 1e-5)
    for isa in KernelTests.sets {
      #expect(KernelTests.difference(KernelTests.gather(count, width, grl_kernels_for(isa)!), expected) <= 1e-6)
    }
  }

  @Test("without an index tokens follow each other", arguments: [1, 33])
  func gathersInOrder(count: Int) {
    let padded = (count + 31) / 32 * 32
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let reversed = KernelTests.gather(count, 30, grl_kernels_for(isa)!)
      let plain = KernelTests.gather(count, 30, grl_kernels_for(isa)!, isIndexed: false)
      for channel in 0..<30 {
        let tokens = channel * padded..<channel * padded + count
        #expect(plain[tokens] == ArraySlice(reversed[tokens].reversed()))
      }
    }
  }

  @Test("a token of zeros is not divided by zero") func zeroToken() {
    for isa in KernelTests.sets + [GRL_ISA_SCALAR] {
      let x = [Float](repeating: 0, count: 128)
      var out = [Float](repeating: 1, count: 32 * 4)
      let index: [Int32] = [0]
      x.withUnsafeBufferPointer { x in
        index.withUnsafeBufferPointer { index in
          out.withUnsafeMutableBufferPointer { out in
            var task = grl_gather(
              x: x.baseAddress, stride: 4, index: index.baseAddress, count: 1, padded_count: 32, head_dim: 4, scale: 10,
              out: out.baseAddress, out_stride: 32)
            grl_kernels_for(isa)!.pointee.gather_normalised(&task)
          }
        }
      }
      #expect(out.allSatisfy { $0 == 0 })
    }
  }
}
