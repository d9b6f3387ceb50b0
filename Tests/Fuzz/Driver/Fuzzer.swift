import FuzzTargets
import Glibc

@_silgen_name("LLVMFuzzerRunDriver") private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ tryInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

@_silgen_name("LLVMFuzzerMutate") private func change(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int
) -> Int

/// libFuzzer with one of our targets.
enum Fuzzer {
  /// The one that the first argument names.
  static let target = CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.init)

  /// Bounds for one input: seconds, MiB in one block, MiB resident (the fuzzer's own, and what the sanitizer holds back, included).
  private static let bounds = ["-timeout=10", "-malloc_limit_mb=256", "-rss_limit_mb=2048"]

  /// The program's name, what libFuzzer is to be told, and the corpus where no file is named.
  static func options(_ target: FuzzTarget) -> [String] {
    var options = [CommandLine.arguments[0]] + bounds + ["-max_len=\(target.longest)", "-print_final_stats=1"]
    let dictionary = "Tests/Fuzz/dictionaries/\(target.rawValue).dict"
    if access(dictionary, R_OK) == 0 { options.append("-dict=\(dictionary)") }
    let given = CommandLine.arguments.dropFirst(2)
    options += given
    if given.contains(where: { !$0.hasPrefix("-") }) { return options }
    // What is new goes into the first folder; the others are read.
    let kept = ".build-fuzz/corpus/\(target.rawValue)"
    for folder in [".build-fuzz", ".build-fuzz/corpus", kept] { mkdir(folder, 0o755) }
    return options + [kept] + target.folders.filter { access($0, R_OK) == 0 }
  }

  static func run(_ options: [String]) -> Int32 {
    let arguments = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: options.count + 1)
    for (place, option) in options.enumerated() { arguments[place] = strdup(option) }
    arguments[options.count] = nil
    var (count, start) = (Int32(options.count), arguments.baseAddress)
    return runDriver(&count, &start, tryInput)
  }

  static func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(2, line, line.count)
  }
}

private func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do throws(FuzzFinding) {
    _ = try Fuzzer.target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  } catch {
    Fuzzer.say("finding: \(error)")
    abort()
  }
}

/// Three of four changes are followed by repairs, so that most inputs get behind the checksums and some do not.
@_cdecl("LLVMFuzzerCustomMutator")
public func changeAndRepair(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int, _ seed: UInt32) -> Int {
  let changed = change(bytes, count, most)
  guard seed % 4 != 0, let target = Fuzzer.target else { return changed }
  let repaired = target.repaired(Array(UnsafeBufferPointer(start: bytes, count: changed)))
  guard repaired.count <= most else { return changed }
  for (place, byte) in repaired.enumerated() { bytes[place] = byte }
  return repaired.count
}
