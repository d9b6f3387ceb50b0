import GRLModel
import Testing

@Suite struct PublishedSettingsTests {
  static func row(_ task: PublishedSettings.Task, _ variant: PublishedSettings.Variant, _ channels: Int = 3) throws
    -> PublishedSettings
  {
    try #require(
      PublishedSettings.all.first { $0.task == task && $0.variant == variant && $0.inputChannels == channels })
  }

  @Test("the table has all published pairs, each a network that can be built")
  func table() throws {
    #expect(PublishedSettings.all.count == 23)
    for row in PublishedSettings.all {
      _ = try row.configuration.validated()
      #expect(row.configuration.outputChannels == min(row.inputChannels, 3))
    }
    #expect(Set(PublishedSettings.all.map(\.configuration)).count >= 20)
  }

  @Test("padded sizes are those of the published table")
  func padMultiples() throws {
    let expected: [(PublishedSettings.Task, PublishedSettings.Variant, Int)] = [
      (.denoise, .tiny, 128), (.denoise, .base, 128), (.jpeg, .small, 144), (.superResolution, .small, 64),
      (.blindSuperResolution, .base, 64), (.demosaic, .small, 32), (.motionDeblur, .base, 96),
      (.defocusDeblur, .base, 96),
    ]
    for (task, variant, multiple) in expected {
      #expect(try Self.row(task, variant).configuration.padMultiple == multiple)
    }
    #expect(try Self.row(.dualPixelDefocusDeblur, .base, 6).configuration.padMultiple == 96)
  }

  @Test("a test command overrides the experiment file")
  func tilings() throws {
    let base = try Self.row(.denoise, .base)
    #expect(base.windowSize == 32 && base.anchorFactor == 2)
    #expect(base.defaultTiling == .init(tile: 256, overlap: 32) && base.fileTiling == .whole)
    #expect(try Self.row(.denoise, .tiny).defaultTiling == .whole)
    #expect(try Self.row(.jpeg, .small).defaultTiling == .init(tile: 288, overlap: 36))
    #expect(try Self.row(.superResolution, .base).defaultTiling == .whole)
    #expect(try Self.row(.motionDeblur, .base).defaultTiling == .whole)
    #expect(try Self.row(.defocusDeblur, .base).defaultTiling == .init(tile: 480, overlap: 48))
  }

  @Test(
    "names of released checkpoints find their row and level",
    arguments: [
      ("dn_grl_tiny_c1s15.ckpt", "denoise tiny", 1, 15), ("/models/dn_grl_base_c3s50.ckpt", "denoise base", 3, 50),
      ("jpeg_grl_small_c3q20.ckpt", "jpeg small", 3, 20), ("sr_grl_tiny_c3x3.ckpt", "sr tiny x3", 3, nil),
      ("SR_GRL_BASE_C3X2 (1).CKPT", "sr base x2", 3, nil), ("bsr_grl_base.safetensors", "real-sr base x4", 3, nil),
      ("dm_grl_small.pth", "demosaic small", 3, nil),
      ("db_motion_grl_base_realblur_j.ckpt", "motion-deblur base", 3, nil),
      ("db_defocus_single_pixel_grl_base.pt", "defocus-deblur base", 3, nil),
      ("db_defocus_dual_pixel_grl_base", "defocus-deblur (dual pixel) base", 6, nil),
    ] as [(String, String, Int, Int?)])
  func names(_ file: String, _ name: String, _ channels: Int, _ level: Int?) throws {
    let match = try #require(PublishedSettings.named(file))
    #expect(match.settings.name == name && match.settings.inputChannels == channels && match.level == level)
  }

  @Test(
    "other names find nothing",
    arguments: [
      "", "model.ckpt", "dn_grl_tiny_c3.ckpt", "dn_grl_tiny_c3s15-finetuned.ckpt", "my_sr_grl_tiny_c3x3.ckpt",
      "sr_grl_tiny_c3x8.ckpt", "jpeg_grl_tiny_c3q10.ckpt", "sr_grl_tiny_c3x3 (copy).ckpt", "sr_grl_tiny_c3x3.ckpt.gz",
    ])
  func otherNames(_ file: String) { #expect(PublishedSettings.named(file) == nil) }
}
