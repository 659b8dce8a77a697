import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder a run writes: its config, its metrics, its checkpoints.
public struct RunFolder: Sendable {
  /// The folder.
  public let path: String
  /// Keeps other runs out as long as this value or a copy of it lives.
  private let lock: FolderLock?
  private let overwrites: Bool

  /// Creates the folder and locks it.
  ///
  /// - Parameters:
  ///   - output: where the user wants it; nil for `runs/<name>`, or the next free number behind it.
  ///   - overwrite: whether a run that is already there may be written over.
  /// - Throws: `DataError.unwritable` if it is taken or cannot be written.
  public init(output: String?, name: String, overwrite: Bool) throws(DataError) {
    overwrites = overwrite
    if let output {
      path = output
    } else {
      path = overwrite ? "runs/\(name)" : try Self.createFree("runs", name)
    }
    try AtomicFile.createFolder(path)
    lock = try FolderLock(path)
    try prepare()
    if !overwrite, access(config, F_OK) == 0 {
      throw .unwritable(
        path: path,
        reason: "there is a run in this folder already; --resume goes on with it, --force writes over it")
    }
  }

  /// Locks the folder of an earlier run, which `path` names by itself or by one of its checkpoints, to go on in it.
  ///
  /// - Throws: `DataError`: `unsatisfiable` for a checkpoint in no run's folder.
  public init(resuming path: String) throws(DataError) {
    guard let run = try Self.containing(path) else {
      throw .unsatisfiable(
        reason: "\(path): this checkpoint is in no run's folder; name a new one for it with --output DIR")
    }
    (self.path, overwrites) = (run.path, false)
    lock = try FolderLock(run.path)
    try prepare()
  }

  /// The folder of an earlier run, to read from.
  init(reading path: String) { (self.path, lock, overwrites) = (path, nil, false) }

  /// The run's folder that `path` is, or that holds the checkpoint at `path`; nil where none does.
  ///
  /// - Throws: `unreadable` if there is nothing at `path`.
  package static func containing(_ path: String) throws(DataError) -> RunFolder? {
    if isFolder(path) { return RunFolder(reading: path) }
    guard isFile(path) else { throw .unreadable(path: path, reason: "no such run's folder or checkpoint") }
    let folder = AtomicFile.folder(of: path)
    let parent = RunFolder(reading: folder == "." ? ".." : AtomicFile.folder(of: folder))
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if isSameFile(path, joinPath(parent.checkpoints, name)), isFile(parent.config) { return parent }
    let run = RunFolder(reading: folder)
    return isFolder(run.checkpoints) && isFile(run.config) ? run : nil
  }

  private func prepare() throws(DataError) {
    try AtomicFile.createFolder(checkpoints)
    for folder in [path, checkpoints] { AtomicFile.removeLeftovers(in: folder) }
  }

  /// Removes what a run that is written over has left, once the new one has saved its own weights.
  package func removeOldResults() {
    guard overwrites else { return }
    for file in [finalCheckpoint, bestCheckpoint] + TensorBoardLog.files(in: self) { unlink(file) }
    removeEpochs { _ in true }
  }

  /// Creates `parent/name`, or the first of `parent/name-2`, `parent/name-3` that nobody has.
  private static func createFree(_ parent: String, _ name: String) throws(DataError) -> String {
    try AtomicFile.createFolder(parent)
    for number in 1..<100_000 {
      let path = "\(parent)/\(name)\(number == 1 ? "" : "-\(number)")"
      if mkdir(path, 0o777) == 0 { return path }
      if errno != EEXIST { throw .unwritable(path: path, reason: systemMessage()) }
    }
    throw .unwritable(path: parent, reason: "100,000 runs called \(name) are enough; use --output DIR")
  }

  /// The resolved config.
  public var config: String { "\(path)/config.json" }
  /// One row per epoch.
  public var metrics: String { "\(path)/metrics.csv" }
  /// One JSON object per event.
  public var events: String { "\(path)/events.jsonl" }
  /// Checkpoints that a run can go on from.
  public var checkpoints: String { "\(path)/checkpoints" }
  /// The best epoch.
  public var bestCheckpoint: String { "\(checkpoints)/best.ckpt" }
  /// Where the run stands: its last epoch, or a later step.
  public var lastCheckpoint: String { "\(checkpoints)/last.ckpt" }
  /// The best epoch's weights alone, once the run has ended.
  public var finalCheckpoint: String { "\(path)/model.ckpt" }

  /// Event files for TensorBoard, in a folder each for training and validation.
  public var tensorBoard: String { "\(path)/tb" }

  /// The checkpoints that a reader takes, the first that is there.
  var usableCheckpoints: [String] { [finalCheckpoint, bestCheckpoint, lastCheckpoint] }

  // MARK: History

  /// The checkpoint kept of an epoch: `epoch-0003.ckpt`.
  public func checkpoint(ofEpoch epoch: Int) -> String { "\(checkpoints)/\(Self.name(ofEpoch: epoch))" }

  private static func name(ofEpoch epoch: Int) -> String {
    let digits = String(epoch)
    return "epoch-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).ckpt"
  }

  /// The epochs of which a checkpoint is kept.
  var keptEpochs: [Int] {
    fileNames(in: checkpoints).compactMap { name in
      let epoch = Int(name.dropFirst("epoch-".count).dropLast(".ckpt".count))
      return epoch.flatMap { Self.name(ofEpoch: $0) == name ? $0 : nil }
    }
  }

  /// Removes the checkpoints kept of some epochs.
  func removeEpochs(where isObsolete: (Int) -> Bool) {
    for epoch in keptEpochs where isObsolete(epoch) { unlink(checkpoint(ofEpoch: epoch)) }
  }
}

/// Holds a folder until it goes out of scope; the system frees it should the program die.
private final class FolderLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(DataError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .unwritable(path: path, reason: systemMessage()) }
    // A few file systems have no locks; there a folder is only as safe as its user is careful. A run that was just
    // killed, or a program being started by it, may take a moment to let go.
    for _ in 0..<10 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      usleep(20_000)
    }
    throw .unwritable(path: path, reason: "another run is writing to this folder")
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
