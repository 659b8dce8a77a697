import ArgumentParser
import ConfigDecoding
import JSONText
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network.",
    discussion: """
      Example: cnn train --config lenet --epochs 3 --set optimizer.lr=0.005

      Shipped configs: \(ConfigSource.shipped.map(\.name).joined(separator: ", ")).
      A run writes its folder: config.json, metrics.csv, events.jsonl, checkpoints/, and model.ckpt, the best epoch. \
      Ctrl-C saves and stops; cnn train --resume runs/lenet goes on from there, and with --epochs 20 beyond its end.
      """)

  @Option(
    help: ArgumentHelp(
      "A config: a file, a run's folder, or the name of a shipped one. (default: lenet)", valueName: "file"),
    completion: .config)
  var config: String?

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp("Folder to write to; by default runs/<name>.", valueName: "dir"),
    completion: .directory)
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
    help: ArgumentHelp("Weights to start from: safetensors, npz, or a run's folder.", valueName: "weights"),
    completion: .file())
  var initialWeights: String?

  @Option(
    help: ArgumentHelp(
      "Go on with a run: its folder (the newest checkpoint that is whole), or a checkpoint.",
      valueName: "run|ckpt"), completion: .file())
  var resume: String?

  @Flag(help: "Write curves, histograms and filters for TensorBoard, into the run's folder tb.")
  var tensorboard = false

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
    guard resume != nil else { return }
    let given: [(String, Bool)] = [
      ("--config", config != nil), ("--batch-size", batchSize != nil), ("--lr", lr != nil),
      ("--seed", seed != nil), ("--set", !set.isEmpty), ("--init", initialWeights != nil), ("--force", force),
    ]
    if let (option, _) = given.first(where: \.1) {
      throw ValidationError(
        "\(option) cannot stand beside --resume: a run goes on as it began; "
          + "only --epochs and --tensorboard change its config")
    }
  }

  func run() throws {
    // Locked first, so that nobody writes what is read here.
    let writes = !dryRun && !printConfig
    let resumedFolder = try resume.flatMap { writes && output == nil ? try RunFolder(resuming: $0) : nil }
    var resumption = try resume.map { try ResumePoint($0) }
    try resumption?.apply(flags)
    let config =
      try resumption?.checkpoint.config ?? ConfigSource.load(config ?? "lenet", flags: flags, settings: set)
    if printConfig { return try Console.print(config.resolved.text()) }
    let interruption = Interruption()
    let weights = try initialWeights.map {
      try WeightImport(of: config.model, contentsOf: LoadedModel.file($0))
    }
    if let notice = weights?.notice, !quiet { Console.error(notice) }
    let experiment = try ExperimentData(
      config, directory: data.data ?? resumption?.checkpoint.builtinData,
      environment: data.environment(interruption, isQuiet: quiet, mayDownload: !dryRun))
    let threadPool = machine.threadPool
    let printer = TrainingPrinter(config: config, isQuiet: quiet || json, isJSON: json)
    defer { printer.clear() }
    if dryRun {
      try resumption?.check(experiment, fingerprint: experiment.fingerprint())
      return try printer.dryRun(experiment, threads: threadPool.threads)
    }
    if interruption.isRequested { throw interruption.status.code }
    let folder = try resumedFolder ?? RunFolder(output: output, name: config.name, overwrite: force)
    let run = try TrainingRun(
      config, data: experiment, folder: folder, threadPool: threadPool, weights: weights?.tensors,
      resuming: resumption)
    for notice in run.notices where !quiet { Console.error(notice) }
    try printer.header(experiment, threads: threadPool.threads, folder: folder.path)
    if let resumption { try printer.resuming(resumption, stepsPerEpoch: run.trainer.stepsPerEpoch) }
    let result = try run.run(
      threads: threadPool.threads, shouldStop: { interruption.isRequested || !printer.isRead }
    ) {
      try printer.report($0, $1)
    }
    let isUnread = result.outcome == .interrupted && !interruption.isRequested
    if isUnread { throw ExitStatus.unread.code }
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
      ("log.tensorboard", "--tensorboard", tensorboard ? true : nil),
    ]
    return flags.compactMap { path, flag, value in
      value.map { (path: path, value: $0, flag: "\(flag) \($0)") }
    }
  }
}
