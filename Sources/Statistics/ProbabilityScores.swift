import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How good the probabilities of a classifier are, over all images that were added.
public struct ProbabilityScores: Sendable {
  /// The score of one image.
  public struct Image: Sendable {
    /// The negative log-likelihood of its label.
    public let negativeLogLikelihood: Double
    /// The sum over all classes of the squared error of the probability, from 0 to 2.
    public let brier: Double
    /// The most probable class; the first of equal ones.
    public let prediction: Int
    /// Its probability.
    public let confidence: Double
    /// Whether the prediction is the label.
    public let isCorrect: Bool

    /// The score of the softmax of `logits`, of which `label` must be an index.
    public init(logits: [Float], label: Int) {
      var best = 0
      for index in logits.indices where logits[index] > logits[best] { best = index }
      let largest = Double(logits.isEmpty ? 0 : logits[best])
      var (sum, squares, own) = (0.0, 0.0, 0.0)
      var labelLogit = largest
      for (index, logit) in logits.enumerated() {
        let power = exp(Double(logit) - largest)
        sum += power
        squares += power * power
        if index == label { (own, labelLogit) = (power, Double(logit)) }
      }
      negativeLogLikelihood = log(sum) + largest - labelLogit
      // Σ (p - y)² = Σ p² - 2 p(label) + 1
      brier = max(0, squares / (sum * sum) - 2 * own / sum + 1)
      (prediction, isCorrect) = (best, best == label)
      confidence = 1 / sum
    }
  }

  /// The number of bins of the calibration error.
  public static let binCount = 15

  /// Images whose confidence lies in an interval (low, high].
  public struct Bin: Sendable, Equatable {
    /// The number of images.
    public internal(set) var count = 0
    /// The number of correctly classified ones.
    public internal(set) var correct = 0
    /// The sum of their confidences.
    public internal(set) var confidence = 0.0
  }

  /// The images by their confidence, in bins of equal width from 0 to 1.
  public private(set) var bins = [Bin](repeating: Bin(), count: binCount)
  /// The number of images.
  public private(set) var count = 0
  private var (logLikelihoodSum, brierSum) = (0.0, 0.0)

  /// The scores of no image.
  public init() {}

  /// Adds an image.
  public mutating func add(_ image: Image) {
    count += 1
    logLikelihoodSum += image.negativeLogLikelihood
    brierSum += image.brier
    let position = (image.confidence * Double(Self.binCount)).rounded(.up)
    let bin = max(0, min(Self.binCount, Int(clamping: position)) - 1)
    bins[bin].count += 1
    bins[bin].correct += image.isCorrect ? 1 : 0
    bins[bin].confidence += image.confidence
  }

  /// The mean negative log-likelihood of the labels; 0 without images.
  public var negativeLogLikelihood: Double { mean(of: logLikelihoodSum) }

  /// The mean Brier score, a sum over all classes; 0 without images.
  public var brier: Double { mean(of: brierSum) }

  /// The expected calibration error: the mean distance of accuracy and confidence in a bin, weighted by its images; 0
  /// without images.
  public var expectedCalibrationError: Double {
    mean(of: bins.reduce(0) { $0 + abs(Double($1.correct) - $1.confidence) })
  }

  private func mean(of sum: Double) -> Double { count == 0 ? 0 : sum / Double(count) }
}
