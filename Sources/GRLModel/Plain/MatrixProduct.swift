import Glibc

/// Products of float32 matrices, row-major: the one thing that `PlainDevice` leaves to somebody else.
public protocol MatrixProduct: Sendable {
  /// For `Device.description`.
  var name: String { get }

  /// `c = a * b`, or `a * transposed b`. Called from many threads at once.
  ///
  /// - Parameters:
  ///   - shape: rows of `a`, columns of `c`, and the depth that both factors share.
  ///   - a: `[rows, depth]`, `aStride` floats from row to row.
  ///   - b: `[depth, columns]`, or `[columns, depth]` where it is transposed.
  func multiply(
    _ shape: (rows: Int, columns: Int, depth: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
    _ b: UnsafePointer<Float>,
    _ bStride: Int, bIsTransposed: Bool, into c: UnsafeMutablePointer<Float>, _ cStride: Int)
}

/// Three loops: the definition.
public struct LoopProduct: MatrixProduct {
  public init() {}

  public var name: String { "plain" }

  public func multiply(
    _ shape: (rows: Int, columns: Int, depth: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
    _ b: UnsafePointer<Float>,
    _ bStride: Int, bIsTransposed: Bool, into c: UnsafeMutablePointer<Float>, _ cStride: Int
  ) {
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        var sum = Float(0)
        for k in 0..<shape.depth {
          sum += a[row * aStride + k] * (bIsTransposed ? b[column * bStride + k] : b[k * bStride + column])
        }
        c[row * cStride + column] = sum
      }
    }
  }
}

/// `cblas_sgemm` of OpenBLAS, one thread for each call: the threads are those of the pass.
///
/// The library is loaded when it is first asked for and not linked, so that nobody else pays for its threads and its start.
public struct OpenBLAS: MatrixProduct {
  public struct NotFound: Error, CustomStringConvertible {
    public let reason: String
    public var description: String { "OpenBLAS cannot be loaded (\(reason)); Debian has it as 'libopenblas0'" }
  }

  private typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32, Float,
      UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private let product: Product

  private struct Library: @unchecked Sendable {  // never unloaded
    let handle: UnsafeMutableRawPointer
  }

  private static let loaded: Result<Library, NotFound> = {
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else {
      return .failure(NotFound(reason: dlerror().map { String(cString: $0) } ?? "no reason given"))
    }
    // One thread for each call. Not by the library's environment variable: other threads may read the environment now.
    if let setThreads = dlsym(handle, "openblas_set_num_threads") {
      unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    return .success(Library(handle: handle))
  }()

  /// The address of one of the library's functions: BLAS, or LAPACK, which Debian builds into it.
  ///
  /// - Throws: `NotFound` where this machine has no OpenBLAS, or one without the function.
  package static func function(_ name: String) throws(NotFound) -> UnsafeMutableRawPointer {
    guard let address = dlsym(try loaded.get().handle, name) else { throw NotFound(reason: "it has no \(name)") }
    return address
  }

  /// - Throws: `NotFound` where this machine has no OpenBLAS.
  public init() throws(NotFound) {
    product = unsafeBitCast(try OpenBLAS.function("cblas_sgemm"), to: Product.self)
  }

  public var name: String { "blas" }

  public func multiply(
    _ shape: (rows: Int, columns: Int, depth: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
    _ b: UnsafePointer<Float>,
    _ bStride: Int, bIsTransposed: Bool, into c: UnsafeMutablePointer<Float>, _ cStride: Int
  ) {
    let (rowMajor, plain, transposed) = (Int32(101), Int32(111), Int32(112))
    product(
      rowMajor, plain, bIsTransposed ? transposed : plain, Int32(shape.rows), Int32(shape.columns),
      Int32(shape.depth), 1, a, Int32(aStride), b, Int32(bStride), 0, c, Int32(cStride))
  }
}
