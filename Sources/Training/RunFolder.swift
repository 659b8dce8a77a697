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

  /// Creates the folder.
  ///
  /// - Parameters:
  ///   - output: where the user wants it; nil for `runs/<name>`, or the next free number behind it.
  ///   - overwrite: whether a run that is already there may be written over.
  /// - Throws: `DataError.unwritable` if it is taken or cannot be written.
  public init(output: String?, name: String, overwrite: Bool) throws(DataError) {
    if let output { path = output } else { path = try Self.freePath("runs/\(name)", overwrite: overwrite) }
    if !overwrite, Self.exists(Self.config(in: path)) {
      throw .unwritable(path: path, reason: "there is a run in this folder already; --force writes over it")
    }
    try AtomicFile.createFolder(checkpoints)
    if overwrite {
      for file in [finalCheckpoint, bestCheckpoint, lastCheckpoint] { unlink(file) }
    }
  }

  private static func freePath(_ path: String, overwrite: Bool) throws(DataError) -> String {
    if overwrite || !exists(path) { return path }
    for number in 2..<100_000 where !exists("\(path)-\(number)") { return "\(path)-\(number)" }
    throw .unwritable(path: path, reason: "100,000 runs of this name are enough; use --output DIR")
  }

  static func config(in path: String) -> String { "\(path)/config.json" }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The resolved config.
  public var config: String { Self.config(in: path) }
  /// One row per epoch.
  public var metrics: String { "\(path)/metrics.csv" }
  /// One JSON object per event.
  public var events: String { "\(path)/events.jsonl" }
  /// Checkpoints that a run can go on from.
  public var checkpoints: String { "\(path)/checkpoints" }
  /// The best epoch.
  public var bestCheckpoint: String { "\(checkpoints)/best.ckpt" }
  /// The last epoch.
  public var lastCheckpoint: String { "\(checkpoints)/last.ckpt" }
  /// The best epoch's weights alone, once the run has ended.
  public var finalCheckpoint: String { "\(path)/model.ckpt" }
}

/// A text file that grows line by line.
public struct LineFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Starts the file anew.
  public init(path: String) throws(DataError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  /// Adds a line.
  public func append(_ line: String) throws(DataError) {
    var rest = Array("\(line)\n".utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw .unwritable(path: path, reason: String(cString: strerror(errno)))
      }
    }
  }
}
