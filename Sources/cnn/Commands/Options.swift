import ArgumentParser
import ConvNet
import Digits
import Training

/// Options several commands share.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to compute with.", discussion: "By default as many as there are cores.", valueName: "n"))
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
  var environment: DataEnvironment {
    let variables = Console.environment
    return DataEnvironment(variables: variables, currentFolder: Console.currentFolder) { locator in
      guard locator.chosen.origin == .cache else { throw locator.notFound }
      let folder = locator.chosen.directory
      Console.error("no MNIST found; downloading it into \(folder)")
      do {
        try Download.fetch(into: folder)
      } catch let error as DataError {
        Console.error("\(error)")
        throw locator.notFound
      }
    }
  }
}
