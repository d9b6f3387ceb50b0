import Base
import GRLModel
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Requests, options and errors") struct RequestTests {
  @Test("Tasks have the names of the command line and belong to those of the published settings")
  func names() {
    #expect(
      RestorationTask.allCases.map(\.rawValue)
        == ["denoise", "sr", "jpeg", "demosaic", "real-sr", "motion-deblur", "defocus-deblur"])
    for published in PublishedSettings.Task.allCases {
      let isDualPixel = published == .dualPixelDefocusDeblur
      #expect(RestorationTask(published).published(isDualPixel: isDualPixel) == published)
    }
  }

  @Test("Parameters that belong to the task and lie in range pass")
  func valid() throws {
    for request in [
      RestorationRequest(.denoise), .init(.denoise, sigma: 0), .init(.denoise, sigma: 255), .init(.jpeg, quality: 1),
      .init(.jpeg, quality: 100), .init(.superResolution, scale: 2), .init(.superResolution, scale: 4),
      .init(.realSuperResolution), .init(.realSuperResolution, scale: 4), .init(.demosaic, filters: .gbrg),
      .init(.motionDeblur), .init(.defocusDeblur, isDualPixel: true),
    ] {
      try request.validate()
    }
    try RestorationRequest(.superResolution).validate(modelIsNamed: true)
  }

  @Test(
    "Everything else is a usage error of one line",
    arguments: [
      RestorationRequest(.superResolution), .init(.superResolution, scale: 1), .init(.superResolution, scale: 5),
      .init(.realSuperResolution, scale: 2), .init(.denoise, sigma: -1), .init(.denoise, sigma: 256),
      .init(.denoise, sigma: .nan), .init(.denoise, quality: 10), .init(.denoise, scale: 2), .init(.jpeg, quality: 0),
      .init(.jpeg, quality: 101), .init(.jpeg, sigma: 5), .init(.motionDeblur, isDualPixel: true),
      .init(.denoise, filters: .bggr),
    ])
  func invalid(request: RestorationRequest) {
    let error = #expect(throws: RestorationError.self) { try request.validate() }
    #expect(error?.kind == .usage && error?.description.contains("--") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("Tiles and regions are read as the command line writes them")
  func readings() {
    #expect(TileChoice("auto") == .automatic && TileChoice("none") == .whole && TileChoice("256") == .side(256))
    #expect(TileChoice("0x10") == nil && TileChoice("") == nil && TileChoice("256px") == nil)
    #expect(Rectangle("1,2,30,40") == Rectangle(x: 1, y: 2, width: 30, height: 40))
    for text in ["", "1,2,3", "1,2,3,4,5", "1,,3,4", "a,2,3,4", "1.5,2,3,4", "-1,2,3,4", "1,2,3,4,"] {
      #expect(Rectangle(text) == nil)
    }
  }

  @Test("A model is refused for another task, scale, number of views or kind of picture")
  func modelMustFit() throws {
    let gray = TestNetworks.configuration(inputChannels: 1)
    let double = TestNetworks.configuration(upscale: 2, upsampler: .pixelShuffleDirect)
    let dual = TestNetworks.configuration(inputChannels: 6, outputChannels: 3)
    func refusal(
      _ task: RestorationTask, _ configuration: GRLConfiguration, _ request: RestorationRequest,
      _ layout: Image.Layout = .rgb
    ) throws -> String? {
      let restorer = try TestNetworks.restorer(task, configuration) { $0 }
      let error = #expect(throws: RestorationError.self) {
        try restorer.plan(for: PictureShape(width: 9, height: 9, layout: layout), request: request)
      }
      #expect(error?.kind == .model)
      return error?.description
    }
    #expect(try refusal(.denoise, TestNetworks.configuration(), .init(.jpeg))?.contains("not jpeg") == true)
    #expect(try refusal(.superResolution, double, .init(.superResolution, scale: 3))?.contains("x2") == true)
    #expect(try refusal(.denoise, gray, .init(.denoise))?.contains("gray") == true)
    #expect(try refusal(.defocusDeblur, dual, .init(.defocusDeblur))?.contains("--right") == true)
    #expect(
      try refusal(.defocusDeblur, TestNetworks.configuration(), .init(.defocusDeblur, isDualPixel: true))?
        .contains("single") == true)
    #expect(try refusal(.demosaic, gray, .init(.demosaic), .gray)?.contains("mosaic") == true)
  }

  @Test("A level that the model was not trained for is said")
  func levels() throws {
    let model = RestorationModel(
      card: TestNetworks.card(.denoise, sigmas: 0...55), network: try TestNetworks.model(.denoise).network)
    let restorer = Restorer(model: model, threads: ThreadLease(threadCount: 1))
    let picture = PictureShape(width: 9, height: 9, layout: .rgb)
    func notes(_ sigma: Double?) throws -> [String] {
      try restorer.plan(for: picture, request: .init(.denoise, sigma: sigma)).notes
    }
    #expect(try notes(nil).isEmpty)
    #expect(try notes(55).allSatisfy { $0.contains("--sigma 55 is ignored") })
    #expect(try notes(60).contains("the model was trained for sigma 0 to 55, not 60"))
  }
}
