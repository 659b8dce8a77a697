import ArgumentParser
import ConfigDecoding
import Datasets
import Formatting
import JSONText
import Reporting
import Training

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a checkpoint: accuracy with its interval, calibration, confusion matrix.",
    usage: "cnn eval <ckpt> ... [<options>]",
    discussion: """
      Example: cnn eval runs/lenet --min-accuracy 0.99
               cnn eval runs/lenet --save-predictions predictions.csv
               cnn eval runs/lenet runs/lenet-2 --vote
               cnn eval runs/lenet runs/lenet-2 --suspects

      CKPT is a checkpoint, a run folder, or weights of another program together with --config. Several are evaluated \
      one by one, or with --vote together, by the mean of their probabilities.
      """)

  @OptionGroup var model: CheckpointOptions

  @OptionGroup var votes: VoteOptions

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

  @Flag(
    help: ArgumentHelp(
      "Rank the images by the mean probability of their labels, the least first, to find wrong labels: "
        + "suspects.csv and the pictures suspects.png."))
  var suspects = false

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Number of suspects (default: 100).", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp("The folder of the suspects' files (default: the current one).", valueName: "dir"),
    completion: .directory)
  var output: String?

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON object, or an array of several networks that do not vote.")
  var json = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): must be at least 1") }
    if let sample, sample < 1 { throw ValidationError("--sample \(sample): must be at least 1") }
    if savePredictions != nil, model.checkpoints.count > 1, !votes.vote {
      throw ValidationError(
        "--save-predictions writes one file: name one network, or let them vote with --vote")
    }
    if let count, !(1...10_000).contains(count) {
      throw ValidationError("--count \(count): must be from 1 to 10,000")
    }
    if !suspects, let option = count != nil ? "--count" : output != nil ? "--output" : nil {
      throw ValidationError("\(option) is for --suspects")
    }
    let others: [(String, Bool)] = [
      ("--limit", limit != nil), ("--sample", sample != nil), ("--min-accuracy", minAccuracy != nil),
      ("--save-predictions", savePredictions != nil),
    ]
    if suspects, let (option, _) = others.first(where: \.1) {
      throw ValidationError("\(option) cannot be combined with --suspects, which ranks all images")
    }
    if limit != nil, sample != nil { throw ValidationError("--limit and --sample exclude each other") }
    if seed != nil, sample == nil { throw ValidationError("--seed is for --sample") }
    if let minAccuracy, !(0...1).contains(minAccuracy) {
      throw ValidationError("--min-accuracy \(minAccuracy): must be from 0 to 1")
    }
  }

  func run() throws {
    let models = try model.load()
    for model in models { _ = try model.requireParameters() }
    var loader = SplitLoader(
      directory: data.data, environment: data.environment(), notice: Console.error)
    if suspects { return try findSuspects(models, &loader) }
    let isList = models.count > 1 && !votes.vote
    var objects: [JSON] = []
    var tooLow: [String] = []
    for (index, group) in (votes.vote ? [models] : models.map { [$0] }).enumerated() {
      let experiment = try loader.load(split, ofAll: group).data
      let images = try experiment.split(split, limit: limit, sample: sample, seed: seed)
      let ensemble = try Ensemble(group, views: votes.views, threadPool: machine.threadPool)
      let start = ContinuousClock.now
      let (evaluation, gain) = try evaluate(images, of: experiment, ensemble)
      let seconds = start.secondsAgo
      let classNames = group[0].outputClassNames
      if json {
        var object = evaluation.json(seconds: seconds, classNames: classNames)
        if let gain { object["vote"] = gain.json }
        if isList { object["path"] = JSON(group[0].path) }
        objects.append(object)
      } else {
        let title =
          "\(ensemble.name) on the \(split.rawValue) images of \(experiment.name) (\(experiment.origin))"
        let lines = evaluation.lines(title: title, seconds: seconds, classNames: classNames)
        try Console.print((index > 0 ? [""] : []) + lines + (gain.map { [""] + $0.lines } ?? []))
      }
      if let minAccuracy, evaluation.accuracy < minAccuracy {
        let name = isList ? "\(group[0].path): " : ""
        tooLow.append("\(name)accuracy \(evaluation.accuracy.fixed(4)) is below \(minAccuracy)")
      }
    }
    if json {
      try Console.print((isList ? JSON(objects) : objects[0]).text(pretty: false))
    }
    for line in tooLow { Console.error(line) }
    if !tooLow.isEmpty { throw ExitStatus.thresholdMissed.code }
  }

  /// Evaluates with a progress bar on a terminal, and writes the predictions.
  private func evaluate(
    _ images: Subset, of experiment: ExperimentData, _ ensemble: Ensemble
  ) throws -> (Evaluation, VoteGain?) {
    var bar = ProgressBar(label: "Evaluating")
    defer { bar.clear() }
    var table = try savePredictions.map { _ in
      PredictionTable(
        images: try experiment.names(of: images, in: split),
        classNames: ensemble.models[0].outputClassNames[0])
    }
    let result = try ensemble.evaluate(
      images, of: experiment,
      progress: { done, correct in
        if json { return }
        bar.update(done: done, of: images.count) { _ in
          [ProgressLine.Piece("accuracy \((Double(correct) / Double(done)).fixed(4))", importance: 0)]
        }
      }, scored: table == nil ? nil : { table?.add(position: $0, label: $1, scores: $2) })
    if let savePredictions { try table?.write(to: savePredictions) }
    return result
  }
}
