import ConvNet
import Digits
import Randomness

/// Why a run ended before its last epoch.
public enum TrainingError: Error, Sendable, CustomStringConvertible {
  /// The loss is not a finite number.
  case diverged(epoch: Int, step: Int, layer: String?, learningRate: Double)

  /// One line that says where, and what to lower.
  public var description: String {
    switch self {
    case .diverged(let epoch, let step, let layer, let rate):
      let place = layer.map { ", first in layer \($0)" } ?? ""
      return "the loss is not finite at epoch \(epoch), step \(step)\(place); lower the learning rate "
        + "(--lr \(rate / 10), it was \(rate))"
    }
  }
}

/// What a trainer tells while it works.
public enum TrainingEvent: Sendable {
  /// A step is done: the sums of the epoch so far.
  case step(epoch: Int, step: Int, of: Int, sums: EpochSums)
  /// An epoch is done.
  case epoch(EpochMetrics, isBest: Bool)
}

/// How a run ended.
public enum TrainingOutcome: Sendable, Equatable {
  /// All epochs are done.
  case finished
  /// Early stopping ended it.
  case stoppedEarly
  /// Somebody asked it to stop.
  case interrupted
}

/// Trains a model: epochs of steps, validation after each, the best epoch remembered.
public final class Trainer {
  /// What is trained.
  public let config: ExperimentConfig
  /// The weights, changed by every step.
  public let parameters: FlatBuffer
  /// Where the run stands.
  public private(set) var progress = RunProgress()
  /// The optimizer and what it remembers.
  public let optimizer: OptimizerRun
  private let data: ExperimentData
  private let network: Network
  private let evaluator: Evaluator
  private let loader: DataLoader
  private let clock = ContinuousClock()

  /// Allocates everything a run needs.
  ///
  /// - Parameter weights: weights to start from; nil draws new ones.
  /// - Throws: `DataError` if there is no batch.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, team: WorkerTeam,
    weights: [(name: String, shape: [Int], values: [Float])]? = nil
  ) throws {
    self.config = config
    self.data = data
    parameters = config.model.initialParameters(seed: config.seed)
    for (parameter, weight) in zip(config.model.parameters, weights ?? []) {
      parameters.replace(at: parameter.offset, with: weight.values)
    }
    loader = try DataLoader(
      data.train, batchSize: config.train.batchSize, shuffle: config.train.shuffle,
      dropLast: config.train.dropLast, seed: config.seed)
    network = Network(
      model: config.model, parameters: parameters, loss: config.loss,
      batchSize: min(config.train.batchSize, data.train.count), training: true, team: team)
    optimizer = OptimizerRun(config.optimizer.rule, network: network)
    evaluator = Evaluator(config, parameters: parameters, team: team)
    network.weightsChanged()
  }

  /// Steps of an epoch.
  public var stepsPerEpoch: Int { loader.stepsPerEpoch }

  /// What decides which epoch is the best.
  public var monitor: TrainConfig.Metric {
    let wanted = config.train.monitor ?? config.train.earlyStop?.monitor
    return wanted ?? (data.validation(epoch: 0) == nil ? .loss : .validationAccuracy)
  }

  /// Trains until the last epoch, early stopping, or until `shouldStop` says so after a step.
  ///
  /// - Throws: `TrainingError` when the run diverges, and what `report` throws.
  public func run(
    shouldStop: () -> Bool = { false }, report: (TrainingEvent) throws -> Void
  ) throws -> TrainingOutcome {
    while progress.epoch < config.train.epochs {
      guard let metrics = try runEpoch(shouldStop: shouldStop, report: report) else { return .interrupted }
      let isBest = judge(metrics)
      try report(.epoch(metrics, isBest: isBest))
      if let earlyStop = config.train.earlyStop, progress.epochsWithoutImprovement > earlyStop.patience {
        return .stoppedEarly
      }
      if shouldStop() && progress.epoch < config.train.epochs { return .interrupted }
    }
    return .finished
  }

  /// One epoch with its validation; nil when it was interrupted.
  private func runEpoch(
    shouldStop: () -> Bool, report: (TrainingEvent) throws -> Void
  ) throws -> EpochMetrics? {
    let epoch = progress.epoch + 1
    let batches = loader.epoch(epoch)
    let start = clock.now
    let firstImage = progress.sums.images
    var summedLoss = 0.0
    var learningRate = config.optimizer.learningRate
    while progress.stepInEpoch < batches.count {
      (summedLoss, learningRate) = try step(on: batches[progress.stepInEpoch], epoch: epoch, summedLoss)
      try report(
        .step(epoch: epoch, step: progress.stepInEpoch, of: batches.count, sums: progress.sums))
      if progress.stepInEpoch < batches.count, shouldStop() { return nil }
    }
    let seconds = (clock.now - start) / .seconds(1)
    let sums = progress.sums
    let validation = try data.validation(epoch: epoch).map { try evaluator.evaluate($0) }
    progress.epoch = epoch
    progress.stepInEpoch = 0
    progress.sums = EpochSums()
    return EpochMetrics(
      epoch: epoch, loss: sums.loss / Double(sums.images),
      accuracy: Double(sums.correct) / Double(sums.images),
      validationLoss: validation?.loss, validationAccuracy: validation?.accuracy, summedLoss: summedLoss,
      learningRate: learningRate, steps: batches.count, seconds: seconds,
      imagesPerSecond: Double(sums.images - firstImage) / seconds)
  }

  private func step(
    on batch: ArraySlice<Int32>, epoch: Int, _ summedLoss: Double
  ) throws(TrainingError) -> (summedLoss: Double, learningRate: Double) {
    let pool = data.train.images
    network.load(pixels: pool.pixels, labels: pool.labels, indices: batch, scale: config.pixelScale)
    let dropout = CounterRandom(seed: config.seed, purpose: .dropout, stream: UInt64(progress.step))
    let result = network.forward(training: true, dropout: dropout)
    let loss = result.lossSum / Double(result.images) + network.penalty()
    let passed = Double(progress.step) / Double(loader.stepsPerEpoch)
    let rate =
      config.optimizer.learningRate
      * config.optimizer.schedule.factor(epoch: passed, of: Double(config.train.epochs))
    guard loss.isFinite else {
      throw .diverged(
        epoch: epoch, step: progress.stepInEpoch + 1, layer: network.firstLayerThatIsNotFinite(),
        learningRate: config.optimizer.learningRate)
    }
    network.backward()
    optimizer.update(learningRate: rate)
    progress.step += 1
    progress.stepInEpoch += 1
    progress.sums.loss += loss * Double(result.images)
    progress.sums.correct += result.correct
    progress.sums.images += result.images
    return (summedLoss + loss, rate)
  }

  /// Remembers whether an epoch was the best so far.
  private func judge(_ metrics: EpochMetrics) -> Bool {
    guard let value = metrics[monitor] ?? metrics[.loss] else { return false }
    let change = config.train.earlyStop?.minimumChange ?? 0
    let isBetter = progress.best.map { best in
      monitor.growsBetter ? value > best.value + change : value < best.value - change
    }
    if isBetter ?? true {
      progress.best = RunProgress.Best(epoch: metrics.epoch, value: value)
      progress.epochsWithoutImprovement = 0
      return true
    }
    progress.epochsWithoutImprovement += 1
    return false
  }
}
