import Foundation
import TestSupport
import Testing

/// `Docs/Design.md` against the sources: the shape of the program, and that each promise of it has its tests.
@Suite struct DesignTests {
  private static let page = TestData.packageRoot.appending(path: "Docs/Design.md")
  private static let sources = TestData.packageRoot.appending(path: "Sources")

  /// Lines of the page below the heading `title`, up to the next heading.
  private func section(_ title: String) throws -> [Substring] {
    let lines = try String(contentsOf: Self.page, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("#") && $0.hasSuffix(" \(title)") })
    return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("#") })
  }

  /// Cells of the tables in `lines`, without the heads.
  private func rows(_ lines: [Substring]) -> [[String]] {
    lines.filter { $0.hasPrefix("| ") }.dropFirst().map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// Text of every file below `folder` with one of these endings, by path.
  private func texts(_ folder: String, _ endings: String...) throws -> [(path: String, text: String)] {
    let root = folder.isEmpty ? Self.sources : Self.sources.appending(path: folder)
    return try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
      .filter { path in endings.contains { path.hasSuffix($0) } }
      .map { ($0, try String(contentsOf: root.appending(path: $0), encoding: .utf8)) }
  }

  @Test("a target imports only targets above it in the table; the narrow ones only what they must")
  func imports() throws {
    let order = try rows(section("Targets")).compactMap { row in
      row[0].firstMatch(of: /`([A-Za-z]+)`/).map { String($0.1) }
    }
    #expect(order.count == 25)
    var imports: [String: Set<String>] = [:]
    for target in order {
      for (_, text) in try texts(target, ".swift") {
        for match in text.matches(of: /(?m)^[a-z@_ ]*import ([A-Za-z]+)/) {
          imports[target, default: []].insert(String(match.1))
        }
      }
    }
    for (place, target) in order.enumerated() {
      let own = imports[target, default: []].intersection(order)
      #expect(own.isSubset(of: order[..<place]), "\(target) imports \(own)")
    }
    func importers(_ name: String) -> [String] { order.filter { imports[$0, default: []].contains(name) } }
    #expect(importers("CKernels") == ["CPUDevice", "GRLTraining", "Inspection"])
    #expect(importers("CVulkan") == ["VulkanDevice"])
    #expect(importers("CBase") == ["Base"])
    #expect(importers("CImageIO") == ["Imaging"])
    #expect(importers("CTerminal") == ["TerminalDriver"])
    #expect(imports["EngineWire", default: []].intersection(order) == ["Base"])
    #expect(imports["JobStore", default: []].intersection(order) == ["Base", "EngineWire"])
    #expect(imports["EngineTransport", default: []].intersection(order) == ["Base", "EngineWire"])
    #expect(imports["Workbench", default: []].intersection(order) == ["Base", "EngineWire"])
    #expect(importers("ArgumentParser") == ["grl"])
  }

  @Test("kernels allocate nothing and read and write nothing")
  func kernels() throws {
    // What checks.c does exists under GRL_CHECK alone, and ends the process.
    let files = try texts("CKernels", ".c", ".h", ".inc").filter { !$0.path.hasSuffix("checks.c") }
    #expect(files.count > 10)
    let headers = Set(files.flatMap { $0.text.matches(of: /#include <([^>]+)>/).map { String($0.1) } })
    // The last two ask the system for the use of AMX registers.
    let allowed: Set = [
      "cpuid.h", "immintrin.h", "arm_neon.h", "math.h", "stddef.h", "stdint.h", "string.h", "assert.h", "sys/syscall.h",
      "unistd.h",
    ]
    #expect(headers.subtracting(allowed) == [])
    for (path, text) in files {
      #expect(!text.contains(/\b(malloc|calloc|realloc|free|alloca|fopen|printf|open|read|write)\s*\(/), "\(path)")
    }
  }

  @Test("the workbench knows no terminal, no clock and no files")
  func workbench() throws {
    let files = try texts("Workbench", ".swift")
    #expect(files.count > 20)
    let world =
      /\b(FileManager|FileHandle|ProcessInfo|Process\(|ContinuousClock|SuspendingClock|DispatchTime|Date\(\)|Glibc|print\(|contentsOf:\s*URL|contentsOfFile|RegularFile|WholeFile|fileExists|isFolder\(|canonicalPath|clockSeconds)/
    for (path, text) in files { #expect(!text.contains(world), "\(path)") }
  }

  @Test("only Console writes lines for people")
  func console() throws {
    let write = /\b(print|debugPrint|fputs|puts)\(|FileHandle\.standard(Output|Error)/
    for (path, text) in try texts("", ".swift") where !path.hasPrefix("grl/Console/") {
      #expect(!text.contains(write), "\(path)")
    }
  }

  @Test("every verb has a file of its own name")
  func verbs() throws {
    let root = try String(contentsOf: Self.sources.appending(path: "grl/GRLCommand.swift"), encoding: .utf8)
    let list = try #require(root.firstMatch(of: /(?s)subcommands: \[(.*?)\]/))
    let verbs = list.1.matches(of: /([A-Za-z]+)\.self/).map { String($0.1) }.filter { $0 != "OpenWorkbench" }
    #expect(verbs.count >= 12)
    for verb in verbs {
      let name = verb == "EngineCommand" ? "Engine" : verb
      let file = Self.sources.appending(path: "grl/Commands/\(name).swift")
      #expect(try String(contentsOf: file, encoding: .utf8).contains("struct \(verb): "), "\(verb)")
    }
  }

  @Test("packages are pinned to the versions that the page names, and nothing is fetched at run time")
  func dependencies() throws {
    let manifest = try String(
      contentsOf: TestData.packageRoot.appending(path: "Package.swift"), encoding: .utf8)
    let packages = manifest.matches(of: /\.package\(url: "[^"]*\/([a-z-]+)", exact: "([0-9.]+)"\)/)
    #expect(!packages.isEmpty && packages.count == manifest.matches(of: /\.package\(/).count)
    let named = try rows(section("Dependencies")).map { $0[0] }
    for package in packages { #expect(named.contains("\(package.1) \(package.2)")) }
    let network = /URLSession|FoundationNetworking|AF_INET|getaddrinfo|\b(curl|wget)\b/
    for (path, text) in try texts("", ".swift", ".c", ".h") { #expect(!text.contains(network), "\(path)") }
  }

  @Test("every promise of the page names tests, and they exist")
  func promises() throws {
    let rows = try rows(section("Promises and their tests"))
    #expect(rows.count >= 30)
    let files = try Self.testFiles()
    for row in rows {
      let names = row.last!.matches(of: /`([A-Za-z]+)\.([A-Za-z]+)`/)
      #expect(row.count == 2 && !names.isEmpty, "\(row)")
      for name in names {
        #expect(
          files[String(name.1), default: []].contains { Self.isTest(String(name.2), in: $0) }, "\(name.1).\(name.2)")
      }
    }
  }

  @Test(
    "the tests that other pages name exist",
    arguments: [("Reliability.md", 25), ("Training.md", 6), ("Cluster.md", 15)])
  func namedTests(name: String, least: Int) throws {
    let page = try String(contentsOf: TestData.packageRoot.appending(path: "Docs/" + name), encoding: .utf8)
    let names = page.matches(of: /`([A-Za-z]+Tests)\.([A-Za-z]+)`/)
    #expect(names.count >= least)
    let files = try Self.testFiles()
    for name in names {
      #expect(
        files[String(name.1), default: []].contains { Self.isTest(String(name.2), in: $0) }, "\(name.1).\(name.2)")
    }
  }

  @Test("the page that says where things are names paths that exist and know the words")
  func whereThingsAre() throws {
    let page = try String(contentsOf: TestData.packageRoot.appending(path: "Docs/Where.md"), encoding: .utf8)
    let parts = page.split(separator: "\n## ").dropFirst()
    #expect(parts.count == 2)
    for part in parts {
      let rows = rows(part.split(separator: "\n"))
      #expect(rows.count >= 20)
      for row in rows {
        let (name, path) = (row[1].dropFirst().dropLast(), String(row[2].dropFirst().dropLast()))
        let text = try String(contentsOf: TestData.packageRoot.appending(path: path), encoding: .utf8)
        #expect(text.contains(name), "\(row)")
      }
    }
  }

  /// Text of the files of tests, by name without ending.
  private static func testFiles() throws -> [String: [String]] {
    let tests = TestData.packageRoot.appending(path: "Tests")
    var files: [String: [String]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: tests.path) where path.hasSuffix("Tests.swift") {
      let text = try String(contentsOf: tests.appending(path: path), encoding: .utf8)
      files[String(path.split(separator: "/").last!.dropLast(6)), default: []].append(text)
    }
    return files
  }

  /// Whether `text` declares a function of this name with `@Test` before it and no other function between.
  private static func isTest(_ name: String, in text: String) -> Bool {
    guard let declaration = text.range(of: "func \(name)("),
      let attribute = text[..<declaration.lowerBound].range(of: "@Test", options: .backwards)
    else { return false }
    return !text[attribute.upperBound..<declaration.lowerBound].contains("func ")
  }
}
