import ArgumentParser
import CNNEngine
import Datasets
import FileIO
import Training

/// The option for the number of threads.
struct MachineOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of threads; by default one per core.", valueName: "n"))
  var threads: Int?

  mutating func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads \(threads): must be from 1 to 256")
    }
  }

  var threadPool: ThreadPool { ThreadPool(threads: threads ?? ThreadPool.availableCores) }
}

/// The option for the config of a weights file that does not describe its network.
struct WeightsConfigOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Config of the network, for weights of another program.", valueName: "file"),
    completion: .config)
  var config: String?
}

/// The options for how a network is read.
struct NetworkOptions: ParsableArguments {
  /// The help of the argument that names it.
  static var argumentHelp: ArgumentHelp {
    ArgumentHelp(
      "A checkpoint, a run folder, or a network of Keras or ONNX; several are for --vote.", valueName: "ckpt")
  }

  @OptionGroup var weights: WeightsConfigOption

  @Option(
    help: ArgumentHelp(
      "Override a key of the network's config, such as data.normalize.scale=1.", valueName: "key.path=value"))
  var set: [String] = []

  /// Loads a network and its weights; notices about imported weights go to standard error.
  func load(_ path: String) throws -> LoadedModel {
    let model = try LoadedModel(checkpoint: path, config: weights.config, settings: set)
    for notice in model.notices { Console.error(notice) }
    return model
  }
}

/// The argument that names one or several networks with weights.
struct CheckpointOptions: ParsableArguments {
  @Argument(help: NetworkOptions.argumentHelp, completion: .file())
  var checkpoints: [String]

  @OptionGroup var network: NetworkOptions

  /// Loads the networks.
  func load() throws -> [LoadedModel] { try checkpoints.map(network.load) }
}

/// The options by which networks, and views of an image, predict together.
struct VoteOptions: ParsableArguments {
  @Flag(help: "Let several networks vote: the mean of their probabilities.")
  var vote = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Also average over an image shifted by a pixel: 1 (not), 5 or 9 views.", valueName: "n"))
  var tta = 1

  /// The views of an image.
  var views: [PixelShift] { PixelShift.views(tta) ?? [] }

  func validate() throws {
    if PixelShift.views(tta) == nil { throw ValidationError("--tta \(tta): must be 1, 5 or 9") }
  }

  /// Checks that several networks are only named with `--vote`.
  func check(_ checkpoints: [String]) throws(DataError) {
    if checkpoints.count < 2 || vote { return }
    let names = checkpoints.joined(separator: ", ")
    throw .unsatisfiable(
      reason: "\(checkpoints.count) networks (\(names)): name one, or let them vote with --vote")
  }
}

/// The option for the data set.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folders of pictures, CSV, IDX, npz or mat, or \"builtin\" for synthetic digits.",
      valueName: "path|builtin"),
    completion: .paths(or: ["builtin"]))
  var data: String?

  /// The environment in which data is looked for; a missing MNIST is downloaded into the cache.
  ///
  /// - Parameter mayDownload: false makes a missing MNIST an error.
  func environment(isQuiet: Bool = false, mayDownload: Bool = true) -> DataEnvironment {
    let variables = Console.environment
    var environment = DataEnvironment(variables: variables, currentFolder: Console.currentFolder) { locator in
      let folder = locator.chosen.directory
      guard locator.chosen.origin == .cache else {
        // For a folder named by the user, which of its files is missing says more than where else data is looked for.
        if isFolder(folder) { _ = try DatasetSource(at: folder) }
        throw locator.notFound
      }
      guard mayDownload else { throw locator.notFound }
      if !isQuiet { Console.error("no MNIST found; downloading it into \(folder)") }
      do {
        try Download.fetch(into: folder, isQuiet: isQuiet)
      } catch DataError.unobtainable(let path, let lines) {
        let advice = "or name another folder with --data DIR, or use --data builtin for synthetic digits"
        throw DataError.unobtainable(path: path, lines: lines + [advice])
      }
    }
    if !isQuiet, Console.terminalWidth != nil {
      let bar = ReadingBar()
      environment.progress = { bar.update(done: $0, of: $1) }
    }
    return environment
  }
}

extension ExperimentData.Split: ExpressibleByArgument {}
