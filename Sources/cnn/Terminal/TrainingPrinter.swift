import CNNEngine
import Formatting
import Reporting
import Training

/// Prints the progress of a training run.
final class TrainingPrinter {
  private let config: ExperimentConfig
  private let isQuiet: Bool
  private let isJSON: Bool
  private var bar: ProgressBar?
  /// Whether the reader has closed standard output.
  private(set) var isOutputClosed = false
  private var imagesBefore = 0
  private var threads = 1
  /// Measured since the first step of the epoch.
  private var share: ProcessorShare?
  private let start = ContinuousClock.now

  init(config: ExperimentConfig, isQuiet: Bool, isJSON: Bool) {
    (self.config, self.isQuiet, self.isJSON) = (config, isQuiet, isJSON)
  }

  /// Prints a line unless standard output is closed.
  private func print(_ line: String) throws {
    if !isOutputClosed { isOutputClosed = try !Console.tryPrint(line) }
  }

  /// Prints data, network and machine.
  func header(_ data: ExperimentData, threads: Int, folder: String? = nil) throws {
    self.threads = threads
    guard !isQuiet else { return }
    let shape = data.train.shape
    try print(
      "\(data.name) (\(data.origin)): \(data.train.count.pluralized("training image")), "
        + data.test.count.pluralized("test image"))
    try print(
      "x [\(data.train.count), \(shape.channels), \(shape.height), \(shape.width)] bytes, "
        + "y [\(data.train.count)] in \(data.classNames.count.pluralized("class"))")
    let train = config.train
    try print(
      "\(config.name): \(config.model.parameterCount.grouped) parameters, \(config.optimizer.type) "
        + "lr \(config.optimizer.learningRate), batches of \(train.batchSize), seed \(config.seed)")
    let augmentation = config.data.augmentation.names
    if !augmentation.isEmpty {
      try print("training images augmented in every epoch: \(augmentation.joined(separator: ", "))")
    }
    let output = folder.map { ", writing to \($0)" } ?? ""
    try print("CPU (\(CPUFeatures.name)), \(threads.pluralized("thread"))\(output)")
  }

  /// Prints where a run resumes.
  func resuming(_ resumePoint: ResumePoint, stepsPerEpoch: Int) throws {
    guard !isQuiet else { return }
    let progress = resumePoint.checkpoint.progress
    let step = progress.stepInEpoch > 0 ? ", step \(progress.stepInEpoch + 1) of \(stepsPerEpoch)" : ""
    let isDone = progress.epoch == config.train.epochs
    let position = isDone ? "its end" : "epoch \(progress.epoch + 1)\(step)"
    try print("Resuming from \(resumePoint.path) at \(position)")
  }

  /// Prints what a run would do.
  func dryRun(_ data: ExperimentData, threads: Int, memory: MemoryForecast) throws {
    try header(data, threads: threads)
    if isJSON {
      try print(RunEvent.dryRun(config, data: data, threads: threads, memory: memory).line)
    } else if !isQuiet {
      try print("Memory: about \(memory.bytes.byteSize)")
      try print("Dry run: config and data are valid; nothing was written.")
    }
  }

  /// Prints a completed step or epoch, or the JSON of an event.
  func report(_ progress: TrainingEvent?, _ event: RunEvent?) throws {
    if isJSON, let event { try print(event.line) }
    switch progress {
    case .step(let epoch, let step, let steps, let sums): draw(epoch, step, steps, sums)
    case .epoch(let metrics, _): try line(metrics)
    case nil: break
    }
  }

  private func draw(_ epoch: Int, _ step: Int, _ steps: Int, _ sums: EpochSums) {
    guard !isQuiet else { return }
    if share == nil { share = ProcessorShare(threads: threads) }
    if bar == nil {
      bar = ProgressBar(label: "Epoch \(epoch)/\(config.train.epochs)")
      imagesBefore = sums.images
    }
    bar?.update(done: step, of: steps) { seconds in
      let images = Double(sums.images)
      let rate = seconds.map { Int(clamping: Double(sums.images - imagesBefore) / $0) }
      let pieces = [
        ProgressLine.Piece("loss \((sums.loss / images).fixed(4))", importance: 2),
        ProgressLine.Piece("accuracy \((Double(sums.correct) / images).fixed(4))", importance: 1),
      ]
      return pieces + (rate.map { [ProgressLine.Piece("\($0.grouped) img/s", importance: 0)] } ?? [])
        + (share?.notice.map { [ProgressLine.Piece($0, importance: 0)] } ?? [])
    }
  }

  /// Removes the progress bar.
  func clear() {
    bar?.clear()
    bar = nil
  }

  private func line(_ metrics: EpochMetrics) throws {
    clear()
    let notice = share?.notice
    share = nil
    let epochs = config.train.epochs
    guard !isQuiet, metrics.epoch % config.train.logEveryEpochs == 0 || metrics.epoch == epochs else {
      return
    }
    var parts = [
      "Epoch \(String(metrics.epoch).padded(left: String(epochs).count))/\(epochs)",
      "loss \(metrics.loss.fixed(4))",
    ]
    if config.train.logSummedLoss { parts.append("sum \(metrics.summedLoss.fixed(2))") }
    parts.append("accuracy \(metrics.accuracy.fixed(4))")
    if let loss = metrics.validationLoss { parts.append("val_loss \(loss.fixed(4))") }
    if let accuracy = metrics.validationAccuracy { parts.append("val_accuracy \(accuracy.fixed(4))") }
    parts.append(metrics.seconds.duration)
    parts.append("\((metrics.seconds * 1000 / Double(metrics.steps)).fixed(1))ms/step")
    parts.append("\(Int(clamping: metrics.imagesPerSecond).grouped) img/s")
    if let notice { parts.append(notice) }
    try print(parts.joined(separator: "  "))
    // The metrics of several outputs, a line for each, below those of the whole model.
    let indent = String(repeating: " ", count: parts[0].count)
    for output in metrics.outputs {
      let values = output.values.compactMap { metric, value in
        value.map { "\(metric.rawValue) \($0.fixed(4))" }
      }
      try print(([indent] + values).joined(separator: "  "))
    }
  }

  private func line(_ heading: String, loss: Double, _ output: Evaluation.Output) -> String {
    "\(heading): loss \(loss.fixed(4))  accuracy \(output.accuracy.fixed(4))  "
      + "(\(output.correct.grouped) of \(output.count.grouped))"
  }

  /// Prints how the run ended.
  func end(_ result: TrainingRun.Result, monitor: TrainConfig.Metric, progress: TrainerState) throws {
    clear()
    guard !isQuiet else { return }
    let elapsed = start.secondsAgo.duration
    switch result.outcome {
    case .interrupted:
      Console.error("stopped after \(elapsed) at epoch \(progress.epoch + 1); saved in \(result.checkpoint)")
      return
    case .stoppedEarly:
      let epochs = progress.epochsWithoutImprovement.pluralized("epoch")
      try print("Stopped early: no better \(monitor.rawValue) for \(epochs)")
    case .finished: break
    }
    let best =
      progress.best.map { "; best epoch \($0.epoch): \(monitor.rawValue) \($0.value.fixed(4))" } ?? ""
    try print("Time elapsed: \(elapsed)\(best)")
    if let test = result.test {
      try print(line("Test", loss: test.loss, test.outputs[0]))
      for output in test.separateOutputs {
        try print(line("Test \(output.name)", loss: output.loss, output))
      }
    }
    try print("Checkpoint: \(result.checkpoint)")
  }
}
