import FileIO

/// The checkpoint that a run resumes from: the given one, or the newest intact one of a run folder.
public struct ResumePoint {
  /// The checkpoint, with the overrides applied to its config.
  public private(set) var checkpoint: Checkpoint
  /// The path of its file.
  public var path: String { file.path }
  /// Notices for the user, one line each: damaged files that were skipped, and what differs from the original run.
  public private(set) var notices: [String] = []
  /// The run folder of the checkpoint; nil for a file outside of one.
  let source: RunFolder?
  private let file: FileLocation

  /// Reads the checkpoint at `path`, or the newest one in the run folder at `path` whose checksum is valid.
  ///
  /// - Parameter folder: the run folder, if it was opened to be resumed.
  /// - Throws: `DataError` if there is none, `SafeTensorsError` or `CheckpointError` if none can be resumed.
  public init(_ path: String, in folder: RunFolder? = nil) throws {
    source = try folder ?? RunFolder.containing(path)
    if let source, source.path == path {
      (file, checkpoint, notices) = try Self.newest(of: source)
    } else {
      file = source?.checkpoint(at: path) ?? FileLocation(path)
      checkpoint = try Self.read(file)
    }
  }

  /// `last.ckpt`; if it is damaged, the checkpoint with the most steps of all others.
  private static func newest(of run: RunFolder) throws -> (FileLocation, Checkpoint, skipped: [String]) {
    let kept = run.keptEpochs.sorted(by: >).map(run.checkpoint(ofEpoch:))
    let others = (kept + [run.bestCheckpoint]).filter(\.isFile)
    if others.isEmpty, !run.lastCheckpoint.isFile {
      throw DataError.unreadable(path: run.path, reason: "no checkpoint in this folder to resume from")
    }
    var found: [(file: FileLocation, checkpoint: Checkpoint)] = []
    var skipped: [String] = []
    for file in [run.lastCheckpoint] + others where found.first?.file.path != run.lastCheckpoint.path {
      do {
        found.append((file, try read(file)))
      } catch let error as CheckpointError where error.isNewerFormat {
        throw error
      } catch {
        skipped.append("\(error)")
      }
    }
    if let newest = found.max(by: { $0.checkpoint.progress.step < $1.checkpoint.progress.step }) {
      return (newest.file, newest.checkpoint, skipped.map { "skipped \($0)" })
    }
    throw CheckpointError(
      run.path, "none of its checkpoints can be resumed\n" + skipped.joined(separator: "\n"))
  }

  private static func read(_ file: FileLocation) throws -> Checkpoint {
    let (path, checkpoint) = (file.path, try Checkpoint(contentsOf: file))
    if checkpoint.optimizer.isEmpty, !checkpoint.config.optimizer.rule.slots.isEmpty {
      throw CheckpointError(
        path,
        "has weights but no optimizer state: use --init for a new run, or --resume with a run folder or last.ckpt"
      )
    }
    if checkpoint.average.isEmpty, checkpoint.config.train.average != nil {
      throw CheckpointError(
        path,
        "has the average of the weights but not the weights: use --init for a new run, or --resume with a run folder or last.ckpt"
      )
    }
    return checkpoint
  }

  /// Overrides keys of the config, see `ConfigSource.load`.
  ///
  /// - Throws: `ConfigError`, or `DataError.unsatisfiable` if the run is already beyond its new last epoch.
  public mutating func apply(_ flags: [ConfigSource.Flag]) throws {
    if flags.isEmpty { return }
    let (before, progress) = (checkpoint.config, checkpoint.progress)
    let config = try ConfigSource.load(before.resolved, flags: flags, settings: [])
    let epochs = config.train.epochs
    if progress.epoch > epochs || progress.epoch == epochs && progress.stepInEpoch > 0 {
      throw DataError.unsatisfiable(reason: "--epochs \(epochs): \(path) is already beyond that")
    }
    if case .cosine = config.optimizer.schedule, epochs != before.train.epochs {
      notices.append(
        "the learning rate now follows the cosine of a run of \(epochs) epochs instead of "
          + "\(before.train.epochs)")
    }
    checkpoint.config = config
  }

  /// Checks that the run was trained on `data`.
  ///
  /// - Parameter record: what identifies `data`.
  /// - Throws: `CheckpointError` for other data.
  public func check(_ data: ExperimentData, _ record: DataRecord) throws(CheckpointError) {
    if checkpoint.data.fingerprint == record.fingerprint { return }
    throw CheckpointError(
      path,
      "was trained on \(checkpoint.data.description), but the data is \(record.description); "
        + "name the same data with --data")
  }

  /// The rows of metrics and events up to the end of an epoch.
  func rows(through epoch: Int) throws(DataError) -> (metrics: [String], events: [String]) {
    let header = EpochMetrics.header(of: checkpoint.config.model)
    guard let source else { return ([header], []) }
    let metrics = try LineFile.lines(of: source.metrics) { row in
      EpochMetrics.epoch(ofRow: row).map { $0 <= epoch } ?? false
    }
    let events = try LineFile.lines(of: source.events) { event in
      let parsed = try? RunEvent(parsing: event, origin: source.events.path)
      return parsed?.epoch.map { $0 <= epoch } ?? false
    }
    return (metrics.isEmpty ? [header] : metrics, events)
  }

  /// The checkpoint of the best epoch so far; nil if there is none. If all its files are damaged, the best epoch is
  /// reset.
  mutating func best() -> Checkpoint? {
    guard let best = checkpoint.progress.best else { return nil }
    let files = [file] + (source.map { [$0.bestCheckpoint, $0.checkpoint(ofEpoch: best.epoch)] } ?? [])
    for file in files {
      guard let found = try? Checkpoint(contentsOf: file), found.progress.best == best,
        found.progress.epoch == best.epoch, found.progress.stepInEpoch == 0
      else { continue }
      return found
    }
    notices.append(
      "no readable checkpoint of epoch \(best.epoch), the best so far; the best epoch is chosen among the next ones"
    )
    checkpoint.progress.best = nil
    return nil
  }
}
