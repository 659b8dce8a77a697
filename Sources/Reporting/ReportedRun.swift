import CNNEngine
import FileIO
import Formatting
import ImageFiles
import Training

/// A run as a report sees it: what its folder holds, and what its weights make of the test images.
public struct ReportedRun: Sendable {
  /// Its folder.
  public let folder: String
  /// What tells it from the others.
  public var label: String
  /// The checkpoint that is shown.
  public let checkpointPath: String
  /// What that holds.
  public let checkpoint: Checkpoint
  /// The numbers of its epochs and its events.
  public let history: RunHistory
  /// What the checkpoint makes of the test images; nil until they are read.
  public private(set) var reading: Reading?

  /// The outcome of reading the test images.
  public struct Reading: Sendable {
    /// Loss, accuracy and confusion.
    public let evaluation: Evaluation
    /// The images that were read wrong, those with the highest score first; at most `mostMistakes`.
    public let mistakes: [Mistake]
    /// The data set and where it was found.
    public let data: String
  }

  /// An image that was read wrong.
  public struct Mistake: Sendable {
    /// Its number among the test images.
    public let position: Int
    /// What it is.
    public let label: Int
    /// What it was read as.
    public let guess: Int
    /// The probability of the guess.
    public let score: Double
    /// The image as a PNG file.
    public let png: [UInt8]
  }

  /// As many images as are shown.
  public static let mostMistakes = 60

  /// The config of the run.
  public var config: ExperimentConfig { checkpoint.config }

  /// Reads the run whose folder, or one of whose checkpoints, is at `path`.
  ///
  /// - Throws: `DataError` for what is missing or malformed; `SafeTensorsError` or `CheckpointError` for a
  ///   checkpoint that is damaged.
  public init(_ path: String) throws {
    guard let run = try RunFolder.containing(path) else {
      throw DataError.unsatisfiable(
        reason: "\(path): this file is in no run's folder; name one, such as runs/lenet")
    }
    checkpointPath = try LoadedModel.file(path)
    checkpoint = try Checkpoint(contentsOf: checkpointPath)
    history = try RunHistory(run)
    folder = run.path
    label = run.path.split(separator: "/").last.map(String.init) ?? run.path
  }

  /// Reads the test images of `data`.
  public mutating func read(_ data: ExperimentData, threadPool: ThreadPool) throws {
    let evaluator = Evaluator(config, parameters: checkpoint.parameters(), threadPool: threadPool)
    let test = data.test
    var wrong: [(position: Int, guess: Int, score: Double)] = []
    let evaluation = try evaluator.evaluate(
      test,
      misclassified: { position, scores in
        let prediction = Prediction(scores: scores)
        wrong.append((position, prediction.label, prediction.probabilities[prediction.label]))
      })
    wrong.sort { ($0.score, $1.position) > ($1.score, $0.position) }
    let mistakes = wrong.prefix(Self.mostMistakes).map { position, guess, score in
      let image = Images(pixels: Array(test[position]), shape: test.shape)
      return Mistake(
        position: position, label: Int(test.label(at: position)), guess: guess, score: score,
        png: PNG.encode(image))
    }
    reading = Reading(evaluation: evaluation, mistakes: mistakes, data: "\(data.name) (\(data.origin))")
  }

  /// The name of a class.
  public func className(_ label: Int) -> String { checkpoint.classNames.name(of: label) }

  /// The epoch of the best checkpoint, if any was the best.
  public var bestEpoch: Int? { history.bestEpoch ?? checkpoint.progress.best?.epoch }

  /// The values of a metric over the epochs, and the best of them.
  public func values(of metric: TrainConfig.Metric) -> [(epoch: Int, value: Double)] {
    history.epochs.compactMap { epoch in epoch[metric].map { (epoch.number, $0) } }
  }

  /// The accuracy that says most of the run, and on what it is.
  public var accuracy: (value: Double, of: String)? {
    if let reading {
      return (reading.evaluation.accuracy, "\(reading.evaluation.count.grouped) test images")
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
  /// Runs at `paths`; those in folders of one name go by their paths.
  public static func reading(_ paths: [String]) throws -> [ReportedRun] {
    var runs = try paths.map { try ReportedRun($0) }
    for index in runs.indices where runs.count(where: { $0.label == runs[index].label }) > 1 {
      runs[index].label = paths[index]
    }
    return runs
  }

  /// What a reader of a comparison has to know first, a line each.
  public var notices: [String] {
    let data = Set(map { "\($0.checkpoint.data.name) \($0.checkpoint.data.fingerprint)" })
    if data.count < 2 { return [] }
    return ["These runs were trained on different data; their curves are not of the same images."]
  }
}
