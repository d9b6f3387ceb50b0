import Imaging
import Restoration

extension MemoryEstimate {
  /// The peak of a comparison: all pictures are held at once, and the measures and drawings beside them.
  ///
  /// - Parameters:
  ///   - reference, others: what the headers say.
  ///   - quantities: what is measured.
  ///   - drawsDifference: whether a map of differences is drawn.
  package init(
    comparing others: [ImageFile.Header], with reference: ImageFile.Header, _ quantities: [Metric.Quantity],
    fit: PictureFit, crops: Bool, drawsDifference: Bool
  ) {
    let pixels = reference.width * reference.height
    var (samples, copies, resizing, decoding) = (0, 0, 0, 0)
    for header in [reference] + others {
      let shape = PictureShape(header)
      samples += shape.byteCount
      decoding = max(decoding, header.decodingBytes - shape.byteCount)
      if header.width == reference.width && header.height == reference.height {
        copies += crops ? shape.byteCount : 0
      } else if fit == .crop {
        copies += shape.byteCount
      } else {
        // Floats of the picture before and after, each twice, and between the axes.
        resizing = max(resizing, 12 * shape.layout.colourChannels * max(pixels, header.width * header.height))
        copies += pixels * shape.layout.colourChannels * shape.bitDepth / 8
      }
    }
    let sizesDiffer = others.contains { $0.width != reference.width || $0.height != reference.height }
    if sizesDiffer && !crops { copies += PictureShape(reference).byteCount }
    let measuring = quantities.map { $0.bytesPerPixel * pixels }.max() ?? 0
    // Two pictures in float, and of each the levels and what is drawn of them.
    let drawing = drawsDifference ? pixels * (24 + 7 * others.count) : 0
    self.init(pictures: samples + copies, workspace: max(decoding, resizing, measuring, drawing))
  }
}

extension Metric.Quantity {
  /// What a measure holds beside the pictures: planes in double precision; the others go row by row.
  fileprivate var bytesPerPixel: Int {
    switch self {
    case .blur, .msSSIM, .msSSIMY, .gmsd: 3 * 8
    case .noise: 2 * 8
    case .psnr, .psnrY, .psnrB, .psnrBY, .ssim, .ssimY, .mae, .blockiness: 0
    }
  }
}
