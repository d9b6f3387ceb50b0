import Base
import Foundation
import Restoration
import Tensors
import Testing

@Suite struct NoiseTests {
  struct Numbers: Decodable {
    let seeds: [UInt32]
    let words: [UInt32]
    let uniform, normal: [UInt64]
    let sum: UInt64
  }

  @Test("Random numbers equal NumPy's bit for bit: words, uniform, normal, the sum of 10,000")
  func numbers() throws {
    for expected in try DegradationFixture.load("random", as: [Numbers].self) {
      let start = LegacyRandomState(seeds: expected.seeds)
      var generator = start
      #expect((0..<8).map { _ in generator.nextWord() } == expected.words)
      generator = start
      #expect((0..<8).map { _ in generator.nextUniform().bitPattern } == expected.uniform)
      generator = start
      #expect((0..<8).map { _ in generator.nextNormal().bitPattern } == expected.normal)
      generator = start
      var sum = 0.0
      for _ in 0..<10_000 { sum += generator.nextNormal() }
      #expect(sum.bitPattern == expected.sum, "seeds \(expected.seeds.prefix(4))")
    }
  }

  struct Fixture: Decodable {
    struct Case: Decodable {
      let text: String?
      let number: UInt32?
      let order: String
      let sigma: Double
      let bits: [UInt32]
    }
    let height, width: Int
    let input: [UInt32]
    let cases: [Case]
  }

  @Test("Noise on a picture equals NumPy's bit for bit, from a number or a name, in every order")
  func noise() throws {
    let fixture = try DegradationFixture.load("noise", as: Fixture.self)
    let picture = Tensor(
      shape: Shape(height: fixture.height, width: fixture.width, channels: 3),
      values: fixture.input.map(Float.init(bitPattern:)))
    for expected in fixture.cases {
      let seed = try expected.number.map { GaussianNoise.Seed.number($0) } ?? .text(#require(expected.text))
      let order = try #require(GaussianNoise.Order(rawValue: expected.order))
      let noise = GaussianNoise(sigma: expected.sigma, seed: seed, order: order)
      let noisy = try Degradation.noise(noise).apply(to: picture)
      #expect(noisy.values.map(\.bitPattern) == expected.bits, "\(noise)")
    }
  }

  @Test("GRL's name rule stops at the first underscore")
  func nameRule() {
    #expect(GaussianNoise.Seed.grlTestPicture("Urban100/img_001.png") == .text("Urban100/img"))
    #expect(GaussianNoise.Seed.grlTestPicture("Set12/01.png") == .text("Set12/01.png"))
  }

  @Test(
    "SHA-256 of the messages of FIPS 180 and of lengths around a block",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      // A letter and how often it stands: short in the log.
      ("a*1000000", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
      ("x*55", "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"),
      ("x*63", "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2"),
      ("x*64", "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"),
    ])
  func sha256(message: String, digest: String) {
    let parts = message.split(separator: "*")
    let bytes =
      parts.count == 2 ? [UInt8](repeating: parts[0].utf8.first!, count: Int(parts[1])!) : Array(message.utf8)
    #expect(SHA256.hex(bytes) == digest)
    #expect(SHA256.digest(bytes).map { String(format: "%02x", $0) }.joined() == digest)
  }
}
