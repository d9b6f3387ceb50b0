/// What becomes of a picture that is damaged or cut off.
public enum DamagePolicy: String, Sendable, CaseIterable {
  /// It is an error that says where.
  case refuse
  /// What is there is used, and what is missing or guessed is told.
  case keep
}
