import ArgumentParser
import Datasets
import FileIO
import Formatting
import Reporting

struct Download: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Download MNIST and verify its SHA-256 checksums.",
    discussion: """
      Example: cnn download data/mnist

      Mirrors are tried in turn. Files that are already complete are kept; no partial file is left behind.
      """)

  @Argument(
    help: ArgumentHelp("The folder; by default in the user's cache.", valueName: "dir"),
    completion: .directory)
  var directory: String?

  func run() throws {
    let cache = DatasetLocator.cacheFolder(environment: Console.environment)
    guard let folder = directory ?? cache else {
      throw DataError.unsatisfiable(
        reason: "no cache folder, since $HOME is not set; name a folder: cnn download DIR")
    }
    for outcome in try Self.fetch(into: folder, isQuiet: false) {
      switch outcome {
      case .kept(let path): try Console.print("\(path): already complete")
      case .downloaded(let path, let url): try Console.print("\(path): downloaded from \(url)")
      }
    }
  }

  /// Downloads into `folder`, with a progress bar on a terminal.
  ///
  /// - Throws: `DataError`, or the exit code of an interruption.
  @discardableResult
  static func fetch(into folder: String, isQuiet: Bool) throws -> [MNISTDownload.Outcome] {
    let interruption = Interruption.install()
    let download = MNISTDownload(transport: Curl(searchPath: Console.variable("PATH") ?? "/usr/bin"))
    var bar = ProgressBar(label: "")
    var file = ""
    defer { bar.clear() }
    func show(_ progress: MNISTDownload.Progress) {
      if isQuiet { return }
      if progress.file != file {
        bar.clear()
        bar = ProgressBar(label: progress.file)
        file = progress.file
      }
      bar.update(done: progress.received, of: max(progress.expected, progress.received)) { seconds in
        guard let seconds else { return [] }
        let rate = (Double(progress.received) / 1e6 / seconds).fixed(1)
        return [ProgressLine.Piece("\(rate) MB/s", importance: 0)]
      }
    }
    do {
      let outcomes = try download.run(
        into: folder, progress: show, shouldStop: { interruption.isRequested })
      interruption.uninstall()
      return outcomes
    } catch {
      guard interruption.isRequested else { throw error }
      bar.clear()
      Console.error("the download was stopped; complete files are kept in \(folder)")
      throw interruption.status.code
    }
  }
}
