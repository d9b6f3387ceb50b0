import Restoration
import Testing

@Suite struct RandomStreamTests {
  @Test(
    "Philox4x32-10 gives the words of its authors' known answers",
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(_ counter: [UInt32], _ key: [UInt32], _ words: [UInt32]) {
    var stream = RandomStream(
      key: SIMD2(key[0], key[1]), counter: SIMD4(counter[0], counter[1], counter[2], counter[3]))
    #expect((0..<4).map { _ in stream.nextWord() } == words)
  }

  @Test("a stream is its address: the same again, and another wherever one part of the address differs")
  func addresses() {
    func words(_ seed: UInt64, _ step: Int, _ patch: Int, _ purpose: RandomStream.Purpose) -> [UInt32] {
      var stream = RandomStream(seed: seed, step: step, patch: patch, purpose: purpose)
      return (0..<6).map { _ in stream.nextWord() }
    }
    #expect(words(1, 2, 3, .place) == words(1, 2, 3, .place))
    let others = [
      words(1, 2, 3, .place), words(1 << 40, 2, 3, .place), words(1, 2 + 1 << 33, 3, .place), words(1, 3, 3, .place),
      words(1, 2, 4, .place), words(1, 2, 3, .damage), words(1, 2, 3, .source),
    ]
    #expect(Set(others).count == others.count)
  }

  @Test("numbers are spread as they should be")
  func distributions() {
    var stream = RandomStream(seed: 9, step: 0, patch: 0, purpose: .damage)
    let count = 40_000
    let normals = stream.normals(count).map(Double.init)
    func moment(_ power: Int) -> Double {
      normals.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } } / Double(count)
    }
    #expect(abs(moment(1)) < 0.02 && abs(moment(2) - 1) < 0.03 && abs(moment(3)) < 0.06 && abs(moment(4) - 3) < 0.2)

    let uniforms = (0..<count).map { _ in stream.uniform(-1, 3) }
    #expect(uniforms.allSatisfy { $0 >= -1 && $0 < 3 })
    #expect(abs(uniforms.reduce(0, +) / Float(count) - 1) < 0.02)

    var found = [Int](repeating: 0, count: 4)
    for _ in 0..<count { found[stream.index(weights: [1, 0, 2, 1])] += 1 }
    #expect(found[1] == 0 && abs(found[2] - count / 2) < 400 && abs(found[0] - count / 4) < 400)

    var integers = [Int](repeating: 0, count: 5)
    for _ in 0..<count { integers[stream.integer(below: 5)] += 1 }
    #expect(integers.allSatisfy { abs($0 - count / 5) < 400 })
  }
}
