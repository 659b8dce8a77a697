import CNNEngine
import FileIO
import Formatting
import ImageFiles
import Training

/// A run to report on: its config, history and checkpoint, and their evaluation on the test images.
public struct ReportedRun: Sendable {
  /// The run folder.
  public let folder: String
  /// The name that distinguishes it from the other runs of a comparison.
  public var label: String
  /// The path of the reported checkpoint.
  public let checkpointPath: String
  /// The reported checkpoint.
  public let checkpoint: Checkpoint
  /// The metrics of its epochs, and its events.
  public let history: RunHistory
  /// The evaluation on the test images; nil before `evaluate`.
  public private(set) var testResult: TestResult?

  /// The evaluation on the test images.
  public struct TestResult: Sendable {
    /// Loss, accuracy and confusion matrix.
    public let evaluation: Evaluation
    /// The misclassified images with the highest confidence, at most `maxMisclassified`, in descending order.
    public let misclassified: [MisclassifiedImage]
    /// The dataset and its source.
    public let data: String
  }

  /// A misclassified test image.
  public struct MisclassifiedImage: Sendable {
    /// The index of the image in the test set.
    public let index: Int
    /// The true label at the main output.
    public let trueLabel: Int
    /// The predicted label.
    public let predictedLabel: Int
    /// The probability of the predicted label.
    public let confidence: Double
    /// The image as a PNG file.
    public let png: [UInt8]
  }

  /// The maximum number of misclassified images in a report.
  public static let maxMisclassified = 60

  /// The config of the run.
  public var config: ExperimentConfig { checkpoint.config }

  /// Loads the run at `path`, a run folder or a checkpoint in one.
  ///
  /// - Throws: `DataError` for a missing or malformed file; `SafeTensorsError` or `CheckpointError` for a
  ///   corrupt checkpoint.
  public init(_ path: String) throws {
    guard let run = try RunFolder.containing(path) else {
      throw DataError.unsatisfiable(
        reason: "\(path): not in a run folder; name a run folder, such as runs/lenet")
    }
    checkpointPath = try LoadedModel.file(path)
    checkpoint = try Checkpoint(contentsOf: checkpointPath)
    history = try RunHistory(run)
    folder = run.path
    label = lastComponent(of: run.path)
  }

  /// A run in memory, called `name`.
  package init(_ checkpoint: Checkpoint, history: RunHistory, name: String) {
    (self.checkpoint, self.history, checkpointPath) = (checkpoint, history, name)
    (folder, label) = (name, name)
  }

  /// Evaluates the checkpoint on the test images of `data`.
  ///
  /// - Throws: `DataError` where there are no test images, `NonFiniteOutputError`.
  public mutating func evaluate(_ data: ExperimentData, threadPool: ThreadPool) throws {
    let evaluator = Evaluator(config, parameters: try checkpoint.parameters(), threadPool: threadPool)
    let test = data.test
    var misclassified: [(index: Int, label: Int, confidence: Double)] = []
    let evaluation = try evaluator.evaluate(
      test,
      scored: { position, label, scores in
        let prediction = Prediction(scores: scores)
        if prediction.label == label { return }
        misclassified.append((position, prediction.label, prediction.probabilities[prediction.label]))
      })
    misclassified.sort { ($0.confidence, $1.index) > ($1.confidence, $0.index) }
    let images = misclassified.prefix(Self.maxMisclassified).map { index, label, confidence in
      let image = Images(pixels: Array(test[index]), shape: test.shape)
      let trueLabel = config.model.outputs[0].label(ofClass: Int(test.label(at: index)))
      return MisclassifiedImage(
        index: index, trueLabel: trueLabel, predictedLabel: label, confidence: confidence,
        png: PNG.encode(image))
    }
    testResult = TestResult(
      evaluation: evaluation, misclassified: images, data: "\(data.name) (\(data.origin))")
  }

  /// The name of a class of the main output.
  public func className(_ label: Int) -> String { classNames[0].name(of: label) }

  /// The names of the classes of each output.
  public var classNames: [[String]] { config.model.classNames(of: checkpoint.classNames) }

  /// The epoch of the best checkpoint.
  public var bestEpoch: Int? { history.bestEpoch ?? checkpoint.progress.best?.epoch }

  /// The values of a metric by epoch, without epochs that do not have it.
  public func values(of metric: TrainConfig.Metric) -> [(epoch: Int, value: Double)] {
    history.epochs.compactMap { epoch in epoch[metric].map { (epoch.number, $0) } }
  }

  /// The best available accuracy, and the images it was measured on: test, else validation, else training images.
  public var accuracy: (value: Double, of: String)? {
    if let testResult {
      return (testResult.evaluation.accuracy, "\(testResult.evaluation.count.grouped) test images")
    }
    if let value = history.end?[.testAccuracy]?.number { return (value, "test images, after training") }
    for (metric, name) in [(TrainConfig.Metric.validationAccuracy, "validation"), (.accuracy, "training")] {
      let values = values(of: metric)
      let best = values.first { $0.epoch == bestEpoch } ?? values.last
      if let best { return (best.value, "\(name) images, epoch \(best.epoch)") }
    }
    return nil
  }
}

extension [ReportedRun] {
  /// Loads the runs at `paths`; runs whose folders have the same name are labelled with their paths.
  ///
  /// - Throws: as `ReportedRun.init`.
  public static func load(_ paths: [String]) throws -> [ReportedRun] {
    var runs = try paths.map { try ReportedRun($0) }
    for index in runs.indices where runs.count(where: { $0.label == runs[index].label }) > 1 {
      runs[index].label = paths[index]
    }
    return runs
  }

  /// Warnings of a comparison.
  public var notices: [String] {
    let data = Set(map { "\($0.checkpoint.data.name) \($0.checkpoint.data.fingerprint)" })
    if data.count < 2 { return [] }
    return ["The runs were trained on different data, so their curves are not comparable."]
  }
}
