import CNNEngine
import FileIO

/// The logs of a run: `metrics.csv`, `events.jsonl`, and TensorBoard's event files if the config wants them.
struct RunLogs: ~Copyable {
  private let metrics: LineFile
  private let events: LineFile
  private let tensorBoard: TensorBoardLog?

  /// Creates the logs of a new run in `folder`, or continues those of the resumed run up to its checkpoint. The
  /// results of a run that is overwritten are removed.
  ///
  /// - Throws: `DataError`.
  static func create(
    in folder: RunFolder, _ trainer: Trainer, resuming resumePoint: ResumePoint?
  ) throws(DataError) -> RunLogs {
    let rows = try resumePoint?.rows(through: trainer.progress.epoch)
    let metrics = try LineFile.create(
      folder.metrics, lines: rows?.metrics ?? [EpochMetrics.header(of: trainer.config.model)])
    let events = try LineFile.create(folder.events, lines: rows?.events ?? [])
    folder.removeOldResults()
    guard trainer.config.log.tensorBoard else {
      return RunLogs(metrics: metrics, events: events, tensorBoard: nil)
    }
    let tensorBoard = try TensorBoardLog.create(in: folder, trainer, resuming: resumePoint?.source)
    return RunLogs(metrics: metrics, events: events, tensorBoard: tensorBoard)
  }

  private init(
    metrics: consuming LineFile, events: consuming LineFile, tensorBoard: consuming TensorBoardLog?
  ) {
    self.metrics = metrics
    self.events = events
    self.tensorBoard = tensorBoard
  }

  /// Appends an event.
  func append(_ event: RunEvent) throws(DataError) { try events.append(event.line) }

  /// Appends the metrics of an epoch to all logs, waits until they are on the disk, and returns their event.
  func append(
    _ epoch: EpochMetrics, isBest: Bool, parameters: FlatTensorBuffer
  ) throws(DataError) -> RunEvent {
    let event = RunEvent.epoch(epoch, isBest: isBest)
    try metrics.append(epoch.row)
    try events.append(event.line)
    try tensorBoard?.append(epoch, parameters: parameters)
    try metrics.sync()
    try events.sync()
    return event
  }
}
