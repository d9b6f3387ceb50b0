/// The numbers of threads for which a result must have the same bytes: fewer and many more than a machine has processors, odd,
/// prime, and powers of two.
public enum ThreadCounts {
  public static let all = [1, 2, 3, 5, 6, 7, 8, 12, 16, 31, 64, 128]
}
