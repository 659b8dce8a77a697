import CNNEngine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds a learning rate by a range test: training steps from new weights, each at a rate that is higher by an equal
/// factor than that of the step before (Smith 2017).
public struct LearningRateFinder {
  /// The rates of the steps: from 1e-6 to 10, 50 for each power of ten.
  public static let rates = (0...7 * ratesPerDecade).map { pow(10, Double($0) / Double(ratesPerDecade) - 6) }
  private static let ratesPerDecade = 50

  private let config: ExperimentConfig
  private let data: ExperimentData
  private let threadPool: ThreadPool
  private let weights: [NamedTensor]?

  /// A finder for a config on its training images.
  ///
  /// - Parameter weights: initial weights; nil for random ones.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, threadPool: ThreadPool, weights: [NamedTensor]? = nil
  ) {
    (self.config, self.data, self.threadPool, self.weights) = (config, data, threadPool, weights)
  }

  /// Runs the test until the last rate, or until the loss is not finite or far above its lowest.
  ///
  /// - Parameter progress: called after each step with their number.
  /// - Throws: `DataError` if there is no batch, `ConfigError` if one is too small, `CheckpointError` for weights that do
  ///   not fit, `MemoryError`, and what `progress` throws.
  public func run(progress: (_ steps: Int) throws -> Void = { _ in }) throws -> LearningRateRangeTest {
    let steps = try TrainingSteps(
      config, data: data, threadPool: threadPool, weights: weights, averages: false)
    var (losses, watch) = ([Double](), DivergenceWatch())
    var (epoch, batches) = (1, steps.loader.epoch(1))
    for (step, rate) in Self.rates.enumerated() {
      let number = step % steps.loader.stepsPerEpoch
      if step > 0, number == 0 {
        epoch += 1
        batches = steps.loader.epoch(epoch)
      }
      let loss = steps.forward(on: batches[number], epoch: epoch, step: step).loss
      guard loss.isFinite else { break }
      losses.append(loss)
      try progress(losses.count)
      if watch.isFarAboveLowest(loss) { break }
      steps.network.backward()
      guard steps.optimizer.update(learningRate: rate) else { break }
    }
    return LearningRateRangeTest(rates: Array(Self.rates.prefix(losses.count)), losses: losses)
  }
}

/// Follows an exponential average of the loss.
private struct DivergenceWatch {
  private var sum = 0.0
  private var weight = 0.0
  private var steps = 0
  private var lowest = Double.infinity

  /// The share of the past in the average, and the multiple of its lowest value that ends the test, as in fastai.
  private static let (decay, limit) = (0.9, 4.0)

  /// Whether the average, this loss included, is so far above its lowest that the test can end.
  mutating func isFarAboveLowest(_ loss: Double) -> Bool {
    sum = Self.decay * sum + (1 - Self.decay) * loss
    weight = Self.decay * weight + (1 - Self.decay)
    steps += 1
    let average = sum / weight
    lowest = min(lowest, average)
    return steps > 20 && average > Self.limit * lowest
  }
}
