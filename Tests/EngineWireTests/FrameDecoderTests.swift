import EngineWire
import Testing

@Suite struct FrameDecoderTests {
  /// All samples, one after the other, some with raw bytes.
  static let frames: [Frame] = {
    var frames: [Frame] = []
    for (index, request) in Samples.requests.enumerated() {
      do { frames.append(try Frame(Question(id: index + 1, request), limits: .questions)) } catch {
        fatalError("\(error)")
      }
    }
    for (index, reply) in Samples.replies.enumerated() {
      let body = (0..<index * 3).map { UInt8(truncatingIfNeeded: $0 * 37) }
      do { frames.append(try Frame(Answer(id: index, reply), body: body)) } catch { fatalError("\(error)") }
    }
    frames.append(Frame(head: [], body: []))
    return frames
  }()

  @Test("the bytes are two little-endian lengths, the head, the body")
  func layout() {
    #expect(Frame(head: [0x7B, 0x7D], body: [9, 8, 7]).bytes == [2, 0, 0, 0, 3, 0, 0, 0, 0x7B, 0x7D, 9, 8, 7])
    #expect(Frame(head: .init(repeating: 32, count: 0x0102)).bytes.prefix(8) == [2, 1, 0, 0, 0, 0, 0, 0])
  }

  @Test("frames that arrive together are told apart")
  func joined() throws {
    var decoder = FrameDecoder()
    decoder.append(Self.frames.flatMap(\.bytes))
    #expect(try all(&decoder) == Self.frames)
    #expect(decoder.pendingBytes == 0)
  }

  @Test("frames that arrive byte by byte come out whole, none early")
  func oneByteAtATime() throws {
    var decoder = FrameDecoder()
    for frame in Self.frames {
      for byte in frame.bytes.dropLast() {
        decoder.append([byte])
        #expect(try decoder.next() == nil)
      }
      decoder.append([frame.bytes[frame.bytes.count - 1]])
      #expect(try decoder.next() == frame)
      #expect(try decoder.next() == nil)
    }
  }

  @Test("a frame cut at any byte waits for the rest, and says that something is pending")
  func everyCut() throws {
    for frame in Self.frames {
      let bytes = frame.bytes
      for cut in 0...bytes.count {
        var decoder = FrameDecoder()
        decoder.append(bytes[..<cut])
        if cut < bytes.count {
          #expect(try decoder.next() == nil)
          #expect(decoder.pendingBytes == cut)
        }
        decoder.append(bytes[cut...] + [1, 2, 3])
        #expect(try decoder.next() == frame)
        #expect(decoder.pendingBytes == 3)
      }
    }
  }

  @Test("pieces of odd sizes make no difference", arguments: [2, 3, 7, 8, 9, 64, 1000, 4093])
  func pieces(size: Int) throws {
    let bytes = Self.frames.flatMap(\.bytes)
    var decoder = FrameDecoder()
    var frames: [Frame] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      decoder.append(bytes[start..<min(start + size, bytes.count)])
      frames += try all(&decoder)
    }
    #expect(frames == Self.frames)
  }

  @Test(
    "lengths over the limit are refused from the eight bytes alone, again and again",
    arguments: [
      (FrameLimits.answers, UInt32(16 << 20) - 8, UInt32(1)), (.answers, 0, UInt32.max),
      (.answers, UInt32.max, UInt32.max),
      (.questions, UInt32(1 << 20) - 7, 0),
    ])
  func tooLarge(limits: FrameLimits, head: UInt32, body: UInt32) throws {
    var decoder = FrameDecoder(limits: limits)
    decoder.append(
      [head, body].flatMap { count in (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * UInt32($0))) } })
    for _ in 0..<2 {
      let expected = WireError.tooLarge(bytes: 8 + Int(head) + Int(body), limit: limits.bytes)
      #expect(throws: expected) { try decoder.next() }
      decoder.append([0])
    }
  }

  @Test("a frame of exactly the limit is taken")
  func largest() throws {
    let frame = Frame(head: [0x7B, 0x7D], body: .init(repeating: 5, count: WireProtocol.frameLimit - 10))
    #expect(frame.bytes.count == WireProtocol.frameLimit)
    var decoder = FrameDecoder()
    decoder.append(frame.bytes)
    #expect(try decoder.next() == frame)
  }

  @Test("a promise of sixteen megabytes costs nothing until they come")
  func promise() throws {
    var decoders = [FrameDecoder](repeating: FrameDecoder(), count: 10_000)
    for index in decoders.indices {
      decoders[index].append([0, 0, 0xF0, 0, 0, 0, 0, 0, 1])
      #expect(try decoders[index].next() == nil)
    }
  }

  @Test("no more bytes are moved than came, however they come")
  func linear() throws {
    // Byte by byte into one large frame, then a heap of small frames taken one by one with a byte added before each.
    let large = Frame(head: [], body: .init(repeating: 1, count: 4 << 20))
    let small = Frame(head: [0x7B, 0x7D])
    let count = 200_000
    var decoder = FrameDecoder()
    for byte in large.bytes { decoder.append(CollectionOfOne(byte)) }
    #expect(decoder.movedBytes == 0)
    #expect(try decoder.next() == large)
    decoder.append((0..<count).flatMap { _ in small.bytes })
    for _ in 0..<count {
      decoder.append(CollectionOfOne(0))
      try #require(try decoder.next() == small)
    }
    #expect(decoder.movedBytes > 0 && decoder.movedBytes <= count * (small.bytes.count + 1))
  }

  @Test("garbage ends in a frame that is no message, in an error, or in waiting")
  func garbage() throws {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<2000 {
      let bytes = (0..<64).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33) & (state >> 60 == 0 ? 0xFF : 0x1F)
      }
      var decoder = FrameDecoder()
      decoder.append(bytes)
      do {
        while let frame = try decoder.next() {
          #expect(throws: WireError.self) { try frame.message(Question.self) }
        }
      } catch {
        #expect("\(error)".contains("over the limit"))
      }
    }
  }

  private func all(_ decoder: inout FrameDecoder) throws -> [Frame] {
    var frames: [Frame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
  }
}
