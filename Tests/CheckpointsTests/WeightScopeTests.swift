import Checkpoints
import Testing

@Suite struct WeightScopeTests {
  static let checkpoint = Checkpoint(
    path: "m.pth",
    tensors: [
      "a.weight": StoredTensor(shape: [2, 2], values: [1, 2, 3, 4]),
      "a.bias": StoredTensor(shape: [2], values: [5, .nan]),
      "a.count": StoredTensor(elementType: .int64, shape: [], bytes: le(1)),
    ])

  @Test("names, shapes and values that fit are handed out")
  func fitting() throws {
    let scope = WeightScope(Checkpoint(path: "m", tensors: ["x.0.w": StoredTensor(shape: [2], values: [1, 2])]))
    #expect(scope["x"][0].floats("w", [2]) == [1, 2])
    try scope.finish()
    #expect(scope.requested.map(\.name) == ["x.0.w"])
  }

  @Test("every problem is listed at once")
  func problems() throws {
    let scope = WeightScope(Self.checkpoint)
    #expect(scope["a"].floats("weight", [4]) == [0, 0, 0, 0])
    _ = scope["a"].floats("bias", [2])
    _ = scope["a"].floats("bias", [2])
    _ = scope.floats("b", [3])
    let error = #expect(throws: CheckpointError.self) { try scope.finish() }
    #expect(
      error
        == .mismatch(
          path: "m.pth",
          problems: [
            "a.weight: shape [2, 2], expected [4]", "a.bias: holds values that are not finite", "a.bias: used twice",
            "b: missing, expected shape [3]", "a.count: not part of this network",
          ]))
  }

  @Test("a long list of problems is cut in the message and whole in the error")
  func longList() throws {
    let scope = WeightScope(Checkpoint(path: "m", tensors: [:]))
    for index in 0..<20 { _ = scope.floats("w\(index)", [1]) }
    let error = try #require(#expect(throws: CheckpointError.self) { try scope.finish() })
    guard case .mismatch(_, let problems) = error else { Issue.record("\(error)"); return }
    #expect(problems.count == 20)
    #expect("\(error)".contains("w11: missing") && !"\(error)".contains("w12:") && "\(error)".contains("and 8 more"))
  }

  @Test("a recording scope notes what a network asks for")
  func recording() throws {
    let scope = WeightScope.recording()
    #expect(scope["a"].floats("w", [2, 3]).count == 6)
    try scope.finish()
    #expect(scope.requested.map(\.shape) == [[2, 3]])
  }
}
