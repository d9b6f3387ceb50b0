import Base

/// What becomes of the network's result.
extension JobOption {
  public static let strength = real(
    "strength", "--strength", 0...1.5, \.strength,
    "How much of the restoration: 0 gives the input, 1 the network's result, up to 1.5 beyond it.",
    note: "0 gives the input, 1 the network's result; more goes beyond it", standard: 1,
    steps: ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", nil, "1.1", "1.2", "1.3", "1.4", "1.5"]
  )
  public static let texture = real(
    "texture", "--texture", 0...1, \.texture,
    "Share of the input's fine luminance detail that is given back, 0 to 1; noise that is as fine comes back with it.",
    note: "share of the input's fine detail that is given back, and of noise as fine", standard: 0,
    steps: [nil] + ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"])
  public static let chromaOnly = word(
    "chroma-only", title: "chroma only", "",
    flags: [
      Flag(word: "--chroma-only", value: "on", help: "Restore colours only: the result has the input's luminance.")
    ],
    ["off", "on"], standard: "off", \.chromaOnly, "", note: "restores colours only; brightness stays the input's")
  public static let grain = real(
    "grain", "--grain", 0...50, \.grain,
    "Film grain that is added: standard deviation at middle gray in levels of 255, 0 to 50.",
    note: "film grain that is added, in levels of 255 at middle gray", standard: 0,
    steps: [nil] + ["1", "2", "3", "4", "5", "6", "8", "10", "15", "20"])
  public static let grainSeed = number(
    "grain-seed", "--grain-seed", 0...Int(Int32.max), \.grainSeed, "Number that the grain is drawn from (default: 0).",
    note: "pictures with one number have one grain", allowed: "a whole number, 0 to 2147483647",
    steps: [1, 2, 3, 4, 5, 6, 7, 8, 9])
  public static let width = number(
    "width", "--width", 1...1_000_000, \.width,
    "Width of the result in pixels, made behind the network; the height follows unless it is given too.",
    note: "pixels of the result; the height follows unless it is given too", allowed: "pixels, 1 to 1000000",
    steps: [640, 800, 1024, 1280, 1600, 1920, 2560, 3840, 7680])
  public static let height = number(
    "height", "--height", 1...1_000_000, \.height,
    "Height of the result in pixels; the width follows unless it is given too.",
    note: "pixels of the result; the width follows unless it is given too", allowed: "pixels, 1 to 1000000",
    steps: [480, 600, 768, 960, 1080, 1200, 1440, 2160, 4320])
  public static let fit = JobOption(
    "fit", "--fit",
    "Box WIDTHxHEIGHT in pixels that a larger result is made smaller for, its shape kept; one number is both sides.",
    note: "a larger result is made smaller, its shape kept: 1600 is no side over 1600",
    allowed: "WIDTHxHEIGHT in pixels, or one number for both",
    steps: [nil] + ["800x800", "1280x720", "1920x1080", "2048x2048", "3840x2160", "4096x4096"],
    get: { $0.fit.map { "\($0.width)x\($0.height)" } },
    set: { job, text in
      var sides = text?.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 } ?? []
      if sides.count == 1 { sides.append(sides[0]) }
      guard text == nil || sides.count == 2 && sides.allSatisfy((1...1_000_000).contains) else { return false }
      job.fit = text == nil ? nil : JobRequest.Sides(width: sides[0], height: sides[1])
      return true
    })
  public static let maxMegapixels = real(
    "max-megapixels", title: "megapixels", "--max-megapixels", 0.000_001...1_000_000, \.maxMegapixels,
    "Millions of pixels that a larger result is made smaller to, its shape kept.",
    note: "millions of pixels that a larger result is made smaller to", allowed: "a number above 0",
    steps: [nil] + ["1", "2", "4", "8", "12", "16", "24", "50", "100"])
}
