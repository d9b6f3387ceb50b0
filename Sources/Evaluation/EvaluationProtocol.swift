import Imaging
import Restoration

/// Whose rules hold for test input and measures, where papers differ.
///
/// | | `grl` | `matlab` | `basicsr` |
/// |---|---|---|---|
/// | programs | the paper's own | KAIR, Restormer | SwinIR's test |
/// | noise | seed from SHA-256 of `set/name`, plane by plane | seed 0 for every picture, pixel by pixel | the same, blue first |
/// | luma (sr) | rounded | rounded | not rounded |
/// | sides (denoise, demosaic) | cut to multiples of 8, before anything is drawn | whole; demosaic even | the same |
/// | gray (jpeg) | of LIVE1, BSDS500 and Urban100 Matlab's `rgb2ycbcr`, 16 to 235 | BT.601, 0 to 255 | the same |
///
/// In all of them noise is neither clipped nor rounded, everything is rounded to 8 bits before it is measured, `sr` is measured
/// on luma with `scale` pixels shaved, and other tasks on all colours of the whole picture.
package enum EvaluationProtocol: String, CaseIterable, Sendable {
  case grl, matlab, basicsr

  package var convention: Metric.Convention {
    switch self {
    case .grl: .grl
    case .matlab: .matlab
    case .basicsr: .basicsr
    }
  }

  /// What the sides of pictures are cut to where the test input is made; `sr` cuts them to the scale.
  package func sideMultiple(_ task: RestorationTask) -> Int {
    switch task {
    case .denoise: self == .grl ? 8 : 1
    case .demosaic: self == .grl ? 8 : 2
    default: 1
    }
  }

  /// Whether a colour picture of a gray test becomes Matlab's luma (`rgb2ycbcr`, 16 to 235, rounded) rather than that of 0 to 255.
  package func takesMatlabLuma(_ task: RestorationTask, set: String) -> Bool {
    self == .grl && task == .jpeg && ["live1", "bsds500", "bsd500", "urban100"].contains(set.lowercased())
  }

  /// Noise for the picture `name` of the set `set`.
  package func noise(sigma: Double, set: String, name: String) -> GaussianNoise {
    switch self {
    case .grl: GaussianNoise(sigma: sigma, seed: .grlTestPicture("\(set)/\(name)"), order: .planes)
    case .matlab: GaussianNoise(sigma: sigma, seed: .number(0), order: .pixels)
    case .basicsr: GaussianNoise(sigma: sigma, seed: .number(0), order: .pixelsBGR)
    }
  }
}

/// A number that is measured on each picture and averaged over the set.
package struct EvaluationMeasure: Hashable, Sendable {
  /// Key in stored results and in JSON.
  package let key: String
  /// Heading of its column.
  package let title: String
  package let metric: Metric
  package let digits: Int

  /// What is measured of a task, PSNR first.
  package static func all(
    task: RestorationTask, scale: Int, under rules: EvaluationProtocol
  ) -> [EvaluationMeasure] {
    let convention = rules.convention
    // SSIM inside the picture; GRL's own, padded with zeros, stands beside it.
    let inside: Metric.Convention = convention == .grl ? .matlab : convention
    func measure(
      _ key: String, _ quantity: Metric.Quantity, _ convention: Metric.Convention, _ digits: Int
    ) -> EvaluationMeasure {
      let shave = task == .superResolution ? scale : 0
      let name = quantity.rawValue.uppercased()
      return EvaluationMeasure(
        key: key, title: "\(name) (\(convention.rawValue))",
        metric: Metric(quantity, convention: convention, shave: shave), digits: digits)
    }
    switch task {
    case .superResolution:
      return [
        measure("psnr", .psnrY, convention, 2), measure("ssim", .ssimY, inside, 4),
        measure("ssim-padded", .ssimY, .grl, 4),
      ]
    case .jpeg:
      return [
        measure("psnr", .psnr, convention, 2), measure("psnr-b", .psnrB, .grl, 2), measure("ssim", .ssim, inside, 4),
        measure("ssim-padded", .ssim, .grl, 4),
      ]
    case .defocusDeblur:
      return [
        measure("psnr", .psnr, convention, 2), measure("ssim", .ssim, inside, 4),
        measure("ssim-padded", .ssim, .grl, 4),
        measure("mae", .mae, convention, 4),
      ]
    default:
      return [
        measure("psnr", .psnr, convention, 2), measure("ssim", .ssim, inside, 4),
        measure("ssim-padded", .ssim, .grl, 4),
      ]
    }
  }
}
