import ArgumentParser
import ConvNet
import Digits
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

  var team: WorkerTeam { WorkerTeam(threads: threads ?? WorkerTeam.availableCores) }
}

/// Where data comes from.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the IDX files, or \"builtin\" for digits the program draws.", valueName: "dir|builtin"))
  var data: String?

  /// The environment to look for data in; a missing MNIST is downloaded into the cache.
  ///
  /// - Parameter interruption: what already waits for signals, so that only one does.
  func environment(_ interruption: Interruption? = nil, isQuiet: Bool = false) -> DataEnvironment {
    let variables = Console.environment
    return DataEnvironment(variables: variables, currentFolder: Console.currentFolder) { locator in
      let folder = locator.chosen.directory
      guard locator.chosen.origin == .cache else {
        // A folder that somebody named: which of its files is missing helps more than where else one could look.
        if isFolder(folder) { _ = try DatasetFiles(in: folder) }
        throw locator.notFound
      }
      if !isQuiet { Console.error("no MNIST found; downloading it into \(folder)") }
      do {
        try Download.fetch(into: folder, interruption ?? Interruption(), isQuiet: isQuiet)
      } catch let error as DataError {
        Console.error("\(error)")
        throw DataError.unreadable(
          path: folder,
          reason: "no MNIST; without a network, name its folder with --data DIR, or use --data builtin: "
            + "digits the program draws")
      }
    }
  }
}
