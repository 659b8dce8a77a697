import CNNEngine
import FileIO

/// A training run with its folder: it writes metrics, events and checkpoints while the trainer works.
public final class TrainingRun {
  /// The run folder.
  public let folder: RunFolder
  /// The trainer.
  public let trainer: Trainer
  /// Notices for the user about a resumed run, one line each.
  public let notices: [String]
  private let data: ExperimentData
  private let record: DataRecord
  private let threadPool: ThreadPool
  private let resumedFrom: String?
  private let hasInitialWeights: Bool
  private let logs: RunLogs
  private let clock = ContinuousClock()
  private var lastSave: ContinuousClock.Instant

  private var config: ExperimentConfig { trainer.config }

  /// How a run ended.
  public struct Result: Sendable {
    /// Why it ended.
    public let outcome: TrainingOutcome
    /// The checkpoint to use: `model.ckpt`, or `last.ckpt` of an interrupted run.
    public let checkpoint: String
    /// The best epoch.
    public let bestEpoch: Int?
    /// The best epoch's metrics on the test set; nil when interrupted.
    public let test: Evaluation?
  }

  private init(
    _ trainer: Trainer, data: ExperimentData, record: DataRecord, in folder: RunFolder,
    threadPool: ThreadPool, resuming resumePoint: ResumePoint?, hasInitialWeights: Bool,
    logs: consuming RunLogs
  ) {
    (self.trainer, self.data, self.record) = (trainer, data, record)
    (self.folder, self.threadPool, self.hasInitialWeights) = (folder, threadPool, hasInitialWeights)
    (resumedFrom, notices, lastSave) = (resumePoint?.path, resumePoint?.notices ?? [], clock.now)
    self.logs = logs
  }

  /// Creates the files of a run before any training: a first checkpoint, the config, metrics and events. An output
  /// that cannot be written is thus reported at once. A resumed run drops the rows after its checkpoint.
  ///
  /// - Parameters:
  ///   - weights: initial weights; nil for random ones.
  ///   - resumePoint: the checkpoint to resume from; `config` is its config.
  /// - Throws: `DataError`, `CheckpointError` or `SafeTensorsError`.
  public static func create(
    _ config: ExperimentConfig, data: ExperimentData, in folder: RunFolder, threadPool: ThreadPool,
    weights: [NamedTensor]? = nil, resuming resumePoint: ResumePoint? = nil
  ) throws -> TrainingRun {
    let record = data.record
    var resumePoint = resumePoint
    try resumePoint?.check(data, record)
    let best = resumePoint?.best()
    let trainer = try Trainer(
      config, data: data, threadPool: threadPool, weights: weights, resuming: resumePoint)
    let state = try Checkpoint(trainer, data: record, classNames: data.classNames).encoded()
    try AtomicFile.write(state, to: folder.lastCheckpoint)
    try AtomicFile.write(Array((config.resolved.text() + "\n").utf8), to: folder.config)
    let epoch = trainer.progress.epoch
    if let best {
      try AtomicFile.write(best.encoded(), to: folder.bestCheckpoint)
    } else if epoch > 0, trainer.progress.stepInEpoch == 0 {
      try AtomicFile.write(state, to: folder.bestCheckpoint)
    }
    folder.removeEpochs { resumePoint != nil && $0 > epoch }
    let logs = try RunLogs.create(in: folder, trainer, resuming: resumePoint)
    return TrainingRun(
      trainer, data: data, record: record, in: folder, threadPool: threadPool,
      resuming: resumePoint, hasInitialWeights: weights != nil, logs: logs)
  }

  /// Trains; saves a checkpoint after every epoch, in between as configured, and when interrupted.
  ///
  /// - Parameter report: called for every step and epoch, and with every event that is written.
  /// - Throws: `TrainingError` when the run diverges, `DataError` for a file that cannot be written, and what `report`
  ///   throws.
  public func run(
    shouldStop: () -> Bool, report: (TrainingEvent?, RunEvent?) throws -> Void
  ) throws -> Result {
    let start = RunEvent.start(
      trainer, data: data, folder: folder, threads: threadPool.threads, resumedFrom: resumedFrom,
      hasInitialWeights: hasInitialWeights)
    try logs.append(start)
    try report(nil, start)
    let outcome = try trainer.run(shouldStop: shouldStop) { event in
      switch event {
      case .step:
        if isSaveDue { try save() }
        try report(event, nil)
      case .epoch(let metrics, let isBest):
        // Metrics are written before the checkpoint, which is never ahead of them.
        let written = try logs.append(metrics, isBest: isBest, parameters: trainer.parameters)
        try save(epoch: metrics.epoch, isBest: isBest)
        try report(event, written)
      }
    }
    let result = try finish(outcome)
    let done = RunEvent.done(result)
    try logs.append(done)
    try report(nil, done)
    return result
  }

  // MARK: Checkpoints

  private var isSaveDue: Bool {
    let checkpoints = config.train.checkpoints
    return checkpoints.everySteps.map { trainer.progress.step % $0 == 0 } ?? false
      || checkpoints.everySeconds.map { clock.now - lastSave >= .seconds($0) } ?? false
  }

  /// Saves `last.ckpt`, and after an epoch also `best.ckpt` and the epoch's own checkpoint.
  private func save(epoch: Int? = nil, isBest: Bool = false) throws {
    try trainer.checkFinite()
    let bytes = try Checkpoint(trainer, data: record, classNames: data.classNames).encoded()
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
      return Result(outcome: outcome, checkpoint: folder.lastCheckpoint.path, bestEpoch: bestEpoch, test: nil)
    }
    var best = try Checkpoint(contentsOf: folder.bestCheckpoint)
    try best.dropTrainingState()
    best.config = config
    try AtomicFile.write(best.encoded(), to: folder.finalCheckpoint)
    let evaluator = Evaluator(config, parameters: try best.parameters(), threadPool: threadPool)
    return Result(
      outcome: outcome, checkpoint: folder.finalCheckpoint.path, bestEpoch: bestEpoch,
      test: data.test.count == 0 ? nil : try evaluator.evaluate(data.test))
  }
}
