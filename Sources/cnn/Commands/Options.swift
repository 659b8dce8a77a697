import ArgumentParser
import CNNEngine
import Datasets
import FileIO
import Training

/// Options several commands share.
struct MachineOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads to compute with; by default one per core.", valueName: "n"))
  var threads: Int?

  mutating func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads \(threads): must be from 1 to 256")
    }
  }

  var threadPool: ThreadPool { ThreadPool(threads: threads ?? ThreadPool.availableCores) }
}

/// Where data comes from.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the IDX files, mnist.npz, mnist-original.mat, or \"builtin\" for digits the program draws.",
      valueName: "path|builtin"),
    completion: .paths(or: ["builtin"]))
  var data: String?

  /// The environment to look for data in; a missing MNIST is downloaded into the cache.
  ///
  /// - Parameters:
  ///   - interruption: what already waits for signals, so that only one does.
  ///   - mayDownload: false makes a missing MNIST an error.
  func environment(
    _ interruption: Interruption? = nil, isQuiet: Bool = false, mayDownload: Bool = true
  ) -> DataEnvironment {
    let variables = Console.environment
    return DataEnvironment(variables: variables, currentFolder: Console.currentFolder) { locator in
      let folder = locator.chosen.directory
      guard locator.chosen.origin == .cache else {
        // A folder that somebody named: which of its files is missing helps more than where else one could look.
        if isFolder(folder) { _ = try DatasetFiles(in: folder) }
        throw locator.notFound
      }
      guard mayDownload else { throw locator.notFound }
      if !isQuiet { Console.error("no MNIST found; downloading it into \(folder)") }
      do {
        try Download.fetch(into: folder, interruption ?? Interruption(), isQuiet: isQuiet)
      } catch DataError.unreadable(let path, let reason) {
        let advice = "or name another folder with --data DIR, or use --data builtin: digits the program draws"
        throw DataError.unreadable(path: path, reason: "\(reason)\n\(advice)")
      }
    }
  }
}

extension LoadedModel {
  /// The network with weights that a command was given; says on standard error what was guessed of it.
  static func named(_ checkpoint: String, config: String?) throws -> LoadedModel {
    let source = try LoadedModel(checkpoint: checkpoint, config: config)
    for notice in source.notices { Console.error(notice) }
    return source
  }
}
