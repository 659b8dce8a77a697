import ArgumentParser
import Datasets
import Formatting
import JSONText
import Reporting
import Training

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a checkpoint: accuracy with its interval, calibration, confusion matrix.",
    usage: "cnn eval <ckpt> [<options>]",
    discussion: """
      Example: cnn eval runs/lenet --min-accuracy 0.99
               cnn eval runs/lenet --save-predictions predictions.csv

      CKPT is a checkpoint, a run folder, or weights of another program together with --config.
      """)

  @OptionGroup var model: CheckpointOptions

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Part of the data: test, train or validation.", valueName: "split"))
  var split: ExperimentData.Split = .test

  @Option(parsing: .unconditional, help: ArgumentHelp("Only the first n images.", valueName: "n"))
  var limit: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Only a random sample of n images.", valueName: "n"))
  var sample: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of the sample.", valueName: "n"))
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Exit with status 1 below this accuracy.", valueName: "x"))
  var minAccuracy: Double?

  @Option(
    help: ArgumentHelp(
      "Write a row for each image: label, prediction, probabilities (CSV).", valueName: "file"),
    completion: .file())
  var savePredictions: String?

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): must be at least 1") }
    if let sample, sample < 1 { throw ValidationError("--sample \(sample): must be at least 1") }
    if limit != nil, sample != nil { throw ValidationError("--limit and --sample exclude each other") }
    if seed != nil, sample == nil { throw ValidationError("--seed is for --sample") }
    if let minAccuracy, !(0...1).contains(minAccuracy) {
      throw ValidationError("--min-accuracy \(minAccuracy): must be from 0 to 1")
    }
  }

  func run() throws {
    let model = try model.load()
    _ = try model.requireParameters()
    let experiment = try model.loadData(directory: data.data, environment: data.environment(), for: split)
    for notice in experiment.notices { Console.error(notice) }
    let images = try experiment.split(split, limit: limit, sample: sample, seed: seed)
    let evaluator = try Evaluator(model, threadPool: machine.threadPool)
    let start = ContinuousClock.now
    var table = try savePredictions.map { _ in
      PredictionTable(
        images: try experiment.names(of: images, in: split), classNames: model.outputClassNames[0])
    }
    let evaluation = try evaluate(
      images, of: experiment, evaluator,
      scored: table == nil ? nil : { table?.add(position: $0, label: $1, scores: $2) })
    let seconds = start.secondsAgo
    if let savePredictions { try table?.write(to: savePredictions) }
    if json {
      let json = evaluation.json(seconds: seconds, classNames: model.outputClassNames)
      try Console.print(json.text(pretty: false))
    } else {
      let title =
        "\(model.path) on the \(split.rawValue) images of \(experiment.name) (\(experiment.origin))"
      let lines = evaluation.lines(title: title, seconds: seconds, classNames: model.outputClassNames)
      for line in lines { try Console.print(line) }
    }
    if let minAccuracy, evaluation.accuracy < minAccuracy {
      Console.error("accuracy \(evaluation.accuracy.fixed(4)) is below \(minAccuracy)")
      throw ExitStatus.thresholdMissed.code
    }
  }

  /// Evaluates with a progress bar on a terminal.
  private func evaluate(
    _ images: Subset, of experiment: ExperimentData, _ evaluator: Evaluator,
    scored: ((_ position: Int, _ label: Int, _ logits: [Float]) -> Void)?
  ) throws -> Evaluation {
    var bar = ProgressBar(label: "Evaluating")
    defer { bar.clear() }
    return try evaluator.evaluateProbabilities(
      images, of: experiment,
      progress: { done, correct in
        if json { return }
        bar.update(done: done, of: images.count) { _ in
          [ProgressLine.Piece("accuracy \((Double(correct) / Double(done)).fixed(4))", importance: 0)]
        }
      }, scored: scored)
  }
}
