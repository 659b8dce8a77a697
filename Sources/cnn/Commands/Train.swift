import ArgumentParser
import Configuration
import ConvNet
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network.",
    discussion: """
      Example: cnn train --config lenet --epochs 3 --set optimizer.lr=0.005

      Shipped configs: \(ConfigSource.shipped.map(\.name).joined(separator: ", ")).
      A run writes its folder: config.json, metrics.csv, events.jsonl, checkpoints/, and model.ckpt, the best epoch.
      """)

  @Option(
    help: ArgumentHelp("A config: a file, a run's folder, or the name of a shipped one.", valueName: "file"))
  var config = "lenet"

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Folder to write to; by default runs/<name>.", valueName: "dir"))
  var output: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training set.", valueName: "n"))
  var epochs: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Images in a step.", valueName: "n"))
  var batchSize: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Learning rate.", valueName: "x"))
  var lr: Double?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Where every random number comes from.", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var machine: MachineOptions

  @Option(help: ArgumentHelp("Change any key of the config; may be repeated.", valueName: "key.path=value"))
  var set: [String] = []

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("Weights to start from: safetensors, or a run's folder.", valueName: "weights"))
  var initialWeights: String?

  @Flag(help: "Check config and data, print what would be done, and stop.")
  var dryRun = false

  @Flag(help: "Print the config with every default filled in, and stop.")
  var printConfig = false

  @Flag(help: "Write over a run that is already in the folder.")
  var force = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print JSON Lines: a start, an epoch each, a done.")
  var json = false

  func validate() throws {
    if let lr, !lr.isFinite { throw ValidationError("--lr \(lr): must be a finite number") }
  }

  func run() throws {
    let config = try ConfigSource.load(config, flags: flags, settings: set)
    if printConfig { return try Console.print(config.resolved.text()) }
    let interruption = Interruption()
    let weights = try initialWeights.map {
      try WeightFile.weights(of: config.model, contentsOf: ModelSource.file($0))
    }
    let experiment = try ExperimentData(
      config, directory: data.data,
      environment: data.environment(interruption, isQuiet: quiet, mayDownload: !dryRun))
    let team = machine.team
    let printer = TrainingPrinter(config: config, isQuiet: quiet || json, isJSON: json)
    if dryRun { return try printer.dryRun(experiment, threads: team.threads) }
    let folder = try RunFolder(output: output, name: config.name, overwrite: force)
    let run = try TrainingRun(config, data: experiment, folder: folder, team: team, weights: weights)
    try printer.header(experiment, threads: team.threads, folder: folder.path)
    let result = try run.run(threads: team.threads, shouldStop: { interruption.isRequested }) {
      try printer.report($0, $1)
    }
    try printer.end(result, monitor: run.trainer.monitor, progress: run.trainer.progress)
    if result.outcome == .interrupted { throw interruption.status.code }
  }

  /// The options that change the config, as they were typed.
  private var flags: [(path: String, value: JSON, flag: String)] {
    let flags: [(String, String, JSON?)] = [
      ("train.epochs", "--epochs", epochs.map { JSON($0) }),
      ("train.batch_size", "--batch-size", batchSize.map { JSON($0) }),
      ("optimizer.lr", "--lr", lr.map { JSON($0) }),
      ("seed", "--seed", seed.map { JSON($0) }),
    ]
    return flags.compactMap { path, flag, value in
      value.map { (path: path, value: $0, flag: "\(flag) \($0)") }
    }
  }
}
