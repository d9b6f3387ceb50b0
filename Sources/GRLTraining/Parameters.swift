import CKernels
import Tensors

/// One trained tensor: its name and shape in checkpoints, and where it lies in every buffer that holds a number for each.
///
/// Buffers hold matrices as kernels take them, inputs by outputs; checkpoints hold them turned.
public struct Parameter: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// `[outputs, inputs]` in checkpoints, `[inputs, outputs]` in buffers.
    case matrix(inputs: Int, outputs: Int)
    /// `[outputs, inputs, 3, 3]` in checkpoints, `[3, 3, inputs, outputs]` in buffers.
    case kernel(inputs: Int, outputs: Int)
    /// The same order in both.
    case vector
  }

  public let name: String
  /// As checkpoints have it.
  public let shape: [Int]
  public let kind: Kind
  /// First float in a buffer; a multiple of 16.
  let start: Int

  public var count: Int { shape.reduce(1, *) }

  /// For each float of a checkpoint's tensor, in order, its place in a buffer behind `start`.
  private func forEachPlace(_ body: (_ stored: Int, _ place: Int) -> Void) {
    switch kind {
    case .vector:
      for index in 0..<count { body(index, index) }
    case .matrix(let inputs, let outputs):
      for output in 0..<outputs {
        for input in 0..<inputs { body(output * inputs + input, input * outputs + output) }
      }
    case .kernel(let inputs, let outputs):
      for output in 0..<outputs {
        for input in 0..<inputs {
          for tap in 0..<9 { body((output * inputs + input) * 9 + tap, (tap * inputs + input) * outputs + output) }
        }
      }
    }
  }

  /// Puts `values`, in the order of checkpoints, into a buffer.
  func write(_ values: [Float], to buffer: UnsafeMutablePointer<Float>) {
    precondition(values.count == count)
    forEachPlace { buffer[start + $1] = values[$0] }
  }

  /// Its values in a buffer, in the order of checkpoints.
  func read(from buffer: UnsafePointer<Float>) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { values, filled in
      forEachPlace { values[$0] = buffer[start + $1] }
      filled = count
    }
  }
}

/// The names, shapes and places of all parameters of a network, noted as its layers are made.
final class ParameterLayout {
  private(set) var parameters: [Parameter] = []
  /// Floats of a buffer that holds a number for each.
  private(set) var floats = 0

  fileprivate func add(_ name: String, _ shape: [Int], _ kind: Parameter.Kind) -> Parameter {
    let parameter = Parameter(name: name, shape: shape, kind: kind, start: floats)
    parameters.append(parameter)
    floats += (parameter.count + 15) / 16 * 16
    return parameter
  }
}

/// A place in the tree of parameter names, as `WeightScope` is one of a checkpoint.
struct ParameterScope {
  let layout: ParameterLayout
  var prefix = ""

  subscript(name: String) -> ParameterScope {
    ParameterScope(layout: layout, prefix: prefix.isEmpty ? name : prefix + "." + name)
  }
  subscript(index: Int) -> ParameterScope { self[String(index)] }

  func vector(_ name: String, _ shape: [Int]) -> Parameter { layout.add(prefix + "." + name, shape, .vector) }
  func matrix(_ name: String, inputs: Int, outputs: Int, shape: [Int]? = nil) -> Parameter {
    layout.add(prefix + "." + name, shape ?? [outputs, inputs], .matrix(inputs: inputs, outputs: outputs))
  }
  func kernel(_ name: String, inputs: Int, outputs: Int) -> Parameter {
    layout.add(prefix + "." + name, [outputs, inputs, 3, 3], .kernel(inputs: inputs, outputs: outputs))
  }
}

/// A number for each parameter: weights, gradients, moments or averages.
public final class ParameterBuffer: @unchecked Sendable {  // whoever writes is alone with it
  let memory: HostMemory
  let floats: Int
  var base: UnsafeMutablePointer<Float> { memory.base }

  /// Zeros.
  init(floats: Int) throws(OutOfMemory) {
    self.floats = floats
    memory = try HostMemory(floats: floats + slackFloats)
  }

  /// - Precondition: both are of one network.
  public func copy(from other: ParameterBuffer) { base.update(from: other.base, count: floats) }

  /// The sum of products with another buffer's numbers.
  ///
  /// - Precondition: both are of one network.
  func product(with other: ParameterBuffer) -> Double {
    (0..<floats).reduce(0) { $0 + Double(base[$1]) * Double(other.base[$1]) }
  }

  /// `self += factor * other`.
  ///
  /// - Precondition: both are of one network.
  func add(_ other: ParameterBuffer, times factor: Float) { grl_blend(base, 1, other.base, factor, floats) }

  /// An exponential average: `self = keeping * self + (1 - keeping) * other`.
  ///
  /// - Precondition: both are of one network.
  public func follow(_ other: ParameterBuffer, keeping: Float) {
    grl_blend(base, keeping, other.base, 1 - keeping, floats)
  }
}
