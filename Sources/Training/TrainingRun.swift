import CNNEngine
import ConfigDecoding
import FileIO
import JSONText

/// A training run with its folder: it writes metrics and checkpoints while the trainer works.
public final class TrainingRun {
  /// The folder written to.
  public let folder: RunFolder
  /// What trains.
  public let trainer: Trainer
  /// What a user should know of where the run goes on, a line each.
  public let notices: [String]
  private let config: ExperimentConfig
  private let data: ExperimentData
  private let threadPool: ThreadPool
  private let fingerprint: String
  private let metrics: LineFile
  private let events: LineFile
  private let tensorBoard: TensorBoardLog?
  private let resumedFrom: String?
  private let startsFromWeights: Bool
  private let clock = ContinuousClock()
  private var lastSave: ContinuousClock.Instant

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

  /// Writes a checkpoint of where the run begins, and the config, so that an output that cannot be written shows
  /// before any work is done. A run that goes on cuts the rows beyond its checkpoint.
  ///
  /// - Parameters:
  ///   - weights: weights to start from; nil draws new ones.
  ///   - resumption: where to go on instead, with its config.
  public init(
    _ config: ExperimentConfig, data: ExperimentData, folder: RunFolder, threadPool: ThreadPool,
    weights: [NamedTensor]? = nil, resuming resumption: ResumePoint? = nil
  ) throws {
    (self.config, self.data, self.folder, self.threadPool) = (config, data, folder, threadPool)
    fingerprint = data.fingerprint()
    var resumption = resumption
    try resumption?.check(data, fingerprint: fingerprint)
    let best = resumption?.best()
    trainer = try Trainer(config, data: data, threadPool: threadPool, weights: weights, resuming: resumption)
    (notices, resumedFrom, lastSave) = (resumption?.notices ?? [], resumption?.path, clock.now)
    startsFromWeights = weights != nil
    let state = Checkpoint(trainer, data: (data.name, fingerprint), classNames: data.classNames)
    try AtomicFile.write(state.encoded(), to: folder.lastCheckpoint)
    try AtomicFile.write(Array((config.resolved.text() + "\n").utf8), to: folder.config)
    let epoch = trainer.progress.epoch
    if let best {
      try AtomicFile.write(best.encoded(), to: folder.bestCheckpoint)
    } else if epoch > 0, trainer.progress.stepInEpoch == 0 {
      try AtomicFile.write(state.encoded(), to: folder.bestCheckpoint)
    }
    folder.removeEpochs { resumption != nil && $0 > epoch }
    let rows = try resumption?.rows(through: epoch)
    metrics = try LineFile(path: folder.metrics, lines: rows?.metrics ?? [EpochMetrics.heading])
    events = try LineFile(path: folder.events, lines: rows?.events ?? [])
    folder.removeOldResults()
    tensorBoard =
      config.log.tensorBoard
      ? try TensorBoardLog(in: folder, config, trainer, goingOnFrom: resumption?.source) : nil
  }

  /// The first event of a run, or of its going on.
  public func startEvent(threads: Int) -> JSON {
    let progress = trainer.progress
    let resumed = resumedFrom.map {
      JSON(object: [
        ("checkpoint", JSON($0)), ("epoch", JSON(progress.epoch)), ("step", JSON(progress.stepInEpoch)),
      ])
    }
    return JSON(
      object: [
        ("event", "start"), ("name", JSON(config.name)), ("output", JSON(folder.path)),
        ("dataset", JSON(data.name)), ("data", JSON(data.origin)), ("train_images", JSON(data.train.count)),
        ("test_images", JSON(data.test.count)), ("parameters", JSON(config.model.parameterCount)),
        ("epochs", JSON(config.train.epochs)), ("steps_per_epoch", JSON(trainer.stepsPerEpoch)),
        ("batch_size", JSON(config.train.batchSize)), ("seed", JSON(config.seed)), ("threads", JSON(threads)),
        ("cpu", JSON(CPUFeatures.name)),
      ] + (startsFromWeights ? [("init", true)] : []) + (resumed.map { [("resumed", $0)] } ?? []))
  }

  /// Trains, and saves after every epoch, in between where the config says so, and when interrupted.
  ///
  /// - Parameter report: hears every event of the trainer, and of every epoch, start and end as JSON, too.
  public func run(
    threads: Int, shouldStop: () -> Bool, report: (TrainingEvent?, JSON?) throws -> Void
  ) throws -> Result {
    func note(_ json: JSON) throws { try events.append(json.text(pretty: false)) }
    let start = startEvent(threads: threads)
    try note(start)
    try report(nil, start)
    let outcome = try trainer.run(shouldStop: shouldStop) { event in
      switch event {
      case .step:
        if isSaveDue { try save() }
        try report(event, nil)
      case .epoch(let epoch, let isBest):
        let json = JSON(
          object: [("event", JSON(EpochMetrics.eventName))] + epoch.members + [("best", JSON(isBest))])
        // Rows come first: a checkpoint is never ahead of them.
        try metrics.append(epoch.row)
        try note(json)
        try tensorBoard?.append(epoch, parameters: trainer.parameters)
        try metrics.sync()
        try events.sync()
        try save(epoch: epoch.epoch, isBest: isBest)
        try report(event, json)
      }
    }
    let result = try finish(outcome)
    let end = JSON(object: [
      ("event", "done"), ("outcome", JSON(outcome.rawValue)), ("checkpoint", JSON(result.checkpoint)),
      ("best_epoch", result.bestEpoch.map { JSON($0) } ?? .null),
      ("test_accuracy", result.test.map { JSON($0.accuracy) } ?? .null),
      ("test_loss", result.test.map { JSON($0.loss) } ?? .null),
    ])
    try note(end)
    try report(nil, end)
    return result
  }

  // MARK: Saving

  private var isSaveDue: Bool {
    let checkpoints = config.train.checkpoints
    return checkpoints.everySteps.map { trainer.progress.step % $0 == 0 } ?? false
      || checkpoints.everySeconds.map { clock.now - lastSave >= .seconds($0) } ?? false
  }

  /// Saves where the run stands; of a complete epoch also as the best one and in the history.
  private func save(epoch: Int? = nil, isBest: Bool = false) throws {
    try trainer.checkOptimizer()
    let state = Checkpoint(trainer, data: (data.name, fingerprint), classNames: data.classNames)
    let bytes = try state.encoded()
    try AtomicFile.write(bytes, to: folder.lastCheckpoint)
    if isBest { try AtomicFile.write(bytes, to: folder.bestCheckpoint) }
    let keep = config.train.checkpoints.keep
    if let epoch, keep > 0 {
      try AtomicFile.write(bytes, to: folder.checkpoint(ofEpoch: epoch))
      folder.removeEpochs { $0 <= epoch - keep }
    }
    lastSave = clock.now
  }

  private func finish(_ outcome: TrainingOutcome) throws -> Result {
    let bestEpoch = trainer.progress.best?.epoch
    guard outcome != .interrupted else {
      try save()
      return Result(outcome: outcome, checkpoint: folder.lastCheckpoint, bestEpoch: bestEpoch, test: nil)
    }
    var best = try Checkpoint(contentsOf: folder.bestCheckpoint)
    best.optimizer = []
    best.config = config
    try AtomicFile.write(best.encoded(), to: folder.finalCheckpoint)
    let evaluator = Evaluator(config, parameters: best.parameters(), threadPool: threadPool)
    return Result(
      outcome: outcome, checkpoint: folder.finalCheckpoint, bestEpoch: bestEpoch,
      test: try evaluator.evaluate(data.test))
  }
}
