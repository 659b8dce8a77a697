import ArgumentParser
import ConfigDecoding
import JSONText
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network.",
    usage: "cnn train [<config|data> ...] [<options>]",
    discussion: """
      Example: cnn train lenet --epochs 3 --set optimizer.lr=0.005
               cnn train pictures/

      A folder of pictures, one folder for each class, or any other data is trained on with lenet.

      Built-in configs: \(ConfigSource.shipped.map(\.name).joined(separator: ", ")).
      A run writes a folder: config.json, metrics.csv, events.jsonl, checkpoints/, and model.ckpt, the best epoch. \
      Ctrl-C saves and stops. cnn train --resume runs/lenet continues the run, with --epochs 20 beyond its last epoch.
      """)

  @Argument(
    help: ArgumentHelp(
      "A config, as in --config, or data, as in --data, told apart by what is there.",
      valueName: "config|data"),
    completion: .config)
  var source: [String] = []

  @Option(
    help: ArgumentHelp(
      "A config file, a run folder, or the name of a built-in config. (default: lenet)", valueName: "file"),
    completion: .config)
  var config: String?

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp("The run folder; by default runs/<name>.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training set.", valueName: "n"))
  var epochs: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Images per step.", valueName: "n"))
  var batchSize: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Learning rate.", valueName: "x"))
  var lr: Double?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Seed of all random numbers.", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var machine: MachineOptions

  @Option(help: ArgumentHelp("Override any key of the config; may be repeated.", valueName: "key.path=value"))
  var set: [String] = []

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Initial weights: a run folder, or a file of PyTorch, Keras, ONNX, safetensors or npz. Without --config the "
        + "network is the one in the file, where there is one.", valueName: "weights"),
    completion: .file())
  var initialWeights: String?

  @Option(
    help: ArgumentHelp(
      "Resume a run: its folder (from its newest intact checkpoint), or a checkpoint.",
      valueName: "run|ckpt"), completion: .file())
  var resume: String?

  @Flag(help: "Write curves, histograms and filters for TensorBoard into the run folder's tb.")
  var tensorboard = false

  @Flag(
    name: .customLong("find-lr"),
    help: ArgumentHelp(
      "Only try learning rates from 1e-6 to 10, a step each: print the loss at each rate and suggest one. "
        + "With --output, write find-lr.csv and find-lr.svg there."))
  var findsLearningRate = false

  @Flag(help: "Check config and data, and write nothing.")
  var dryRun = false

  @Flag(help: "Print the config with every default, and exit.")
  var printConfig = false

  @Flag(help: "Overwrite an existing run in the folder.")
  var force = false

  @Flag(help: "Print errors only.")
  var quiet = false

  @Flag(help: "Print JSON Lines: a start event, one event per epoch, a done event.")
  var json = false

  func validate() throws {
    if let lr, !lr.isFinite { throw ValidationError("--lr \(lr): must be a finite number") }
    if findsLearningRate {
      let others = [
        ("--resume", resume != nil), ("--lr", lr != nil), ("--epochs", epochs != nil),
        ("--tensorboard", tensorboard), ("--dry-run", dryRun), ("--print-config", printConfig),
      ]
      if let (option, _) = others.first(where: \.1) {
        throw ValidationError(
          "\(option) cannot be combined with --find-lr, which tries learning rates and trains no run")
      }
    }
    guard resume != nil else { return }
    let given: [(String, Bool)] = [
      ("--config", config != nil), ("--batch-size", batchSize != nil), ("--lr", lr != nil),
      ("--seed", seed != nil), ("--set", !set.isEmpty), ("--init", initialWeights != nil), ("--force", force),
    ]
    if let (option, _) = given.first(where: \.1) {
      throw ValidationError(
        "\(option) cannot be combined with --resume: a resumed run keeps its config, "
          + "except for --epochs and --tensorboard")
    }
  }

  func run() throws {
    let sources: TrainingArguments
    do {
      sources = try TrainingArguments(source, config: config, data: data.data)
    } catch let fault as TrainingArguments.Fault {
      throw ValidationError(fault.message)
    }
    if resume != nil, sources.config != nil {
      throw ValidationError("\(source.joined(separator: " ")): a resumed run keeps its config")
    }
    var setup = try TrainingSetup.resolve(request(sources.config))
    if printConfig { return try Console.print(styled: setup.config.resolved.text()) }
    let data = try setup.loadData(
      directory: sources.data,
      environment: data.environment(isQuiet: quiet, mayDownload: !dryRun))
    let config = setup.config
    let weights = try setup.initialWeights()
    for notice in setup.notices + data.notices + [weights?.notice].compactMap({ $0 }) where !quiet {
      Console.error(notice)
    }
    let threadPool = machine.threadPool
    let memory = try setup.checkMemory(for: data, threads: threadPool.threads)
    if let notice = memory.notice, !quiet { Console.error(notice) }
    if findsLearningRate {
      let finder = LearningRateFinder(config, data: data, threadPool: threadPool, weights: weights?.tensors)
      return try findLearningRate(finder, of: config, data, threads: threadPool.threads)
    }
    let printer = TrainingPrinter(config: config, isQuiet: quiet || json, isJSON: json)
    defer { printer.clear() }
    if dryRun {
      try setup.check(data)
      return try printer.dryRun(data, threads: threadPool.threads, memory: memory)
    }
    // From here on there is something to save.
    let interruption = Interruption.install()
    let run = try setup.createRun(data: data, threadPool: threadPool, weights: weights)
    for notice in run.notices where !quiet { Console.error(notice) }
    try printer.header(data, threads: threadPool.threads, folder: run.folder.path)
    if let resumePoint = setup.resumePoint {
      try printer.resuming(resumePoint, stepsPerEpoch: run.trainer.stepsPerEpoch)
    }
    let result = try run.run(
      shouldStop: { interruption.isRequested || printer.isOutputClosed }, report: printer.report)
    if result.outcome == .interrupted, !interruption.isRequested { throw ExitStatus.brokenPipe.code }
    try printer.end(result, monitor: run.trainer.monitor, progress: run.trainer.progress)
    if result.outcome == .interrupted { throw interruption.status.code }
  }

  private func request(_ config: String?) -> TrainingRequest {
    TrainingRequest(
      config: config, flags: flags, settings: set, resume: resume, initialWeights: initialWeights,
      output: output, overwrite: force, writes: !dryRun && !printConfig && !findsLearningRate)
  }

  /// The options that override config keys, as they were typed.
  private var flags: [ConfigSource.Flag] {
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
