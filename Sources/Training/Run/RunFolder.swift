import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder of a run: config, metrics, events and checkpoints.
public struct RunFolder: Sendable {
  /// The folder; one that is locked is open, so that its files are reached wherever it is moved.
  let location: FileLocation
  /// Locks the folder as long as this value or a copy of it exists; nil in a folder that is only read.
  private let lock: FolderLock?
  private let overwrites: Bool

  /// The path of the folder when it was opened.
  public var path: String { location.path }

  /// The folder of an existing run, for reading.
  init(_ path: String) { self.init(FileLocation(path), lock: nil, overwrites: false) }

  private init(_ location: FileLocation, lock: FolderLock?, overwrites: Bool) {
    (self.location, self.lock, self.overwrites) = (location, lock, overwrites)
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
    if !overwrite, folder.config.exists {
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
    let open = try OpenFolder(FileLocation(path))
    let folder = RunFolder(FileLocation(open), lock: try FolderLock(open), overwrites: overwrites)
    try AtomicFile.createFolder(folder.checkpoints)
    for folder in [folder.location, folder.checkpoints] { AtomicFile.removeLeftovers(in: folder) }
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
    if FileLocation(path).isSameFile(as: parent.checkpoints.appending(name)), parent.config.isFile {
      return parent
    }
    return isRun(folder) ? RunFolder(folder) : nil
  }

  /// The checkpoint at `path`, which this folder contains; nil where `path` is the folder.
  func checkpoint(at path: String) -> FileLocation? {
    if path == self.path { return nil }
    let folder = AtomicFile.folder(of: path) == self.path ? location : checkpoints
    return folder.appending(lastComponent(of: path)).named(path)
  }

  /// The run folders in `folder`, the newest first.
  static func all(in folder: String) -> [String] {
    fileNames(in: folder).map { joinPath(folder, $0) }.filter(isRun)
      .map { (path: $0, time: modificationTime(of: RunFolder($0).config.path)) }
      .sorted { ($1.time, $0.path) < ($0.time, $1.path) }.map(\.path)
  }

  /// Whether `path` is the folder of a run.
  public static func isRun(_ path: String) -> Bool {
    let run = RunFolder(path)
    return run.config.isFile && run.checkpoints.isFolder
  }

  /// Removes the results of the run that is overwritten; called once the new run has saved its first checkpoint.
  package func removeOldResults() {
    guard overwrites else { return }
    for file in [finalCheckpoint, bestCheckpoint] + TensorBoardLog.files(in: self) { file.remove() }
    removeEpochs { _ in true }
  }

  /// Creates `parent/name`, or the first of `parent/name-2`, `parent/name-3`, ... that does not exist.
  private static func createNumbered(_ parent: String, _ name: String) throws(DataError) -> String {
    try AtomicFile.createFolder(parent)
    for number in 1..<100_000 {
      let path = "\(parent)/\(name)\(number == 1 ? "" : "-\(number)")"
      if withPath(path) { mkdir($0, 0o777) } == 0 { return path }
      if errno != EEXIST { throw .unwritable(path: path, reason: systemMessage()) }
    }
    throw .unwritable(path: parent, reason: "there are 100,000 runs called \(name); use --output DIR")
  }

  /// The config with every default and override.
  public var config: FileLocation { location.appending("config.json") }
  /// One row per epoch.
  public var metrics: FileLocation { location.appending("metrics.csv") }
  /// One JSON object per event.
  public var events: FileLocation { location.appending("events.jsonl") }
  /// The folder of the checkpoints that a run can be resumed from.
  public var checkpoints: FileLocation { location.appending("checkpoints") }
  /// The checkpoint of the best epoch.
  public var bestCheckpoint: FileLocation { checkpoints.appending("best.ckpt") }
  /// The newest checkpoint: the last epoch, or a later step.
  public var lastCheckpoint: FileLocation { checkpoints.appending("last.ckpt") }
  /// The weights of the best epoch, without the optimizer's state; written at the end of the run.
  public var finalCheckpoint: FileLocation { location.appending("model.ckpt") }

  /// The folder of TensorBoard's event files, with one subfolder for training and one for validation.
  public var tensorBoard: FileLocation { location.appending("tb") }

  /// The checkpoints that stand for the run, in order of preference.
  var usableCheckpoints: [FileLocation] { [finalCheckpoint, bestCheckpoint, lastCheckpoint] }

  // MARK: History

  /// The checkpoint of an epoch, kept with `train.checkpoint.keep`: `epoch-0003.ckpt`.
  public func checkpoint(ofEpoch epoch: Int) -> FileLocation {
    checkpoints.appending(Self.name(ofEpoch: epoch))
  }

  private static func name(ofEpoch epoch: Int) -> String {
    let digits = String(epoch)
    return "epoch-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).ckpt"
  }

  /// The epochs whose checkpoints exist.
  var keptEpochs: [Int] {
    checkpoints.fileNames.compactMap { name in
      let epoch = Int(name.dropFirst("epoch-".count).dropLast(".ckpt".count))
      return epoch.flatMap { Self.name(ofEpoch: $0) == name ? $0 : nil }
    }
  }

  /// Removes the checkpoints of some epochs.
  func removeEpochs(where isObsolete: (Int) -> Bool) {
    for epoch in keptEpochs where isObsolete(epoch) { checkpoint(ofEpoch: epoch).remove() }
  }
}
