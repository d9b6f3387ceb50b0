import Base
import Imaging

/// How far an evaluation is, over all sets and levels, and how long it will still take at the speed of what was computed.
package struct EvaluationProgress {
  /// Pixels by the path of the clean picture; what is kept already costs nothing once it is found.
  private var sizes: [String: Double] = [:]
  private var label = ""
  private var detail = ""
  private var pixelsLeft: Double
  private var current = 0.0
  private var computed = 0.0
  private var seconds = 0.0
  private var began = ContinuousClock.now
  private let total: Double

  /// - Parameter pictures: all that will be measured, once for each time.
  package init(_ pictures: [TestSet.Picture], limits: ImageLimits) {
    var total = 0.0
    for picture in pictures {
      let size = sizes[picture.clean] ?? Self.pixels(of: picture.clean, limits: limits)
      sizes[picture.clean] = size
      total += size
    }
    self.total = max(1, total)
    pixelsLeft = self.total
  }

  package mutating func begin(_ picture: TestSet.Picture, _ number: Int, of count: Int, label: String) {
    current = sizes[picture.clean] ?? 0
    self.label = label
    detail = "\(number + 1)/\(count)"
    began = .now
  }

  /// - Parameter wasComputed: whether a network ran; only such pictures tell the speed.
  package mutating func end(wasComputed: Bool) {
    pixelsLeft -= current
    if wasComputed {
      computed += current
      seconds += (ContinuousClock.now - began).seconds
    }
    current = 0
  }

  /// What to draw when a share 0...1 of the current picture is done.
  package func line(_ share: Double) -> (label: String, done: Double, detail: String) {
    let running = (ContinuousClock.now - began).seconds
    let (pixels, time) = (computed + current * share, seconds + (share > 0 ? running : 0))
    let left = pixels > 0 && time > 0 ? "  " + clockTime((pixelsLeft - current * share) / pixels * time) + " left" : ""
    return (label, 1 - (pixelsLeft - current * share) / total, detail + left)
  }

  /// From the header where there is one that is quick to read; the file's size tells enough otherwise.
  private static func pixels(of path: String, limits: ImageLimits) -> Double {
    do throws(ImageError) {
      let header = try ImageFile.header(path, limits: limits)
      return Double(header.width * header.height)
    } catch {
      do throws(ImageError) {
        return Double(try PictureFile(path, limits: limits).bytes.count) / 3
      } catch {
        return 1  // Reported when it is this picture's turn.
      }
    }
  }
}
