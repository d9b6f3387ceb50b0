import Base
import EngineCore
import EngineWire
import GRLModel
import Imaging
import JobStore
import Restoration
import Tensors
import Testing

@Suite struct JobErrorTests {
  @Test("what a request brings along is shown on one line, without control characters")
  func oneLine() throws {
    let job = JobRequest(inputs: ["/photos"], task: "den\u{7F}oise\n\u{1B}[2J\u{202E}")
    let error = #expect(throws: JobError.self) { try JobSettings(job) }
    #expect(
      "\(try #require(error))"
        == "task 'den\\u{7F}oise\\u{A}\\u{1B}[2J\\u{202E}' is not known: give denoise, sr, jpeg, demosaic, real-sr, motion-deblur, "
        + "defocus-deblur")
    let place = StoreError.system(path: "/photos/\u{1B}]0;x\u{7}", code: 2)
    #expect("\(place)" == "/photos/\\u{1B}]0;x\\u{7}: no such file or directory")
  }

  @Test("the table of options has the values of the types behind it, and reads what it writes")
  func options() {
    let types: [(JobOption, [String])] = [
      (.task, RestorationTask.allCases.map(\.rawValue)), (.noise, NoiseKind.allCases.map(\.rawValue)),
      (.pattern, ColourFilterArray.allCases.map(\.rawValue)), (.variant, ModelVariant.allCases.map(\.rawValue)),
      (.transfer, SensorTransfer.allCases.map(\.rawValue)), (.precision, PrecisionChoice.allCases.map(\.rawValue)),
      (.depth, OutputDepth.allCases.map(\.rawValue)), (.metadata, MetadataPolicy.allCases.map(\.rawValue)),
      (.damaged, DamagePolicy.allCases.map(\.rawValue)), (.kernels, KernelChoice.allCases.map(\.rawValue)),
      (.format, ImageFile.Format.allCases.map(\.rawValue).filter { $0 != "heic" }),
      (.chroma, ImageFile.ChromaSampling.allCases.map(\.rawValue)),
      (.compression, ImageFile.Compression.allCases.map(\.rawValue)),
    ]
    for (option, values) in types { #expect(Set(option.values) == Set(values), "\(option.name)") }
    #expect(Set(JobOption.endings) == ImageFile.extensions.subtracting(ImageFile.Format.heic.extensions))
    for option in JobOption.all {
      for value in option.values + option.steps.compactMap(\.self) {
        var job = JobRequest(inputs: [], task: "denoise")
        #expect(option.read(value, into: &job) && option.fault(in: job) == nil, "\(option.name) \(value)")
        #expect(option.text(job) == (value == option.standard ? nil : value), "\(option.name) \(value)")
      }
      var job = JobRequest(inputs: [], task: "denoise")
      #expect(option.values.isEmpty || !option.read("no such value", into: &job), "\(option.name)")
    }
  }
}
