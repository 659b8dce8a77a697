import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder of a run: config, metrics, events and checkpoints.
public struct RunFolder: Sendable {
  /// The path of the folder.
  public let path: String
  /// Locks the folder as long as this value or a copy of it exists; nil in a folder that is only read.
  private let lock: FolderLock?
  private let overwrites: Bool

  /// The folder of an existing run, for reading.
  init(_ path: String) { self.init(path, lock: nil, overwrites: false) }

  private init(_ path: String, lock: FolderLock?, overwrites: Bool) {
    (self.path, self.lock, self.overwrites) = (path, lock, overwrites)
  }

  /// Creates the folder of a new run and locks it.
  ///
  /// - Parameters:
  ///   - output: its path; nil for `runs/<name>`, or the first of `runs/<name>-2`, ... that does not exist.
  ///   - overwrite: whether an existing run may be overwritten.
  /// - Throws: `DataError.unwritable` if the folder holds or is used by another run, or cannot be written.
  public static func create(output: String?, name: String, overwrite: Bool) throws(DataError) -> RunFolder {
    let path: String
    if let output {
      path = output
    } else {
      path = overwrite ? "runs/\(name)" : try createNumbered("runs", name)
    }
    try AtomicFile.createFolder(path)
    let folder = try locked(path, overwrites: overwrite)
    if !overwrite, access(folder.config, F_OK) == 0 {
      throw .unwritable(
        path: path, reason: "the folder already holds a run; --resume continues it, --force overwrites it")
    }
    return folder
  }

  /// Opens and locks the folder of an existing run in order to resume it.
  ///
  /// - Parameter path: the folder, or one of its checkpoints.
  /// - Throws: `DataError`: `unsatisfiable` for a checkpoint outside of a run folder.
  public static func open(resuming path: String) throws(DataError) -> RunFolder {
    guard let run = try containing(path) else {
      throw .unsatisfiable(
        reason: "\(path): this checkpoint is not in a run folder; name a new folder with --output DIR")
    }
    return try locked(run.path, overwrites: false)
  }

  /// Locks a folder, creates the folder of its checkpoints, and removes temporary files of a run that was killed.
  private static func locked(_ path: String, overwrites: Bool) throws(DataError) -> RunFolder {
    let folder = RunFolder(path, lock: try FolderLock(path), overwrites: overwrites)
    try AtomicFile.createFolder(folder.checkpoints)
    for path in [path, folder.checkpoints] { AtomicFile.removeLeftovers(in: path) }
    return folder
  }

  /// The run folder at `path`, or the one that contains the checkpoint at `path`; nil for a checkpoint elsewhere.
  ///
  /// - Throws: `DataError.unreadable` if nothing exists at `path`.
  package static func containing(_ path: String) throws(DataError) -> RunFolder? {
    if isFolder(path) { return RunFolder(path) }
    guard isFile(path) else { throw .unreadable(path: path, reason: "no such run folder or checkpoint") }
    let folder = AtomicFile.folder(of: path)
    let parent = RunFolder(folder == "." ? ".." : AtomicFile.folder(of: folder))
    let name = lastComponent(of: path)
    if isSameFile(path, joinPath(parent.checkpoints, name)), isFile(parent.config) { return parent }
    let run = RunFolder(folder)
    return isRun(folder) ? run : nil
  }

  /// The run folders in `folder`, the newest first.
  static func all(in folder: String) -> [String] {
    fileNames(in: folder).map { joinPath(folder, $0) }.filter(isRun)
      .map { (path: $0, time: modificationTime(of: RunFolder($0).config)) }
      .sorted { ($1.time, $0.path) < ($0.time, $1.path) }.map(\.path)
  }

  /// Whether `path` is the folder of a run.
  public static func isRun(_ path: String) -> Bool {
    let run = RunFolder(path)
    return isFile(run.config) && isFolder(run.checkpoints)
  }

  /// Removes the results of the run that is overwritten; called once the new run has saved its first checkpoint.
  package func removeOldResults() {
    guard overwrites else { return }
    for file in [finalCheckpoint, bestCheckpoint] + TensorBoardLog.files(in: self) { unlink(file) }
    removeEpochs { _ in true }
  }

  /// Creates `parent/name`, or the first of `parent/name-2`, `parent/name-3`, ... that does not exist.
  private static func createNumbered(_ parent: String, _ name: String) throws(DataError) -> String {
    try AtomicFile.createFolder(parent)
    for number in 1..<100_000 {
      let path = "\(parent)/\(name)\(number == 1 ? "" : "-\(number)")"
      if mkdir(path, 0o777) == 0 { return path }
      if errno != EEXIST { throw .unwritable(path: path, reason: systemMessage()) }
    }
    throw .unwritable(path: parent, reason: "there are 100,000 runs called \(name); use --output DIR")
  }

  /// The config with every default and override.
  public var config: String { "\(path)/config.json" }
  /// One row per epoch.
  public var metrics: String { "\(path)/metrics.csv" }
  /// One JSON object per event.
  public var events: String { "\(path)/events.jsonl" }
  /// The folder of the checkpoints that a run can be resumed from.
  public var checkpoints: String { "\(path)/checkpoints" }
  /// The checkpoint of the best epoch.
  public var bestCheckpoint: String { "\(checkpoints)/best.ckpt" }
  /// The newest checkpoint: the last epoch, or a later step.
  public var lastCheckpoint: String { "\(checkpoints)/last.ckpt" }
  /// The weights of the best epoch, without the optimizer's state; written at the end of the run.
  public var finalCheckpoint: String { "\(path)/model.ckpt" }

  /// The folder of TensorBoard's event files, with one subfolder for training and one for validation.
  public var tensorBoard: String { "\(path)/tb" }

  /// The checkpoints that stand for the run, in order of preference.
  var usableCheckpoints: [String] { [finalCheckpoint, bestCheckpoint, lastCheckpoint] }

  // MARK: History

  /// The checkpoint of an epoch, kept with `train.checkpoint.keep`: `epoch-0003.ckpt`.
  public func checkpoint(ofEpoch epoch: Int) -> String { "\(checkpoints)/\(Self.name(ofEpoch: epoch))" }

  private static func name(ofEpoch epoch: Int) -> String {
    let digits = String(epoch)
    return "epoch-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).ckpt"
  }

  /// The epochs whose checkpoints exist.
  var keptEpochs: [Int] {
    fileNames(in: checkpoints).compactMap { name in
      let epoch = Int(name.dropFirst("epoch-".count).dropLast(".ckpt".count))
      return epoch.flatMap { Self.name(ofEpoch: $0) == name ? $0 : nil }
    }
  }

  /// Removes the checkpoints of some epochs.
  func removeEpochs(where isObsolete: (Int) -> Bool) {
    for epoch in keptEpochs where isObsolete(epoch) { unlink(checkpoint(ofEpoch: epoch)) }
  }
}

/// An exclusive lock on a folder, released by `deinit`, or by the system if the program dies.
private final class FolderLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(DataError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .unwritable(path: path, reason: systemMessage()) }
    // File systems without locks are accepted. A run that was just killed, or a child process that it was
    // starting, may hold the lock for another moment.
    for _ in 0..<10 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      usleep(20_000)
    }
    throw .unwritable(path: path, reason: "another run is writing to this folder")
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
