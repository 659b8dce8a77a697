import Configuration
import ConvNet
import Digits

/// A training run with its folder: it writes metrics and checkpoints while the trainer works.
public final class TrainingRun {
  /// The folder written to.
  public let folder: RunFolder
  /// What trains.
  public let trainer: Trainer
  private let config: ExperimentConfig
  private let data: ExperimentData
  private let team: WorkerTeam
  private let fingerprint: String
  private let metrics: LineFile
  private let events: LineFile

  /// How a run ended, and with what.
  public struct Result: Sendable {
    /// How it ended.
    public let outcome: TrainingOutcome
    /// The checkpoint to use: the best epoch, or where an interrupted run stands.
    public let checkpoint: String
    /// The best epoch.
    public let bestEpoch: Int?
    /// What the best epoch makes of the test set; nil when interrupted.
    public let test: Evaluation?
  }

  /// Writes the config and a checkpoint of step 0, so that an output that cannot be written shows before any work
  /// is done.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, folder: RunFolder, team: WorkerTeam,
    weights: [NamedTensor]? = nil
  ) throws {
    (self.config, self.data, self.folder, self.team) = (config, data, folder, team)
    trainer = try Trainer(config, data: data, team: team, weights: weights)
    try AtomicFile.write(Array((config.resolved.text() + "\n").utf8), to: folder.config)
    metrics = try LineFile(path: folder.metrics)
    events = try LineFile(path: folder.events)
    fingerprint = data.fingerprint()
    try metrics.append(EpochMetrics.heading)
    try save(isBest: false)
    folder.removeOldWeights()
  }

  /// The first event of a run.
  public func startEvent(threads: Int) -> JSON {
    JSON(object: [
      ("event", "start"), ("name", JSON(config.name)), ("output", JSON(folder.path)),
      ("dataset", JSON(data.name)), ("data", JSON(data.origin)), ("train_images", JSON(data.train.count)),
      ("test_images", JSON(data.test.count)), ("parameters", JSON(config.model.parameterCount)),
      ("epochs", JSON(config.train.epochs)), ("steps_per_epoch", JSON(trainer.stepsPerEpoch)),
      ("batch_size", JSON(config.train.batchSize)), ("seed", JSON(config.seed)), ("threads", JSON(threads)),
      ("cpu", JSON(LaneCPU.name)),
    ])
  }

  /// Trains, and saves after every epoch and when interrupted.
  ///
  /// - Parameter report: hears every event of the trainer, and of every epoch, start and end as JSON, too.
  public func run(
    threads: Int, shouldStop: () -> Bool, report: (TrainingEvent?, JSON?) throws -> Void
  ) throws -> Result {
    func announce(_ event: TrainingEvent?, _ json: JSON) throws {
      try events.append(json.text(pretty: false))
      try report(event, json)
    }
    try announce(nil, startEvent(threads: threads))
    let outcome = try trainer.run(shouldStop: shouldStop) { event in
      guard case .epoch(let epoch, let isBest) = event else { return try report(event, nil) }
      try metrics.append(epoch.row)
      try save(isBest: isBest)
      try announce(event, JSON(object: [("event", "epoch")] + epoch.members + [("best", JSON(isBest))]))
    }
    let result = try finish(outcome)
    try announce(
      nil,
      JSON(object: [
        ("event", "done"), ("outcome", JSON(outcome.rawValue)), ("checkpoint", JSON(result.checkpoint)),
        ("best_epoch", result.bestEpoch.map { JSON($0) } ?? .null),
        ("test_accuracy", result.test.map { JSON($0.accuracy) } ?? .null),
        ("test_loss", result.test.map { JSON($0.loss) } ?? .null),
      ]))
    return result
  }

  private func checkpoint() -> Checkpoint {
    Checkpoint(
      config: config, progress: trainer.progress, weights: trainer.parameters, optimizer: trainer.optimizer,
      classNames: data.classNames, data: (data.name, fingerprint))
  }

  private func save(isBest: Bool) throws {
    let bytes = try checkpoint().encoded()
    if isBest { try AtomicFile.write(bytes, to: folder.bestCheckpoint) }
    try AtomicFile.write(bytes, to: folder.lastCheckpoint)
  }

  private func finish(_ outcome: TrainingOutcome) throws -> Result {
    let bestEpoch = trainer.progress.best?.epoch
    guard outcome != .interrupted else {
      try save(isBest: false)
      return Result(outcome: outcome, checkpoint: folder.lastCheckpoint, bestEpoch: bestEpoch, test: nil)
    }
    var best = try Checkpoint(contentsOf: folder.bestCheckpoint)
    best.optimizer = []
    try AtomicFile.write(best.encoded(), to: folder.finalCheckpoint)
    let evaluator = Evaluator(config, parameters: best.parameters(), team: team)
    return Result(
      outcome: outcome, checkpoint: folder.finalCheckpoint, bestEpoch: bestEpoch,
      test: try evaluator.evaluate(data.test))
  }
}
