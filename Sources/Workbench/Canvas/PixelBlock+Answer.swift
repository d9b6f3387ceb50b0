import EngineWire

extension PixelBlock {
  /// The pixels of an answer; nil where the bytes are not as many as it says.
  package init?(_ info: PixelsInfo, _ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard info.width >= 0, info.height >= 0 else { return nil }
    let (count, isHuge) = info.width.multipliedReportingOverflow(by: info.height)
    guard !isHuge, count <= bytes.count, count * 3 == bytes.count else { return nil }
    self.init(width: info.width, height: info.height, bytes: bytes)
  }
}
