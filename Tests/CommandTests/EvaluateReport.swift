import Foundation
import Testing

/// What `grl evaluate --format json` prints.
struct EvaluateReport: Decodable {
  struct Block: Decodable {
    struct Row: Decodable {
      let method: String
      let origin: String
      let parametersMillions: Double?
      let values: [String: Double]
      let oursLessRow: Double?
      let source: String
      let gain: Gain?
    }
    struct Gain: Decodable {
      let mean: Double
      let worstPicture: String
      let worstInput: Double
      let worstRestored: Double
      let worsePictures: Int
    }
    struct Picture: Decodable {
      let picture: String
      let baseline: [String: Double]
      let models: [[String: Double]]
    }
    let set: String
    let level: Int?
    let colours: String
    let pictureCount: Int
    let measuredCount: Int
    let isResult: Bool
    let measures: [String: String]
    let notes: [String]
    let rows: [Row]
    let pictures: [Picture]

    func row(_ origin: String) throws -> Row { try #require(rows.first { $0.origin == origin }) }
    func published(_ method: String) -> Row? { rows.first { $0.origin == "published" && $0.method == method } }
  }
  let blocks: [Block]

  /// Runs `grl evaluate` to its end and reads what it printed.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:], status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [Block] {
    let outcome = try await GRLProcess.run(
      ["evaluate"] + arguments + ["--format", "json"], in: folder, environment: environment)
    #expect(outcome.status == status, "\(outcome.errorText)", sourceLocation: sourceLocation)
    return try JSONDecoder().decode(EvaluateReport.self, from: outcome.output).blocks
  }
}
