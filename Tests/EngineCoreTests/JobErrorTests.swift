import EngineCore
import EngineWire
import JobStore
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
    #expect("\(place)" == "/photos/\\u{1B}]0;x\\u{7}: No such file or directory")
  }
}
