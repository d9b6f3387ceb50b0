extension Metric {
  /// What can be measured. Raw values are the names on the command line.
  public enum Quantity: String, Sendable, CaseIterable {
    /// Peak signal to noise ratio over red, green and blue in dB: 10 log10(255^2 / mean squared error); infinite where
    /// the pictures are equal. Larger is better.
    case psnr
    /// The same over luma.
    case psnrY = "psnr-y"
    /// Structural similarity, mean over the colour channels; -1...1, 1 where the pictures are equal. Larger is better.
    /// Source: Wang, Bovik, Sheikh, Simoncelli: Image quality assessment (IEEE TIP 2004).
    case ssim
    /// The same over luma.
    case ssimY = "ssim-y"
    /// Mean absolute error over red, green and blue, 0...1. Smaller is better.
    case mae
    /// PSNR that also counts steps across the borders of 8 x 8 blocks of the picture, in dB; at most PSNR. Larger is
    /// better. The blocks begin at the corner of what is measured, so shave by multiples of eight. Not symmetric: blocks
    /// are looked for in the picture, not in the reference. Source: Yim, Bovik: Quality assessment of deblocked images
    /// (IEEE TIP 2011).
    case psnrB = "psnr-b"
    /// The same over luma.
    case psnrBY = "psnr-b-y"
    /// SSIM at five scales, perceptual; 0...1, 1 where the pictures are equal. Larger is better. Mean over the colour
    /// channels. Sides of 176 pixels or more. Source: Wang, Simoncelli, Bovik: Multiscale structural similarity (Asilomar
    /// 2003), as their Matlab program has it; where mean contrast is negative, which it cannot raise to a power, 0.
    case msSSIM = "ms-ssim"
    /// The same over luma.
    case msSSIMY = "ms-ssim-y"
    /// Gradient magnitude similarity deviation on gray values at half size, perceptual; 0 where the pictures are equal.
    /// Smaller is better. Source: Xue, Zhang, Mou, Bovik (IEEE TIP 2014), as their Matlab program has it: colours become
    /// gray as by `rgb2gray`, the constant is 170.
    case gmsd
    /// Blur of the picture alone: how little sharpness more blur would cost; 0 sharp ... 1 blurred (or flat). Smaller is
    /// sharper. Source: Crete et al.: The blur effect (SPIE 6492, 2007), as scikit-image's `blur_effect` has it: window of
    /// 11, the worse direction, gray by BT.709.
    case blur
    /// Standard deviation of the noise of the picture alone, estimated from its finest diagonal Daubechies-2 wavelet
    /// details, in 8-bit levels; mean over channels. Smaller is cleaner. Source: Donoho, Johnstone (Biometrika 1994), as
    /// scikit-image's `estimate_sigma` has it; details of less than a millionth of a level (flat places), where it
    /// leaves out exact zeros, and those that touch a sample at black or white are left out. Of pictures with more than four million details (16 megapixels) as many
    /// are looked at.
    case noise
    /// Strength of an 8 x 8 grid, as JPEG leaves it, of the picture alone: how much larger steps of luma are on the grid's
    /// lines than elsewhere, as a share less 0.05; 0 without a grid. The grid may lie anywhere. Smaller is better. Saved by
    /// libjpeg with quality 85 a photograph has about 0.3, with 60 0.9, with 30 1.7.
    case blockiness
  }
}

extension Metric.Quantity {
  /// Whether a picture is measured against another one.
  public var needsReference: Bool {
    switch self {
    case .blur, .noise, .blockiness: false
    default: true
    }
  }

  /// The direction of better.
  public var isBetterWhenLarger: Bool {
    switch self {
    case .psnr, .psnrY, .ssim, .ssimY, .psnrB, .psnrBY, .msSSIM, .msSSIMY: true
    case .mae, .gmsd, .blur, .noise, .blockiness: false
    }
  }

  /// Whether the unit is the decibel.
  public var isInDecibels: Bool {
    switch self {
    case .psnr, .psnrY, .psnrB, .psnrBY: true
    default: false
    }
  }

  /// Short name of the only definition, where the convention does not choose one.
  public var definition: String? {
    switch self {
    case .psnr, .psnrY, .ssim, .ssimY, .mae, .psnrB, .psnrBY: nil
    case .msSSIM, .msSSIMY: "wang2003"
    case .gmsd: "xue2014"
    case .blur, .noise: "scikit-image"
    case .blockiness: "8 x 8 grid"
    }
  }

  /// What becomes of three colours.
  var luma: Luma? {
    switch self {
    case .psnrY, .ssimY, .psnrBY, .msSSIMY: .studio
    case .gmsd, .blockiness: .full
    case .blur: .bt709
    case .psnr, .ssim, .mae, .psnrB, .msSSIM, .noise: nil
    }
  }
}

/// A weighted mean of red, green and blue in 0...255.
enum Luma {
  /// BT.601 on 16...235, as Matlab's `rgb2ycbcr`.
  case studio
  /// BT.601 on 0...255, as Matlab's `rgb2gray`.
  case full
  /// BT.709 on 0...255, as scikit-image's `rgb2gray`; never rounded.
  case bt709

  /// Weights in a sum that is divided by 255, and what is added to it.
  var weights: (red: Double, green: Double, blue: Double, offset: Double) {
    switch self {
    case .studio: (65.481, 128.553, 24.966, 16)
    // The first row of the inverse of Matlab's YIQ matrix.
    case .full: (255 * 0.298936021293776, 255 * 0.587043074451121, 255 * 0.114020904255103, 0)
    case .bt709: (255 * 0.2125, 255 * 0.7154, 255 * 0.0721, 0)
    }
  }
}
