import ConfigDecoding
import FileIO

/// Where a run goes on: the newest of its checkpoints that verifies.
public struct ResumePoint {
  /// The state to go on from.
  public private(set) var checkpoint: Checkpoint
  /// Its file.
  public let path: String
  /// What a user should know, a line each: files that were skipped and why, and what goes on otherwise.
  public private(set) var notices: [String] = []
  /// The run it is from; nil for a file that lies in no run's folder.
  let source: RunFolder?

  /// Reads the checkpoint at `path`, or the newest one of the run in the folder `path` that verifies.
  ///
  /// - Throws: `DataError` if there is none, `SafeTensorsError` or `CheckpointError` if none can be resumed.
  public init(_ path: String) throws {
    source = try RunFolder.containing(path)
    if let source, isFolder(path) {
      (self.path, checkpoint, notices) = try Self.newest(of: source)
    } else {
      (self.path, checkpoint) = (path, try Self.read(path))
    }
  }

  /// `last.ckpt` is the newest; where it does not verify, the one with most steps of all others.
  private static func newest(of run: RunFolder) throws -> (String, Checkpoint, skipped: [String]) {
    let kept = run.keptEpochs.sorted(by: >).map(run.checkpoint(ofEpoch:))
    let others = (kept + [run.bestCheckpoint]).filter(isFile)
    if others.isEmpty, !isFile(run.lastCheckpoint) {
      throw DataError.unreadable(path: run.path, reason: "no checkpoint in this folder to go on from")
    }
    var found: [(path: String, checkpoint: Checkpoint)] = []
    var skipped: [String] = []
    for path in [run.lastCheckpoint] + others where found.first?.path != run.lastCheckpoint {
      do {
        found.append((path, try read(path)))
      } catch let error as CheckpointError where error.isNewerFormat {
        throw error
      } catch {
        skipped.append("\(error)")
      }
    }
    if let newest = found.max(by: { $0.checkpoint.progress.step < $1.checkpoint.progress.step }) {
      return (newest.path, newest.checkpoint, skipped.map { "skipped \($0)" })
    }
    throw CheckpointError(
      run.path, "none of its checkpoints can be resumed\n" + skipped.joined(separator: "\n"))
  }

  private static func read(_ path: String) throws -> Checkpoint {
    let checkpoint = try Checkpoint(contentsOf: path)
    if checkpoint.optimizer.isEmpty, !checkpoint.config.optimizer.rule.slots.isEmpty {
      throw CheckpointError(
        path,
        "holds weights only, which --init starts a new run from; --resume takes a run's folder, or last.ckpt")
    }
    return checkpoint
  }

  /// Changes the config to go on with by flags, see `ConfigSource.load`.
  ///
  /// - Throws: `ConfigError`, or `DataError.unsatisfiable` if the run is already past its new end.
  public mutating func apply(_ flags: [(path: String, value: JSON, flag: String)]) throws {
    if flags.isEmpty { return }
    let (before, progress) = (checkpoint.config, checkpoint.progress)
    let config = try ConfigSource.load(before.resolved, flags: flags, settings: [])
    let epochs = config.train.epochs
    if progress.epoch > epochs || progress.epoch == epochs && progress.stepInEpoch > 0 {
      throw DataError.unsatisfiable(reason: "--epochs \(epochs): \(path) is beyond that already")
    }
    if case .cosine = config.optimizer.schedule, epochs != before.train.epochs {
      notices.append(
        "the learning rate goes on as in a run of \(epochs) epochs: its cosine ends there, not at "
          + "\(before.train.epochs)")
    }
    checkpoint.config = config
  }

  /// Throws unless `data` is what the run was trained on.
  public func check(_ data: ExperimentData, fingerprint: String) throws(CheckpointError) {
    let expected = checkpoint.data
    if expected == (data.name, fingerprint) { return }
    throw CheckpointError(
      path,
      "was trained on \(expected.name) with SHA-256 \(expected.fingerprint.prefix(12)), but these are "
        + "\(data.name) (\(data.origin)) with \(fingerprint.prefix(12)); name the same data with --data")
  }

  /// The rows that metrics and events have up to the end of an epoch.
  func rows(through epoch: Int) throws(DataError) -> (metrics: [String], events: [String]) {
    guard let source else { return ([EpochMetrics.heading], []) }
    let metrics = try LineFile.lines(of: source.metrics) { row in
      EpochMetrics.epoch(ofRow: row).map { $0 <= epoch } ?? false
    }
    let events = try LineFile.lines(of: source.events) { event in
      EpochMetrics.epoch(ofEvent: event).map { $0 <= epoch } ?? false
    }
    return (metrics.isEmpty ? [EpochMetrics.heading] : metrics, events)
  }

  /// The checkpoint of the best epoch so far; nil where no epoch was the best yet, or none that verifies is left,
  /// in which case the best is forgotten.
  mutating func best() -> Checkpoint? {
    guard let best = checkpoint.progress.best else { return nil }
    let files = [path] + (source.map { [$0.bestCheckpoint, $0.checkpoint(ofEpoch: best.epoch)] } ?? [])
    for file in files {
      guard let found = try? Checkpoint(contentsOf: file), found.progress.best == best,
        found.progress.epoch == best.epoch, found.progress.stepInEpoch == 0
      else { continue }
      return found
    }
    notices.append(
      "epoch \(best.epoch), the best so far, is in no file that can be read; the best is looked for from here on"
    )
    checkpoint.progress.best = nil
    return nil
  }
}
