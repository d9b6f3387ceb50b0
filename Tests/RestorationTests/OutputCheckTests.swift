import Base
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Output checks") struct OutputCheckTests {
  /// Restores a picture in six tiles; from the tile `faulty` on, the network's answer is what `fault` makes of it.
  private func restore(
    from faulty: Int, checks: OutputChecks = .standard, _ fault: @escaping @Sendable (Tensor, _ last: Tensor?) -> Tensor
  ) throws -> RestoredImage {
    let state = Locked<(count: Int, last: Tensor?)>((0, nil))
    let restorer = try TestNetworks.restorer { x in
      state.withLock { state in
        let answer = state.count >= faulty ? fault(x, state.last) : x
        state = (state.count + 1, answer)
        return answer
      }
    }
    let picture = TestPictures.picture(60, 40)
    var options = RestorationOptions()
    options.tile = .side(32)
    options.checks = checks
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    return try restorer.restore(picture, plan: plan)
  }

  private func refusal(
    from faulty: Int, _ fault: @escaping @Sendable (Tensor, Tensor?) -> Tensor
  ) -> (tile: Rectangle, what: RestorationError.SuspiciousOutput)? {
    let error = #expect(throws: RestorationError.self) { try restore(from: faulty, fault) }
    guard case .suspiciousOutput(let tile, let what) = error else { return nil }
    #expect(error?.kind == .verification)
    return (tile, what)
  }

  @Test(
    "One value that is not finite is enough, whatever else is switched off",
    arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) {
    let poisoned: @Sendable (Tensor, Tensor?) -> Tensor = { x, _ in
      var y = x
      y.values[77] = value
      return y
    }
    let found = refusal(from: 4, poisoned)
    #expect(found?.what == .notFinite(count: 1))
    #expect(found?.tile == Rectangle(x: 24, y: 8, width: 32, height: 32))
    #expect(throws: RestorationError.self) { try restore(from: 4, checks: .finiteOnly, poisoned) }
  }

  @Test("A constant tile is refused where the input was not constant")
  func flat() {
    let found = refusal(from: 2) { x, _ in Tensor(shape: x.shape, repeating: 0.5) }
    #expect(found?.what == .flat(value: 0.5))
  }

  @Test("The tile before, pasted once more, is refused")
  func repeated() {
    let found = refusal(from: 3) { x, last in last ?? x }
    #expect(found?.what == .repeated(of: Rectangle(x: 28, y: 0, width: 32, height: 32)))
  }

  @Test("A tile that turns dark is refused")
  func drift() {
    let found = refusal(from: 5) { x, _ in
      var y = x
      for i in y.values.indices { y.values[i] -= 0.25 }
      return y
    }
    guard case .meanDrift(let from, let to, let bound) = found?.what else {
      Issue.record("expected a drift of the mean")
      return
    }
    #expect(abs(from - to - 0.25) < 1e-4 && bound == 0.2)
  }

  @Test(
    "A tile that takes on a tint is refused although its mean stays", arguments: 0..<3, [Float(0.15), -0.15])
  func tint(channel: Int, shift: Float) {
    let found = refusal(from: 5) { x, _ in
      var y = x
      for i in y.values.indices { y.values[i] += i % 3 == channel ? shift : 0 }
      return y
    }
    guard case .colourDrift(let from, let to, let bound) = found?.what else {
      Issue.record("expected a drift of colour")
      return
    }
    for c in 0..<3 { #expect(abs(Float(to[c] - from[c]) - shift * (c == channel ? 2 : -1) / 3) < 1e-4) }
    #expect(bound == 0.08)
  }

  @Test("What clipping at black does to one channel may be taken back: noise of sigma 50 is 0.08 there")
  func honestTint() throws {
    _ = try restore(from: 0) { x, _ in
      var y = x
      for i in y.values.indices { y.values[i] -= i % 3 == 2 ? 0.08 : 0 }
      return y
    }
  }

  @Test("Changes that a restoration may make pass, and so does a flat input")
  func honest() throws {
    _ = try restore(from: 0) { x, _ in
      var y = x
      for i in y.values.indices { y.values[i] += i % 2 == 0 ? 0.15 : -0.05 }
      return y
    }
    let restorer = try TestNetworks.restorer { $0 }
    let flat = Image(width: 64, height: 64, layout: .rgb, samples: .eight([UInt8](repeating: 9, count: 64 * 64 * 3)))
    var options = RestorationOptions()
    options.tile = .side(32)
    let plan = try restorer.plan(for: PictureShape(flat), request: .init(.denoise), options: options)
    #expect(try restorer.restore(flat, plan: plan).image.integers == flat.integers)
  }
}
