import ArgumentParser
import Digits

struct Download: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Download MNIST and check it against its checksums.",
    discussion: """
      Example: cnn download data/mnist

      Mirrors are tried in turn; files that are there and right are kept; nothing is left half-written.
      """)

  @Argument(help: ArgumentHelp("Where to; by default the user's cache folder.", valueName: "dir"))
  var directory: String?

  func run() throws {
    let cache = DatasetLocator.cacheFolder(environment: Console.environment)
    guard let folder = directory ?? cache else {
      throw ValidationError("there is no cache folder without $HOME; name a folder: cnn download DIR")
    }
    for outcome in try Self.fetch(into: folder) {
      switch outcome {
      case .kept(let path): try Console.print("\(path): there, and right")
      case .downloaded(let path, let url): try Console.print("\(path): downloaded from \(url)")
      }
    }
  }

  /// Downloads into `folder`, with a progress bar on a terminal.
  @discardableResult
  static func fetch(into folder: String) throws(DataError) -> [MNISTDownload.Outcome] {
    let interruption = Interruption()
    let download = MNISTDownload(transport: Curl(searchPath: Console.variable("PATH") ?? "/usr/bin"))
    var bar = ProgressBar(label: "")
    var file = ""
    defer { bar.clear() }
    func show(_ progress: MNISTDownload.Progress) {
      if progress.file != file {
        bar.clear()
        bar = ProgressBar(label: progress.file)
        file = progress.file
      }
      bar.update(done: progress.received, of: max(progress.expected, progress.received)) { seconds in
        "\((Double(progress.received) / 1e6 / max(seconds, 1e-3)).fixed(1)) MB/s"
      }
    }
    return try download.run(into: folder, progress: show, shouldStop: { interruption.isRequested })
  }
}
