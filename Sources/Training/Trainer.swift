import CNNEngine
import Datasets
import Randomness

/// What a trainer tells while it works.
public enum TrainingEvent: Sendable {
  /// A step is done: the sums of the epoch so far.
  case step(epoch: Int, step: Int, of: Int, sums: EpochSums)
  /// An epoch is done.
  case epoch(EpochMetrics, isBest: Bool)
}

/// How a run ended.
public enum TrainingOutcome: String, Sendable {
  /// All epochs are done.
  case finished
  /// Early stopping ended it.
  case stoppedEarly = "stopped_early"
  /// Somebody asked it to stop.
  case interrupted
}

/// Trains a model: epochs of steps, validation after each, the best epoch remembered.
public final class Trainer {
  /// What is trained.
  public let config: ExperimentConfig
  /// The weights, changed by every step.
  public let parameters: FlatTensorBuffer
  /// Where the run stands.
  public private(set) var progress = TrainerState()
  /// The optimizer and what it remembers.
  public let optimizer: Optimizer
  /// What decides which epoch is the best.
  public let monitor: TrainConfig.Metric
  private let data: ExperimentData
  private let loader: DataLoader
  private let scale: PixelNormalization
  private let network: Network
  private let evaluator: Evaluator
  private let clock = ContinuousClock()

