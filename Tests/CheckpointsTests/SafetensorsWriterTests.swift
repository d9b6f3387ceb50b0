import Checkpoints
import Foundation
import Testing

@Suite("Safetensors writer") struct SafetensorsWriterTests {
  @Test("What is written reads back bit for bit: names, shapes, types, bytes and metadata")
  func roundTrip() throws {
    let tensors = [
      "a.weight": StoredTensor(shape: [2, 3], values: [1, -0.0, .pi, 1e-30, -7, 0.1]),
      "b": StoredTensor(elementType: .float16, shape: [3], bytes: [1, 2, 3, 4, 5, 6]),
      "scalar": StoredTensor(elementType: .int64, shape: [], bytes: [UInt8](repeating: 7, count: 8)),
      "empty": StoredTensor(elementType: .bfloat16, shape: [0, 4], bytes: []),
    ]
    let metadata = ["plain": "text", "odd \"key\"": "line\nbreak\ttab \\ \u{1} é \u{1F642}", "": ""]
    let file = Checkpoint(path: "memory", metadata: metadata, tensors: tensors).safetensorsFile()
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
    let read = try Checkpoint(bytes: file, path: "memory")
    #expect(read.tensors == tensors && read.metadata == metadata)
    #expect(read.safetensorsFile() == file)
  }

  @Test("Metadata is read without the tensors; other files are refused by name")
  func metadataAlone() throws {
    let path = NSTemporaryDirectory() + "grl-writer-\(UInt64.random(in: 0 ... .max)).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = Checkpoint(
      path: "memory", metadata: ["task": "dn"], tensors: ["x": StoredTensor(shape: [1], values: [1])])
    try Data(checkpoint.safetensorsFile()).write(to: URL(filePath: path))
    #expect(try Checkpoint.metadata(of: path) == ["task": "dn"])
    try Data("not weights at all".utf8).write(to: URL(filePath: path))
    #expect(throws: CheckpointError.self) { try Checkpoint.metadata(of: path) }
    #expect(throws: CheckpointError.self) { try Checkpoint.metadata(of: path + ".missing") }
  }
}
