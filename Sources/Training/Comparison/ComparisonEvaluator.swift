import CNNEngine
import ConfigDecoding
import Datasets
import Formatting
import Statistics

/// Evaluates the networks of a comparison, each on the test images of its run, or on the fold that it never saw.
public struct ComparisonEvaluator {
  private let metric: ComparisonMetric
  private let directory: String?
  private let environment: DataEnvironment
  private let threadPool: ThreadPool
  private let notice: (String) -> Void
  /// The data of the run before, which most often is that of the next one.
  private var loaded: (key: DataKey, experiment: ExperimentData, subset: Subset, images: ComparedImages)?

  /// What decides which images a run is compared on.
  private struct DataKey: Equatable {
    let record: DataRecord?
    let section: JSON?
    let input: Shape
    let classNames: [String]
    /// The seed, where it draws or splits the images.
    let seed: UInt64?
  }

  /// An evaluator.
  ///
  /// - Parameters:
  ///   - directory: `--data`; nil for the data of each run.
  ///   - notice: called with lines for the user.
  public init(
    metric: ComparisonMetric, directory: String?, environment: DataEnvironment, threadPool: ThreadPool,
    notice: @escaping (String) -> Void
  ) {
    (self.metric, self.directory, self.environment) = (metric, directory, environment)
    (self.threadPool, self.notice) = (threadPool, notice)
  }

  /// Evaluates the runs that an argument names.
  ///
  /// - Parameter progress: called after each run.
  /// - Throws: as `LoadedModel`, `ExperimentData.load` and `Evaluator.evaluate`.
  public mutating func model(_ paths: ComparedPaths, progress: () throws -> Void) throws -> ComparedModel {
    var runs: [ComparedRun] = []
    for path in paths.paths {
      let run = try run(path)
      if let twin = runs.first(where: { $0.key == run.key }) {
        notice("\(run.path) is left out: the same config and seed as \(twin.path)")
      } else {
        runs.append(run)
      }
      try progress()
    }
    runs.sort { ($0.seed, $0.fold ?? "") < ($1.seed, $1.fold ?? "") }
    return ComparedModel(name: paths.name, runs: runs, isSingle: paths.isSingle)
  }

  private mutating func run(_ path: String) throws -> ComparedRun {
    let model = try LoadedModel(checkpoint: path)
    _ = try model.requireParameters()
    let fold = model.config.resolved["data"]?["fold"].flatMap { $0.isNull ? nil : $0 }
    let (subset, images) = try data(of: model, isFold: fold != nil)
    var isCorrect: [Bool] = []
    var values: [Float] = []
    let metric = metric
    _ = try Evaluator(model, threadPool: threadPool).evaluate(
      subset,
      scored: { _, label, logits in
        let image = ProbabilityScores.Image(logits: logits, label: label)
        isCorrect.append(image.isCorrect)
        values.append(metric.value(of: image))
      })
    return ComparedRun(
      path: model.path, seed: model.config.seed, fold: fold?.description, images: images,
      isCorrect: isCorrect, values: values)
  }

  private mutating func data(of model: LoadedModel, isFold: Bool) throws -> (Subset, ComparedImages) {
    let data = model.config.data
    let isDrawn = isFold || data.resplit != nil || data.source == .builtin || model.data?.isBuiltin == true
    let key = DataKey(
      record: model.data, section: model.config.resolved["data"], input: model.config.model.input,
      classNames: model.classNames, seed: isDrawn ? model.config.seed : nil)
    if let loaded, loaded.key == key { return (loaded.subset, loaded.images) }
    loaded = nil
    let split: ExperimentData.Split = isFold ? .validation : .test
    let experiment = try model.loadData(directory: directory, environment: environment, for: split)
    for line in experiment.notices { notice(line) }
    let subset = try experiment.split(split)
    let images = ComparedImages(
      name: experiment.name, count: subset.count, trainCount: experiment.train.count,
      fingerprint: subset.fingerprint(classes: experiment.classNames.count))
    loaded = (key, experiment, subset, images)
    return (subset, images)
  }
}
