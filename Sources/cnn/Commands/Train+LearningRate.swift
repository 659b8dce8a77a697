import FileIO
import JSONText
import Reporting
import Training

extension Train {
  /// Runs a learning rate range test and prints its curve and its suggestion; with `--output` it is also written.
  func findLearningRate(
    _ finder: LearningRateFinder, of config: ExperimentConfig, _ data: ExperimentData, threads: Int
  ) throws {
    let isSilent = quiet || json
    try TrainingPrinter(config: config, isQuiet: isSilent, isJSON: json).header(data, threads: threads)
    let test = try run(finder, showsProgress: !isSilent)
    let curve = LearningRateCurve(test, name: config.name)
    if let output {
      try AtomicFile.createFolder(output)
      try AtomicFile.write(curve.csv, to: joinPath(output, "find-lr.csv"))
      let figures = curve.figure.map { [$0] } ?? []
      let files = try FigureFiles.write(figures, to: output, searchPath: Console.variable("PATH") ?? "")
      for notice in files.notices where !quiet { Console.error(notice) }
    }
    if json {
      try Console.print(test.json.text(pretty: false))
    } else if !quiet {
      try Console.print(
        [""]
          + curve.lines(
            current: config.optimizer.learningRate, width: Console.outputWidth ?? 80,
            ascii: !Console.showsUnicode))
    }
    if test.suggestion == nil { throw ExitStatus.thresholdMissed.code }
  }

  private func run(_ finder: LearningRateFinder, showsProgress: Bool) throws -> LearningRateRangeTest {
    var bar = ProgressBar(label: "Learning rates")
    defer { bar.clear() }
    return try finder.run { step in
      if showsProgress { bar.update(done: step, of: LearningRateFinder.rates.count) { _ in [] } }
    }
  }
}
