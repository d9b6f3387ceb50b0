extension [Int] {
  /// The product of all elements, or nil if it, or the product of those that are not zero, does not fit `Int`.
  var checkedProduct: Int? {
    var product = 1
    for factor in self where factor != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      product = next
    }
    return contains(0) ? 0 : product
  }
}

extension Int {
  /// The sum of two numbers that are not negative, or the largest `Int` if that is less.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
