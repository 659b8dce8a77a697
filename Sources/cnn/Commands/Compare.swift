import ArgumentParser
import FileIO
import Reporting
import Training

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare trained networks: differences with intervals and tests.",
    usage: "cnn compare <run> <run> ... [<options>]",
    discussion: """
      Example: cnn compare runs/lenet runs/lenet-2
               cnn compare runs/lenet-sweep runs/augmented-sweep

      RUN is a run folder, a checkpoint, or a folder of runs, such as a sweep: runs with equal configs and different \
      seeds are one group, compared seed by seed. All are evaluated on the test images of their runs, which must be the \
      same. docs/statistics.md says what the numbers mean.
      """)

  @Argument(
    help: ArgumentHelp("Run folders, checkpoints, or folders of runs.", valueName: "run"),
    completion: .file())
  var runs: [String]

  @Option(help: ArgumentHelp("What is compared: accuracy, nll or brier.", valueName: "metric"))
  var metric: ComparisonMetric = .accuracy

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The smallest difference that matters: how many seeds would show it.", valueName: "x"))
  var difference: Double = 0.001

  @OptionGroup var data: DataOptions

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard difference > 0, difference.isFinite else {
      throw ValidationError("--difference \(difference): must be above 0")
    }
  }

  func run() throws {
    let models = try runs.flatMap { try ComparedPaths.models(at: $0, notice: Console.error) }
    guard models.count > 1 else {
      throw DataError.unsatisfiable(
        reason: "\(models[0].name): nothing to compare with; name at least two runs or groups of runs")
    }
    let comparison = try Comparison(evaluated(models), metric: metric, difference: difference)
    if json {
      try Console.print(comparison.json.description)
    } else {
      try Console.print(comparison.lines)
    }
  }

  /// Evaluates all runs with a progress bar on a terminal.
  private func evaluated(_ models: [ComparedPaths]) throws -> [ComparedModel] {
    var evaluator = ComparisonEvaluator(
      metric: metric, directory: data.data, environment: data.environment(), threadPool: machine.threadPool,
      notice: Console.error)
    var bar = ProgressBar(label: "Evaluating")
    defer { bar.clear() }
    let count = models.reduce(0) { $0 + $1.paths.count }
    var done = 0
    return try models.map { model in
      try evaluator.model(model) {
        done += 1
        if !json { bar.update(done: done, of: count) { _ in [] } }
      }
    }
  }
}

extension ComparisonMetric: ExpressibleByArgument {}
