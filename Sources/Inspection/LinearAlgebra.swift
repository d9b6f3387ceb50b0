import GRLModel

/// LAPACK, as OpenBLAS brings it along.
enum LinearAlgebra {
  private typealias SVD =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>?, UnsafePointer<Int32>,
      UnsafeMutablePointer<Double>?, UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
      UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Void
  private typealias Eigen =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
      UnsafeMutablePointer<Int32>
    ) -> Void

  /// Singular values of a square matrix, largest first (`dgesdd`).
  ///
  /// - Throws: `OpenBLAS.NotFound`.
  static func singularValues(_ matrix: [Double], side: Int) throws(OpenBLAS.NotFound) -> [Double] {
    precondition(matrix.count == side * side && side > 0)
    let svd = unsafeBitCast(try OpenBLAS.function("dgesdd_"), to: SVD.self)
    var (a, values) = (matrix, [Double](repeating: 0, count: side))
    var (n, one, info) = (Int32(side), Int32(1), Int32(0))
    var integers = [Int32](repeating: 0, count: 8 * side)
    let job = CChar(UInt8(ascii: "N"))
    var (size, length) = ([0.0], Int32(-1))
    withUnsafePointer(to: job) { job in
      svd(job, &n, &n, &a, &n, &values, nil, &one, nil, &one, &size, &length, &integers, &info)
      length = Int32(size[0])
      var work = [Double](repeating: 0, count: Int(length))
      svd(job, &n, &n, &a, &n, &values, nil, &one, nil, &one, &work, &length, &integers, &info)
    }
    precondition(info == 0, "dgesdd: \(info)")
    return values
  }

  /// Eigenvalues of a symmetric matrix, largest first, and the vector of each, of length 1 (`dsyev`).
  ///
  /// - Throws: `OpenBLAS.NotFound`.
  static func eigenvectors(
    _ matrix: [Double], side: Int
  ) throws(OpenBLAS.NotFound) -> [(value: Double, vector: [Double])] {
    precondition(matrix.count == side * side && side > 0)
    let solve = unsafeBitCast(try OpenBLAS.function("dsyev_"), to: Eigen.self)
    var (a, values) = (matrix, [Double](repeating: 0, count: side))
    var (n, info, length) = (Int32(side), Int32(0), Int32(max(1, 34 * side)))
    var work = [Double](repeating: 0, count: Int(length))
    withUnsafePointer(to: CChar(UInt8(ascii: "V"))) { job in
      withUnsafePointer(to: CChar(UInt8(ascii: "U"))) { part in
        solve(job, part, &n, &a, &n, &values, &work, &length, &info)
      }
    }
    precondition(info == 0, "dsyev: \(info)")
    return (0..<side).reversed().map { (values[$0], Array(a[$0 * side..<($0 + 1) * side])) }
  }
}
