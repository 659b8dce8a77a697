import ArgumentParser
import ConfigDecoding
import Datasets
import Formatting
import JSONText
import Reporting
import Training

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a checkpoint: loss, accuracy, confusion matrix, precision and recall.",
    usage: "cnn eval <ckpt> [<options>]",
    discussion: """
      Example: cnn eval runs/lenet --min-accuracy 0.99

      CKPT is a checkpoint, a run's folder, or weights written elsewhere together with --config.
      """)

  @Argument(help: ArgumentHelp("A checkpoint or a run's folder.", valueName: "ckpt"), completion: .file())
  var checkpoint: String

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Part of the data: test, train or validation.", valueName: "split"))
  var split: ExperimentData.Split = .test

  @Option(parsing: .unconditional, help: ArgumentHelp("Only the first images.", valueName: "n"))
  var limit: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Only a random sample of the images.", valueName: "n"))
  var sample: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of the sample.", valueName: "n"))
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Exit with status 1 below this accuracy.", valueName: "x"))
  var minAccuracy: Double?

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
    let source = try LoadedModel.named(checkpoint, config: config)
    let parameters = try source.requireParameters()
    let interruption = Interruption()
    let experiment = try ExperimentData(
      source.config, directory: data.data ?? source.builtinData, environment: data.environment(interruption))
    var images = try experiment.split(split)
    if let limit { images = images.prefix(limit) }
    if let sample { images = try images.sample(sample, seed: seed ?? source.config.seed) }
    let clock = ContinuousClock()
    let evaluator = Evaluator(source.config, parameters: parameters, threadPool: machine.threadPool)
    let start = clock.now
    let evaluation = try evaluate(images, evaluator, interruption)
    let seconds = (clock.now - start) / .seconds(1)
    if json {
      try Console.print(evaluation.json(seconds: seconds, classes: source.classNames).text(pretty: false))
    } else {
      let what = "\(source.path) on the \(split.rawValue) images of \(experiment.name) (\(experiment.origin))"
      for line in evaluation.report(what, seconds: seconds, classes: source.classNames) {
        try Console.print(line)
      }
    }
    if let minAccuracy, evaluation.accuracy < minAccuracy {
      Console.error("accuracy \(evaluation.accuracy.fixed(4)) is below \(minAccuracy)")
      throw ExitStatus.thresholdMissed.code
    }
  }

  /// Evaluates, with a progress bar on a terminal.
  private func evaluate(
    _ images: Subset, _ evaluator: Evaluator, _ interruption: Interruption
  ) throws -> Evaluation {
    var bar = ProgressBar(label: "Evaluating")
    defer { bar.clear() }
    return try evaluator.evaluate(images) { done, correct in
      if interruption.isRequested { throw interruption.status.code }
      if json { return }
      bar.update(done: done, of: images.count) { _ in
        [ProgressLine.Piece("accuracy \((Double(correct) / Double(done)).fixed(4))", importance: 0)]
      }
    }
  }
}

extension ExperimentData.Split: ExpressibleByArgument {}

extension Evaluation {
  func json(seconds: Double, classes: [String]) -> JSON {
    JSON(object: [
      ("accuracy", JSON(accuracy)), ("loss", JSON(loss)), ("count", JSON(count)), ("seconds", JSON(seconds)),
      ("confusion", JSON(confusion.map { JSON($0.map { JSON($0) }) })),
      (
        "per_class",
        JSON(
          perClass.map { row in
            JSON(object: [
              ("class", JSON(classes.name(of: row.label))),
              ("precision", row.precision.map { JSON($0) } ?? .null),
              ("recall", row.recall.map { JSON($0) } ?? .null), ("f1", row.f1.map { JSON($0) } ?? .null),
              ("count", JSON(row.count)),
            ])
          })
      ),
    ])
  }

  /// Lines for a reader.
  func report(_ what: String, seconds: Double, classes: [String]) -> [String] {
    var lines = [
      what,
      "\(count.grouped) images  loss \(loss.fixed(4))  accuracy \(accuracy.fixed(4))  "
        + "(\(correct.grouped) right, \((count - correct).grouped) wrong)  \(seconds.duration)", "",
      "Confusion: a row per label, a column per guess",
    ]
    var matrix = Table([("", .right)] + confusion.indices.map { (classes.name(of: $0), .right) })
    for (label, row) in confusion.enumerated() {
      matrix.add([classes.name(of: label)] + row.map { "\($0)" })
    }
    lines += matrix.lines + [""] + classTable(classes).lines
    return lines
  }
}
