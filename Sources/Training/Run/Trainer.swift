import CNNEngine
import Datasets

/// Trains a model: epochs of steps, each followed by validation; keeps track of the best epoch.
public final class Trainer {
  /// The config of the run.
  public let config: ExperimentConfig
  /// The weights, updated by every step.
  public var parameters: FlatTensorBuffer { steps.parameters }
  /// The progress of the run.
  public private(set) var progress = TrainerState()
  /// The optimizer with its state.
  public var optimizer: Optimizer { steps.optimizer }
  /// The metric that chooses the best epoch.
  public let monitor: TrainConfig.Metric
  private let data: ExperimentData
  private let steps: TrainingSteps
  private let evaluator: Evaluator

  /// Allocates the network and the optimizer of a run.
  ///
  /// - Parameters:
  ///   - weights: initial weights, and behind them the state, if they have one; nil for random ones.
  ///   - resumePoint: the checkpoint to resume from instead.
  /// - Throws: `DataError` if there is no batch, `ConfigError` if one is too small, `CheckpointError` if the checkpoint does not fit config and data.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, threadPool: ThreadPool, weights: [NamedTensor]? = nil,
    resuming resumePoint: ResumePoint? = nil
  ) throws {
    (self.config, self.data) = (config, data)
    // Accuracies on a different sample in each epoch are not comparable.
    let isComparable = config.data.validation.map { $0.sample == nil } ?? false
    monitor =
      config.train.monitor ?? config.train.earlyStop?.monitor ?? (isComparable ? .validationAccuracy : .loss)
    steps = try TrainingSteps(
      config, data: data, threadPool: threadPool,
      weights: resumePoint.map { $0.checkpoint.weights + $0.checkpoint.state } ?? weights, averages: true)
    evaluator = Evaluator(
      config, parameters: steps.optimizer.average?.values ?? steps.parameters, threadPool: threadPool)
    if let validation = try data.validation(epoch: 1) { try evaluator.prepare(for: validation.count) }
    if let resumePoint { try restore(resumePoint) }
  }

  /// Restores progress, optimizer state and average of a checkpoint, whose weights are already loaded.
  private func restore(_ resumePoint: ResumePoint) throws(CheckpointError) {
    let (checkpoint, count) = (resumePoint.checkpoint, config.model.parameters.count)
    let outputs = config.model.separateOutputs.count
    guard checkpoint.progress.fits(steps.loader, epochs: config.train.epochs, outputs: outputs),
      checkpoint.optimizer.count == optimizer.slots.count * count,
      checkpoint.average.isEmpty == (optimizer.average == nil)
    else { throw CheckpointError(resumePoint.path, "its progress does not fit its config and this data") }
    for (index, slot) in optimizer.slots.enumerated() {
      config.model.copy(checkpoint.optimizer[index * count..<(index + 1) * count], to: slot)
    }
    if let average = optimizer.average { config.model.copy(checkpoint.average[...], to: average.values) }
    progress = checkpoint.progress
    optimizer.step = progress.step
  }

  /// The number of steps per epoch.
  public var stepsPerEpoch: Int { steps.loader.stepsPerEpoch }

  /// Trains until the last epoch, until early stopping, or until `shouldStop` returns true after a step.
  ///
  /// - Throws: `TrainingError` when the run diverges, and what `report` throws.
  public func run(
    shouldStop: () -> Bool = { false }, report: (TrainingEvent) throws -> Void
  ) throws -> TrainingOutcome {
    while !hasStoppedEarly, progress.epoch < config.train.epochs {
      guard let metrics = try runEpoch(shouldStop: shouldStop, report: report) else { return .interrupted }
      let isBest = updateBest(metrics)
      try report(.epoch(metrics, isBest: isBest))
      if shouldStop(), !hasStoppedEarly, progress.epoch < config.train.epochs { return .interrupted }
    }
    return hasStoppedEarly ? .stoppedEarly : .finished
  }

  private var hasStoppedEarly: Bool {
    config.train.earlyStop.map { progress.epochsWithoutImprovement >= max($0.patience, 1) } ?? false
  }

  /// One epoch with its validation; nil when interrupted.
  private func runEpoch(
    shouldStop: () -> Bool, report: (TrainingEvent) throws -> Void
  ) throws -> EpochMetrics? {
    let epoch = progress.epoch + 1
    let batches = steps.loader.epoch(epoch)
    let start = ContinuousClock.now
    let imagesBefore = progress.sums.images
    while progress.stepInEpoch < batches.count {
      try step(on: batches[progress.stepInEpoch])
      try report(.step(epoch: epoch, step: progress.stepInEpoch, of: batches.count, sums: progress.sums))
      if progress.stepInEpoch < batches.count, shouldStop() { return nil }
    }
    // A run resumed after the last step of an epoch has trained for no time.
    let seconds = max(start.secondsAgo, 1e-9)
    let validation: Evaluation?
    do {
      validation = try data.validation(epoch: epoch).map { try evaluator.evaluate($0) }
    } catch let error as NonFiniteOutputError {
      throw diverged(.loss, atStep: progress.stepInEpoch, in: error.layer)
    }
    let sums = progress.sums
    (progress.epoch, progress.stepInEpoch, progress.sums) = (epoch, 0, EpochSums())
    return EpochMetrics(
      epoch: epoch, loss: sums.meanLoss, accuracy: sums.accuracy, validationLoss: validation?.loss,
      validationAccuracy: validation?.accuracy, summedLoss: sums.stepLosses,
      learningRate: learningRate(afterStep: progress.step - 1),
      steps: batches.count, seconds: seconds,
      imagesPerSecond: Double(sums.images - imagesBefore) / seconds,
      outputs: sums.metrics(of: config.model.separateOutputs, validation: validation))
  }

  /// One step: forward, backward, update; allocates nothing.
  private func step(on batch: ArraySlice<Int32>) throws(TrainingError) {
    let (result, loss) = steps.forward(on: batch, epoch: progress.epoch + 1, step: progress.step)
    let network = steps.network
    let step = progress.stepInEpoch + 1
    guard loss.isFinite else {
      throw diverged(.loss, atStep: step, in: network.firstLayerThatIsNotFinite())
    }
    network.backward()
    guard optimizer.update(learningRate: learningRate(afterStep: progress.step)) else {
      if let gradients = network.gradients, let layer = layers(notFiniteIn: gradients).last {
        throw diverged(.gradient, atStep: step, in: layer)
      }
      if let layer = layers(notFiniteIn: parameters).first {
        throw diverged(.weight, atStep: step, in: layer)
      }
      throw diverged(.state, atStep: step, in: layers(withStateNotFiniteIn: parameters).first)
    }
    progress.step += 1
    progress.stepInEpoch += 1
    progress.sums.loss += loss * Double(result.images)
    progress.sums.stepLosses += loss
    progress.sums.correct += result.correct
    progress.sums.images += result.images
    let model = config.model
    guard model.outputs.count > 1 else { return }
    if progress.sums.outputs.isEmpty {
      progress.sums.outputs = model.outputs.map { _ in EpochSums.Output() }
    }
    for index in model.outputs.indices {
      let result = network.result(ofOutput: index)
      progress.sums.outputs[index].loss += result.lossSum
      progress.sums.outputs[index].correct += result.correct
    }
  }

  /// The learning rate of the step after `steps` steps.
  private func learningRate(afterStep steps: Int) -> Double {
    let epoch = Double(steps) / Double(stepsPerEpoch)
    let epochs = Double(config.train.epochs)
    return config.optimizer.learningRate * config.optimizer.schedule.factor(epoch: epoch, of: epochs)
  }

  /// Updates the best epoch and the patience of early stopping; returns whether the epoch is the best so far.
  private func updateBest(_ metrics: EpochMetrics) -> Bool {
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

  /// Throws if the optimizer's state or the average is not finite, which must not be saved; weights are checked in every
  /// step.
  func checkFinite() throws(TrainingError) {
    // Between two epochs, the last step is that of the epoch before.
    let (epoch, step) =
      progress.stepInEpoch > 0
      ? (progress.epoch + 1, progress.stepInEpoch) : (progress.epoch, stepsPerEpoch)
    func diverged(_ what: TrainingError.Quantity, in layer: String?) -> TrainingError {
      .diverged(what, epoch: epoch, step: step, layer: layer, learningRate: config.optimizer.learningRate)
    }
    if let slot = optimizer.slots.first(where: { !$0.isFinite }) {
      throw diverged(.optimizer, in: layers(notFiniteIn: slot).first)
    }
    if let average = optimizer.average?.values, !average.isFinite {
      let layers = layers(notFiniteIn: average) + layers(withStateNotFiniteIn: average)
      throw diverged(.average, in: layers.first)
    }
  }

  private func layers(notFiniteIn buffer: FlatTensorBuffer) -> [String] {
    config.model.layers.filter { layer in
      layer.parameters.contains { !buffer[$0.range].allSatisfy(\.isFinite) }
    }.map(\.name)
  }

  private func layers(withStateNotFiniteIn buffer: FlatTensorBuffer) -> [String] {
    config.model.layers.filter { layer in
      layer.state.contains { !buffer[$0.range].allSatisfy(\.isFinite) }
    }.map(\.name)
  }

  private func diverged(
    _ what: TrainingError.Quantity, atStep step: Int, in layer: String?
  ) -> TrainingError {
    .diverged(
      what, epoch: progress.epoch + 1, step: step, layer: layer, learningRate: config.optimizer.learningRate)
  }
}
