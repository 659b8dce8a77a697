import Configuration
import Digits

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
    try AtomicFile.createFolder(checkpoints)
    for file in [config] + usableCheckpoints { AtomicFile.removeLeftovers(of: file) }
    if !overwrite, access(config, F_OK) == 0 {
      throw .unwritable(path: path, reason: "there is a run in this folder already; --force writes over it")
    }
  }

  /// The folder of an earlier run, to read from.
  init(reading path: String) { (self.path, lock, overwrites) = (path, nil, false) }

  /// Removes the weights of a run that is written over, once the new one has saved its own.
  package func removeOldWeights() {
    if overwrites { for file in [finalCheckpoint, bestCheckpoint] { unlink(file) } }
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
  /// The last epoch, or where an interrupted run stands.
  public var lastCheckpoint: String { "\(checkpoints)/last.ckpt" }
  /// The best epoch's weights alone, once the run has ended.
  public var finalCheckpoint: String { "\(path)/model.ckpt" }

  /// The checkpoints that a reader takes, the first that is there.
  var usableCheckpoints: [String] { [finalCheckpoint, bestCheckpoint, lastCheckpoint] }
}

/// Holds a folder until it goes out of scope; the system frees it should the program die.
private final class FolderLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(DataError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .unwritable(path: path, reason: systemMessage()) }
    // A few file systems have no locks; there a folder is only as safe as its user is careful.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw .unwritable(path: path, reason: "another run is writing to this folder")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
