import Base
import Imaging
import Tensors

/// What a model makes of a photograph that was damaged in a known way: the meaning of "sound".
///
/// The photograph is part of the program. It is damaged as the model's task has it, at a strength that the model was trained
/// for, and restored as any picture is, checks of the output included. The result must be nearer to the photograph than what
/// went in (enlarged by bicubic, interpolated; of noise, than what smoothing makes of it), and must keep its low frequencies.
/// Weights that are random, mixed up or zero do neither.
public struct ModelTrial: Sendable {
  /// Why a model is not sound.
  public enum Fault: Hashable, Sendable {
    /// It failed the checks that every restored tile goes through.
    case output(RestorationError.SuspiciousOutput)
    /// Decibels that the result is nearer to the photograph than the input (enlarged by bicubic, interpolated), and how many it
    /// must be.
    case gain(Double, least: Double)
    /// How far means of 16 x 16 pixels of the result are from those of the photograph, in levels of 255, root mean square, and how
    /// far they may be: a little more than those of the input.
    case lowFrequencies(Double, most: Double)
  }

  /// `noise of sigma 25`
  public let damage: String
  /// PSNR of the input, as large as the photograph, and of the result, in dB.
  public let inputPSNR: Double
  public let restoredPSNR: Double
  /// See ``Fault/lowFrequencies(_:most:)``.
  public let lowFrequencyError: Double
  public let inputLowFrequencyError: Double

  public var gain: Double { restoredPSNR - inputPSNR }

  /// Tries `model`.
  ///
  /// - Throws: `notSound`; what keeps a picture from being restored: no memory, channels that no picture has, cancelled.
  public init(_ model: RestorationModel, on threads: ThreadLease) throws(RestorationError) {
    let scene = try TrialScene(model.card, on: threads)
    damage = scene.damage
    func refuse(_ fault: Fault) -> RestorationError {
      .notSound(model: model.card.name, damage: scene.damage, fault: fault)
    }
    var options = RestorationOptions()
    options.tile = .whole
    let restorer = Restorer(model: model, threads: threads)
    let plan = try restorer.plan(for: PictureShape(scene.input), request: scene.request, options: options)
    let restored: Image
    do throws(RestorationError) {
      restored = try restorer.restore(scene.input, right: scene.right, plan: plan).image
    } catch {
      if case .suspiciousOutput(_, let what) = error { throw refuse(.output(what)) }
      throw error
    }
    inputPSNR = scene.decibels(of: scene.baseline)
    restoredPSNR = scene.decibels(of: restored)
    inputLowFrequencyError = scene.lowFrequencyError(of: scene.baseline)
    lowFrequencyError = scene.lowFrequencyError(of: restored)
    let least = scene.leastGain
    guard gain >= least else { throw refuse(.gain(gain, least: least)) }
    let most = inputLowFrequencyError + Self.addedLowFrequencyError
    guard lowFrequencyError <= most else { throw refuse(.lowFrequencies(lowFrequencyError, most: most)) }
  }

  /// Levels of 255. Bundled models stay below 1; most come nearer than the input.
  private static let addedLowFrequencyError = 3.0
}

extension ModelTrial.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .output(let what): "its output cannot be right: \(what)"
    case .gain(let gain, let least):
      gain < 0
        ? "its result is \((-gain).fixed(2)) dB worse than its input, at least \(least.fixed(1)) dB better is asked for"
        : "its result is only \(gain.fixed(2)) dB better than its input, at least \(least.fixed(1)) dB is asked for"
    case .lowFrequencies(let error, let most):
      "large areas of its result are \(error.fixed(1)) of 255 levels off, at most \(most.fixed(1)) are allowed"
    }
  }
}
