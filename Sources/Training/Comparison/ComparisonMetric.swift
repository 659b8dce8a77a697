import Formatting
import Statistics

/// What `cnn compare` compares: a mean over the images.
public enum ComparisonMetric: String, CaseIterable, Sendable {
  /// The fraction of correctly classified images.
  case accuracy
  /// The negative log-likelihood of the labels.
  case nll
  /// The Brier score, a sum over the classes.
  case brier

  /// Its value for one image, whose mean over the images is the metric.
  func value(of image: ProbabilityScores.Image) -> Float {
    switch self {
    case .accuracy: image.isCorrect ? 1 : 0
    case .nll: Float(image.negativeLogLikelihood)
    case .brier: Float(image.brier)
    }
  }

  /// Whether a larger value is a better one.
  public var higherIsBetter: Bool { self == .accuracy }
}
