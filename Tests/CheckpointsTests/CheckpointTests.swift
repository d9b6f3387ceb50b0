import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointTests {
  @Test(
    "what cannot be a weight file is named",
    arguments: [
      ([], "an empty file"), (Array("<!DOCTYPE html>".utf8), "a web page"), (Array("\n  <html>".utf8), "a web page"),
      (Array("{\"message\": 1}".utf8), "unknown content"), (Array("x".utf8), "unknown content"),
      ([0x1F, 0x8B, 8, 0], "gzip"), ([0x93] + Array("NUMPY".utf8), "NumPy"),
      ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "git lfs pull"),
      (Python.dict([]).pickle, "a bare Python pickle"), (Array("cposix\nsystem\n".utf8), "a bare Python pickle"),
      ([0x80, 4, 0x95, 0x24, 0, 0, 0, 0, 0, 0, 0, 0x8C], "a bare Python pickle"),
    ])
  func foreign(_ bytes: [UInt8], _ text: String) throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(bytes: bytes, path: "f") }
    guard case .notAWeightFile(_, let looksLike)? = error else { Issue.record("\(error as Any)"); return }
    #expect(looksLike.contains(text))
  }

  @Test("paths that are no files are refused without waiting")
  func paths() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let pipe = folder.appending(path: "pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, reason) in [
      (folder.path, "a folder"), (pipe, "not a regular file"), ("/dev/null", "not a regular file"),
      (folder.path + "/absent", "no such file or directory"),
    ] {
      #expect(throws: CheckpointError.unreadable(path: path, reason: reason)) { try Checkpoint(contentsOf: path) }
    }
  }

  @Test("no damage to a small file ever does more than give an error")
  func mutations() throws {
    let folder = TestData.fixtures.appending(path: "checkpoints")
    let files = try [
      "bad/safetensors/valid_two_tensors.safetensors", "bad/torchzip/valid_one_tensor.pth", "golden/views.pth",
    ]
    .map { try [UInt8](Data(contentsOf: folder.appending(path: $0))) }
    for file in files {
      #expect(throws: Never.self) { try Checkpoint(bytes: file, path: "m") }
      for end in 0..<file.count {
        #expect(throws: CheckpointError.self) { try Checkpoint(bytes: Array(file[..<end]), path: "m") }
      }
      for position in file.indices {
        for change: UInt8 in [0x01, 0x04, 0x20, 0x80, 0xFF] {
          var damaged = file
          damaged[position] ^= change
          Self.open(damaged)
        }
      }
    }
  }

  @Test("no damage to a pickle inside a sound archive ever does more than give an error")
  func pickleMutations() throws {
    var state = SplitMix64(state: 7)
    let pickle = Python.then(
      .orderedDict,
      Python.setItems([
        (.text("a"), .tensor([2, 2])), (.text("b"), .tensor([2], offset: 1, strides: [2])),
        (.text("c"), .call(.global("collections", "Counter"), [.dict([(.int(1), .int(2))])])),
      ])
    ).pickle
    // Every instruction in every place, and some numbers.
    let values = Array("(0124NJKMGXUTCB)t]ae}suqrhjcRbQ.i".utf8) + Array(0x80...0x97) + [0x00, 0x7F, 0xFF]
    for position in pickle.indices {
      for value in values {
        var damaged = pickle
        damaged[position] = value
        Self.open(torchFile(damaged).bytes)
      }
      Self.open(torchFile(Array(pickle[..<position])).bytes)
    }
    for _ in 0..<5_000 {
      var damaged = pickle
      for _ in 0..<Int(state.next() % 6 + 1) {
        let position = Int(state.next() % UInt64(damaged.count))
        switch state.next() % 3 {
        case 0: damaged[position] = UInt8(truncatingIfNeeded: state.next())
        case 1: damaged.insert(pickle[Int(state.next() % UInt64(pickle.count))], at: position)
        default: damaged.remove(at: position)
        }
      }
      Self.open(torchFile(damaged).bytes)
    }
  }

  /// Either a checkpoint whose tensors can be converted, or a typed error with a message.
  static func open(_ bytes: [UInt8]) {
    do throws(CheckpointError) {
      for tensor in try Checkpoint(bytes: bytes, path: "m").tensors.values {
        #expect(tensor.floats().count == tensor.count)
      }
    } catch {
      #expect(!error.description.isEmpty)
    }
  }
}