  /// Allocates everything a run needs.
  ///
  /// - Parameters:
  ///   - weights: weights to start from; nil draws new ones.
  ///   - resumption: where to go on instead.
  /// - Throws: `DataError` if there is no batch, `CheckpointError` if the data is not that of the checkpoint.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, threadPool: ThreadPool, weights: [NamedTensor]? = nil,
    resuming resumption: ResumePoint? = nil
  ) throws {
    (self.config, self.data) = (config, data)
    // Accuracies on another sample each epoch do not tell which epoch was better.
    let isComparable = config.data.validation.map { $0.sample == nil } ?? false
    monitor =
      config.train.monitor ?? config.train.earlyStop?.monitor ?? (isComparable ? .validationAccuracy : .loss)
    parameters =
      (resumption?.checkpoint.weights ?? weights).map(config.model.buffer(of:))
      ?? config.model.initialParameters(seed: config.seed)
    loader = try DataLoader(
      data.train, batchSize: config.train.batchSize, shuffle: config.train.shuffle,
      dropLast: config.train.dropLast, seed: config.seed)
    scale = config.pixelNormalization
    network = Network(
      model: config.model, parameters: parameters, loss: config.loss,
      batchSize: min(config.train.batchSize, data.train.count), training: true, threadPool: threadPool,
      augmentation: config.data.augmentation)
    optimizer = Optimizer(config.optimizer.rule, network: network)
    evaluator = Evaluator(config, parameters: parameters, threadPool: threadPool)
    if let resumption { try restore(resumption) }
  }

  /// Goes on where a checkpoint stands; its weights are there already.
  private func restore(_ resumption: ResumePoint) throws(CheckpointError) {
    let (checkpoint, count) = (resumption.checkpoint, config.model.parameters.count)
    guard checkpoint.progress.fits(loader, epochs: config.train.epochs),
      checkpoint.optimizer.count == optimizer.slots.count * count
    else { throw CheckpointError(resumption.path, "its progress does not fit its config and these data") }
    for (index, slot) in optimizer.slots.enumerated() {
      config.model.copy(checkpoint.optimizer[index * count..<(index + 1) * count], to: slot)
    }
    progress = checkpoint.progress
    optimizer.step = progress.step
  }

  /// Steps of an epoch.
  public var stepsPerEpoch: Int { loader.stepsPerEpoch }

  /// Trains until the last epoch, early stopping, or until `shouldStop` says so after a step.
  ///
  /// - Throws: `TrainingError` when the run diverges, and what `report` throws.
  public func run(
    shouldStop: () -> Bool = { false }, report: (TrainingEvent) throws -> Void
  ) throws -> TrainingOutcome {
    while !hasStoppedEarly, progress.epoch < config.train.epochs {
      guard let metrics = try runEpoch(shouldStop: shouldStop, report: report) else { return .interrupted }
      let isBest = judge(metrics)
      try report(.epoch(metrics, isBest: isBest))
      if shouldStop(), !hasStoppedEarly, progress.epoch < config.train.epochs { return .interrupted }
    }
    return hasStoppedEarly ? .stoppedEarly : .finished
  }

  private var hasStoppedEarly: Bool {
    config.train.earlyStop.map { progress.epochsWithoutImprovement >= max($0.patience, 1) } ?? false
  }

  /// One epoch with its validation; nil when it was interrupted.
  private func runEpoch(
    shouldStop: () -> Bool, report: (TrainingEvent) throws -> Void
  ) throws -> EpochMetrics? {
    let epoch = progress.epoch + 1
    let batches = loader.epoch(epoch)
    let start = clock.now
    let imagesBefore = progress.sums.images
    while progress.stepInEpoch < batches.count {
      try step(on: batches[progress.stepInEpoch])
      try report(.step(epoch: epoch, step: progress.stepInEpoch, of: batches.count, sums: progress.sums))
      if progress.stepInEpoch < batches.count, shouldStop() { return nil }
    }
    // Nothing is left to train where a run goes on behind the last step.
    let seconds = max((clock.now - start) / .seconds(1), 1e-9)
    let validation = try data.validation(epoch: epoch).map { try evaluator.evaluate($0) }
    if validation?.loss.isFinite == false { throw diverged(.loss, atStep: progress.stepInEpoch, in: nil) }
    let sums = progress.sums
    (progress.epoch, progress.stepInEpoch, progress.sums) = (epoch, 0, EpochSums())
    return EpochMetrics(
      epoch: epoch, loss: sums.meanLoss, accuracy: sums.accuracy, validationLoss: validation?.loss,
      validationAccuracy: validation?.accuracy, summedLoss: sums.stepLosses,
      learningRate: learningRate(afterStep: progress.step - 1),
      steps: batches.count, seconds: seconds,
      imagesPerSecond: Double(sums.images - imagesBefore) / seconds)
  }

  /// One step: forward, backward, update. Nothing is allocated here.
  private func step(on batch: ArraySlice<Int32>) throws(TrainingError) {
    let pool = data.train.images
    network.load(
      pixels: pool.pixels, labels: pool.labels, indices: batch, normalization: scale,
      augmentation: config.augmentationRandom(epoch: progress.epoch + 1))
    let dropout = CounterRandom(seed: config.seed, purpose: .dropout, stream: UInt64(progress.step))
    let result = network.forward(training: true, dropout: dropout)
    let loss = result.lossSum / Double(result.images) + network.regularizationLoss()
    let step = progress.stepInEpoch + 1
    guard loss.isFinite else {
      throw diverged(.loss, atStep: step, in: network.firstLayerThatIsNotFinite())
    }
    network.backward()
    guard optimizer.update(learningRate: learningRate(afterStep: progress.step)) else {
      if let gradients = network.gradients, let layer = layers(notFiniteIn: gradients).last {
        throw diverged(.gradient, atStep: step, in: layer)
      }
      throw diverged(.weight, atStep: step, in: layers(notFiniteIn: parameters).first)
    }
    progress.step += 1
    progress.stepInEpoch += 1
    progress.sums.loss += loss * Double(result.images)
    progress.sums.stepLosses += loss
    progress.sums.correct += result.correct
    progress.sums.images += result.images
  }

  /// The learning rate of the step that follows `steps` others.
  private func learningRate(afterStep steps: Int) -> Double {
    let epoch = Double(steps) / Double(loader.stepsPerEpoch)
    let epochs = Double(config.train.epochs)
    return config.optimizer.learningRate * config.optimizer.schedule.factor(epoch: epoch, of: epochs)
  }

  /// Remembers whether an epoch was the best so far, and how long early stopping has waited.
  private func judge(_ metrics: EpochMetrics) -> Bool {
    if let earlyStop = config.train.earlyStop, let value = metrics[earlyStop.monitor] {
      if earlyStop.monitor.isBetter(value, than: progress.bestWatched, by: earlyStop.minimumChange) {
        (progress.bestWatched, progress.epochsWithoutImprovement) = (value, 0)
      } else {
        progress.epochsWithoutImprovement += 1
      }
    }
    guard let value = metrics[monitor], monitor.isBetter(value, than: progress.best?.value) else {
      return false
    }
    progress.best = TrainerState.Best(epoch: metrics.epoch, value: value)
    return true
  }

  // MARK: Divergence

  /// Weights are finite after every step; what the optimizer remembers has to be, too, before it is saved.
  func checkOptimizer() throws(TrainingError) {
    guard let slot = optimizer.slots.first(where: { !$0.isFinite }) else { return }
    // Between two epochs it was the last step of the one before.
    let (epoch, step) =
      progress.stepInEpoch > 0
      ? (progress.epoch + 1, progress.stepInEpoch) : (progress.epoch, stepsPerEpoch)
    throw .diverged(
      .optimizer, epoch: epoch, step: step, layer: layers(notFiniteIn: slot).first,
      learningRate: config.optimizer.learningRate)
  }

  private func layers(notFiniteIn buffer: FlatTensorBuffer) -> [String] {
    config.model.layers.filter { layer in
      layer.parameters.contains { !buffer[$0.range].allSatisfy(\.isFinite) }
    }.map(\.name)
  }

  private func diverged(
    _ what: TrainingError.Quantity, atStep step: Int, in layer: String?
  ) -> TrainingError {
    .diverged(
      what, epoch: progress.epoch + 1, step: step, layer: layer, learningRate: config.optimizer.learningRate)
  }
}
