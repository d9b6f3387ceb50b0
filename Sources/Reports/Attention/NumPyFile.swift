import GRLModel

/// NumPy's file format, version 1.0: a header that says type and shape, then the numbers.
/// Source: NumPy Enhancement Proposal 1.
package enum NumPyFile {
  /// `weights` as little-endian float32 of shape `[rows, columns]` of the cell.
  package static func bytes(_ row: AttentionRow) -> [UInt8] {
    bytes(row.weights, shape: [row.cell.rows, row.cell.columns])
  }

  /// Little-endian float32, row-major.
  package static func bytes(_ values: [Float], shape: [Int]) -> [UInt8] {
    precondition(shape.count > 1 && values.count == shape.reduce(1, *))
    let sides = shape.map { "\($0)" }.joined(separator: ", ")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sides)), }"
    // Magic, version and length take 10 bytes; the numbers begin at a multiple of 64.
    let length = (10 + header.utf8.count + 1 + 63) / 64 * 64 - 10
    header += String(repeating: " ", count: length - 1 - header.utf8.count) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
    bytes += Array(header.utf8)
    for weight in values { withUnsafeBytes(of: weight.bitPattern.littleEndian) { bytes += $0 } }
    return bytes
  }
}
