/// A copy of features that outlives the forward pass that made them.
package final class KeptFeatures {
  package let map: FeatureMap
  private let memory: Workspace

  /// Copies in parallel: what takes the time is that the system hands out fresh memory.
  package init(copying source: FeatureMap, threads: ThreadLease) throws(OutOfMemory) {
    memory = try Workspace(reserving: KeptFeatures.floats(source.shape))
    map = memory.map(height: source.height, width: source.width, channels: source.channels)
    let (target, from, count) = (map.base, source.base, source.shape.count)
    // A huge page's worth.
    let part = 1 << 19
    threads.run(count: (count + part - 1) / part) { index, _ in
      (target + index * part).update(from: from + index * part, count: min(part, count - index * part))
    }
  }

  /// Bytes that a copy of features of this shape takes.
  package static func bytes(_ shape: Shape) -> Int { floats(shape) * MemoryLayout<Float>.stride }

  private static func floats(_ shape: Shape) -> Int { Workspace.footprint(shape.count) }
}

extension Compute {
  /// The given pixels of a map, one after the other, into `output` (as many pixels, same channels).
  package func gather(_ pixels: [Int32], of input: FeatureMap, into output: FeatureMap) {
    precondition(pixels.count == output.pixels && input.channels == output.channels)
    guard workspace.holdsMemory else { return }
    for (index, pixel) in pixels.enumerated() {
      (output.base + index * output.channels).update(
        from: input.base + Int(pixel) * input.channels, count: input.channels)
    }
  }
}
