import Base
import Dispatch
import Imaging

/// Decoded pictures that are compared, with their halves. One request at a time uses it; what was not looked at longest goes first.
final class ComparisonCache {
  private struct Entry {
    let stamp: FileStamp
    let picture: PicturePyramid
  }

  /// The last used first.
  private var entries: [Entry] = []

  /// The pictures, in the order of the paths. Those that were decoded before and have not changed come from memory; the others are
  /// decoded at the same time, each on a core of its own.
  ///
  /// - Parameters:
  ///   - limit: bytes that all remembered pictures may take.
  ///   - flag: ends the decoding.
  func pictures(_ paths: [String], limit: Int, _ flag: CancelFlag) throws(JobError) -> ComparedPictures {
    let stamps = paths.map { FileStamp($0) }
    var found = stamps.map { stamp in entries.first { $0.stamp == stamp }?.picture }
    let missing = found.indices.filter { found[$0] == nil }
    if !missing.isEmpty {
      var needed = 0
      for place in paths.indices {
        if let picture = found[place] { needed += picture.bytes } else { needed += try Self.bytes(paths[place]) }
      }
      guard needed <= limit else { throw .comparisonTooLarge(bytes: needed, limit: limit) }
      // Room is made before, not after.
      entries.removeAll { entry in !stamps.contains(entry.stamp) }
      let decoded = Self.decode(missing.map { paths[$0] }, flag)
      for (place, result) in zip(missing, decoded) { found[place] = try result.get() }
    }
    let pictures = found.compactMap { $0 }
    for (stamp, picture) in zip(stamps, pictures) {
      guard let stamp else { continue }
      entries.removeAll { $0.stamp == stamp }
      entries.insert(Entry(stamp: stamp, picture: picture), at: 0)
    }
    return ComparedPictures(paths: paths, pictures: pictures)
  }

  private static func bytes(_ path: String) throws(JobError) -> Int {
    do throws(ImageError) {
      let size = try PictureSize(path, .standard)
      return max(PicturePyramid.bytes(size), size.decodingBytes)
    } catch { throw .image(error) }
  }

  private static func decode(_ paths: [String], _ flag: CancelFlag) -> [Result<PicturePyramid, JobError>] {
    let results = Locked([Result<PicturePyramid, JobError>?](repeating: nil, count: paths.count))
    DispatchQueue.concurrentPerform(iterations: paths.count) { place in
      let result: Result<PicturePyramid, JobError>
      do throws(ImageError) {
        result = .success(PicturePyramid(try PreviewCache.read(paths[place], .standard.heeding(flag))))
      } catch {
        result = .failure(.image(error))
      }
      results.withLock { $0[place] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}
