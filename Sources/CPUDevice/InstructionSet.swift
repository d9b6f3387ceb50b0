import CKernels
import Foundation
import Tensors

/// Which kernels compute. All give the same result within float32 rounding; each is deterministic by itself.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// The definition in plain C: the reference for the others.
  case scalar
  case neon
  case avx2
  case avx512

  /// What this machine can run, best last; `scalar` always.
  public static let available: [InstructionSet] = allCases.filter { grl_kernels_for($0.isa) != nil }

  /// The best of `available`, or the one that the environment variable `GRL_ISA` names if it is available.
  public static let best: InstructionSet = {
    let wanted = ProcessInfo.processInfo.environment["GRL_ISA"].flatMap { InstructionSet(rawValue: $0) }
    return available.first { $0 == wanted } ?? available.last ?? .scalar
  }()

  var isa: grl_isa {
    switch self {
    case .scalar: GRL_ISA_SCALAR
    case .neon: GRL_ISA_NEON
    case .avx2: GRL_ISA_AVX2
    case .avx512: GRL_ISA_AVX512
    }
  }

  /// Its table of functions.
  ///
  /// - Precondition: the instruction set is among `available`.
  var kernels: Kernels {
    guard let table = grl_kernels_for(isa) else { preconditionFailure("\(rawValue) is not available on this machine") }
    return Kernels(table: table)
  }
}

/// A table of kernel functions.
struct Kernels: @unchecked Sendable {  // the table is a constant of the C target
  let table: UnsafePointer<grl_kernels>

  /// Floats of a vector; buffers that kernels write by whole vectors are padded to multiples of it.
  var lanes: Int { Int(table.pointee.lanes) }
}

extension Int {
  /// The smallest multiple of `unit` that is not below this number.
  package func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}

extension InstructionSet {
  /// Floating-point operations a second of multiply-adds on registers alone, all of `threads` at once: what no product on
  /// this machine can pass in float32.
  ///
  /// - Parameter seconds: about how long this takes.
  public func peakRate(on threads: ThreadLease, seconds: Double = 0.1) -> Double {
    let table = kernels.table
    func run(_ rounds: Int) -> Double {
      var numbers: [Float] = [0.5, 0.25]
      return table.pointee.peak(rounds, &numbers)
    }
    func time(_ rounds: Int, _ tasks: Int) -> Double {
      let start = ContinuousClock.now
      threads.run(count: tasks) { _, _ in _ = run(rounds) }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    var rounds = 1 << 12
    var once = time(rounds, threads.threadCount)
    while once < seconds / 8 {
      rounds *= 4
      once = time(rounds, threads.threadCount)
    }
    let operations = run(1) * Double(rounds) * Double(threads.threadCount)
    let best = (0..<5).reduce(once) { fastest, _ in min(fastest, time(rounds, threads.threadCount)) }
    return operations / best
  }
}
