/// The numbers of threads for which a result must have the same bytes: fewer and many more than a machine has processors, odd,
/// prime, and powers of two.
public enum ThreadCounts {
  public static let all = [1, 2, 3, 5, 6, 7, 8, 12, 16, 31, 64, 128]

  /// One of each kind, for networks that take seconds of processor time for a pass.
  public static let few = [1, 6, 31, 128]

  /// All for networks of up to GRL-T's width, few for wider ones.
  public static func suitable(forWidth width: Int) -> [Int] { width <= 64 ? all : few }
}
