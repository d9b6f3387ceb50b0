import Foundation
import Testing

/// Where test material lies: in the project (`Tests/Fixtures`), and more of it in a folder beside the project where it exists.
public enum TestData {
  /// Root of the package.
  public static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Material that every clone has.
  public static let fixtures = packageRoot.appending(path: "Tests/Fixtures")

  /// `../shared` beside the project, or what `GRL_SHARED` names; nil where it does not exist.
  public static let shared: URL? = {
    let url =
      ProcessInfo.processInfo.environment["GRL_SHARED"].map { URL(filePath: $0) }
      ?? packageRoot.deletingLastPathComponent().appending(path: "shared")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()

  /// `path` below the shared folder, or nil where it does not exist. A test that needs it has the trait `.shared(path)`.
  public static func shared(_ path: String) -> URL? {
    guard let url = shared?.appending(path: path), FileManager.default.fileExists(atPath: url.path) else { return nil }
    return url
  }
}

extension Trait where Self == ConditionTrait {
  /// The test runs where `../shared` holds `path`, and is told as skipped elsewhere: what it checks beyond a test of the
  /// fixtures that every clone runs.
  public static func shared(_ path: String) -> Self {
    .enabled(if: TestData.shared(path) != nil, "../shared is not there")
  }
}

/// A value is not of the case that the test is about. Thrown where `#require` cannot bind what a case holds.
///
/// ```swift
/// guard case .plan(let plan) = reply else { throw Unexpected(reply) }
/// ```
public struct Unexpected: Error, CustomStringConvertible {
  public let description: String

  public init(_ value: Any) { description = "unexpected: \(value)" }
}
