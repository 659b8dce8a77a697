import ConfigDecoding

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a learning rate range test: the loss of each step.
public struct LearningRateRangeTest: Sendable {
  /// The learning rate after each step's loss, ascending.
  public let rates: [Double]
  /// The loss of each step's batch, before its update.
  public let losses: [Double]
  /// The losses smoothed over a fifth of a power of ten around each rate.
  public let smoothedLosses: [Double]
  /// A tenth of the rate at which the smoothed loss is lowest, to two digits: that one is at the edge of divergence, as
  /// fastai's `minimum` has it. nil where the loss does not fall.
  public let suggestion: Double?
  /// The step of the suggestion.
  public let suggestedStep: Int?
  /// The step with the lowest smoothed loss; nil without steps.
  public let lowestStep: Int?

  /// The result of a test with these losses, a rate for each.
  package init(rates: [Double], losses: [Double]) {
    (self.rates, self.losses) = (rates, losses)
    let smoothed = Self.smoothed(losses)
    smoothedLosses = smoothed
    lowestStep = smoothed.indices.min { smoothed[$0] < smoothed[$1] }
    suggestedStep = lowestStep.flatMap { lowest in
      guard smoothed[0] - smoothed[lowest] > Self.smallestFall * smoothed[0].magnitude else { return nil }
      return (0...lowest).min { abs(rates[$0] - rates[lowest] / 10) < abs(rates[$1] - rates[lowest] / 10) }
    }
    suggestion = suggestedStep == nil ? nil : lowestStep.map { (rates[$0] / 10).twoDigits }
  }

  /// The smallest fall of the loss that is one, relative to the first loss.
  private static let smallestFall = 0.02

  /// A Gaussian with a deviation of 5 steps; unlike an average of the past, it does not lag.
  private static func smoothed(_ losses: [Double]) -> [Double] {
    let kernel = (0...20).map { exp(-Double($0 * $0) / 50) }
    return losses.indices.map { index in
      let near = max(0, index - 20)...min(losses.count - 1, index + 20)
      let weights = near.map { kernel[abs($0 - index)] }
      return zip(near, weights).reduce(0) { $0 + losses[$1.0] * $1.1 } / weights.reduce(0, +)
    }
  }

  /// The output of `cnn train --find-lr --json`.
  public var json: JSON {
    JSON(object: [
      ("event", "find_lr"), ("suggestion", JSON(orNull: suggestion)),
      ("learning_rate", JSON(rates.map { JSON($0) })), ("loss", JSON(losses.map { JSON($0) })),
      ("smoothed_loss", JSON(smoothedLosses.map { JSON($0) })),
    ])
  }
}

extension Double {
  /// The number, which is positive, rounded to two digits, and as short in decimal.
  package var twoDigits: Double {
    let exponent = log10(self).rounded(.down) - 1
    let digits = (self / pow(10, exponent)).rounded()
    return Double("\(digits)e\(Int(clamping: exponent))") ?? self
  }
}
