import Base
import Imaging
import Restoration
import Tensors

/// One picture of a test: what the network gets, what is measured without one, and what both should look like.
package struct TestSample {
  /// `[H, W, C]` with C 1, 3, or 6 for dual pixel; around 0...1, as noise neither clipped nor rounded.
  package let input: Tensor
  /// The input at the size of the target, 8 bits.
  package let baseline: Image
  /// 8 bits, without alpha.
  package let target: Image
}

extension EvaluationSetting {
  /// Pictures are taken as colour unless all of a set are gray and there are gray models of the task.
  package func isColour(_ pictures: [Image.Layout]) -> Bool {
    !task.hasGrayModels || pictures.contains(where: \.isColour)
  }

  /// - Parameters:
  ///   - clean: the good picture.
  ///   - input, right: what the set brings beside it.
  ///   - set, name: what random numbers are seeded with.
  ///   - threads: those that damage the picture.
  /// - Throws: `badInput` where sizes do not fit each other.
  package func sample(
    clean: Image, input: Image?, right: Image?, isColour: Bool, set: String, name: String, on threads: ThreadLease
  ) throws(EvaluationError) -> TestSample {
    func tensor(_ image: Image) -> Tensor {
      Tensor(
        shape: Shape(height: image.height, width: image.width, channels: isColour ? 3 : 1),
        values: image.floats(isColour ? .rgb : .gray))
    }
    // One rounding from colour to gray, as programs that read a picture as gray have it.
    let takesMatlabLuma = !isColour && clean.layout.isColour && rules.takesMatlabLuma(task, set: set)
    let clean = takesMatlabLuma ? clean.matlabLuma : tensor(isColour ? clean : clean.converted(to: .gray))
    func cut() throws(EvaluationError) -> Tensor {
      let multiple = rules.sideMultiple(task)
      guard clean.shape.width >= multiple, clean.shape.height >= multiple else {
        throw EvaluationError.badInput(
          "\(name): \(clean.shape.width) x \(clean.shape.height) pixels; the rules cut sides to multiples of \(multiple), "
            + "leave this picture out or take other --rules")
      }
      return clean.cropped(toMultipleOf: multiple)
    }
    func damaged(_ degradation: Degradation, _ picture: Tensor) throws(EvaluationError) -> Tensor {
      do { return try degradation.apply(to: picture, on: threads) } catch {
        throw EvaluationError.badInput("\(name): \(error)")
      }
    }
    func sample(_ input: Tensor, baseline: Tensor? = nil, target: Tensor) throws(EvaluationError) -> TestSample {
      let seen = baseline ?? input
      guard seen.shape == target.shape else {
        throw EvaluationError.badInput("\(name): input of \(seen.shape) does not belong to a target of \(target.shape)")
      }
      return TestSample(input: input, baseline: seen.image, target: target.image)
    }

    switch task {
    case .denoise, .jpeg:
      if let input { return try sample(tensor(input), target: clean) }
      guard task == .denoise else { return try sample(try damaged(.jpeg(quality: level ?? 0), clean), target: clean) }
      let noise = rules.noise(sigma: Double(level ?? 0), set: set, name: name)
      let target = try cut()
      return try sample(try damaged(.noise(noise), target), target: target)
    case .demosaic:
      if let input {
        guard !input.layout.isColour else { return try sample(tensor(input), target: clean) }
        let mosaic = Tensor(
          shape: Shape(height: input.height, width: input.width, channels: 1), values: input.floats(.gray))
        return try sample(mosaic.demosaicked(.rggb), target: clean)
      }
      let target = try cut()
      return try sample(target.mosaicked(.rggb).demosaicked(.rggb), target: target)
    case .superResolution, .realSuperResolution:
      let target = clean.cropped(toMultipleOf: scale)
      let small: Tensor
      if let input {
        small = tensor(input)
      } else if task == .superResolution {
        small = try damaged(.bicubic(scale: scale, bitDepth: 8), clean)
      } else {
        small = try damaged(.realWorld(seed: seed(of: name)), clean)
      }
      let enlarged = small.bicubicResized(height: small.shape.height * scale, width: small.shape.width * scale)
      return try sample(small, baseline: enlarged, target: target)
    case .motionDeblur:
      let shake = Degradation.motionBlur(length: 15, angleDegrees: Double(seed(of: name) % 180))
      guard let input else { return try sample(try damaged(shake, clean), target: clean) }
      return try sample(tensor(input), target: clean)
    case .defocusDeblur:
      guard let input else { return try sample(try damaged(.defocus(radius: 4), clean), target: clean) }
      guard isDualPixel, let right else { return try sample(tensor(input), target: clean) }
      let (left, other) = (tensor(input), tensor(right))
      guard left.shape == other.shape else { throw EvaluationError.badInput("\(name): the views differ in size") }
      return try sample(left.stacked(on: other), baseline: left, target: clean)
    }
  }

  /// A number that depends on the name only.
  private func seed(of name: String) -> UInt32 {
    SHA256.digest(Array(name.utf8)).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}

extension Image {
  /// `[H, W, 1]`: Y of Matlab's `rgb2ycbcr`, whole levels from 16 to 235 of 255.
  fileprivate var matlabLuma: Tensor {
    let rgb = floats(.rgb)
    var luma = Tensor(shape: Shape(height: height, width: width, channels: 1))
    for pixel in luma.values.indices {
      let (red, green, blue) = (Double(rgb[3 * pixel]), Double(rgb[3 * pixel + 1]), Double(rgb[3 * pixel + 2]))
      luma.values[pixel] = Float((16 + 65.481 * red + 128.553 * green + 24.966 * blue).rounded()) / 255
    }
    return luma
  }
}

extension Tensor {
  /// As an 8-bit picture: clamped and rounded.
  package var image: Image {
    Image(width: shape.width, height: shape.height, colour: values, bitDepth: 8)
  }
}
