import CNNEngine
import Datasets
import Formatting
import Statistics

/// Evaluates the networks of a comparison, each on the test images of its run, or on the fold that it never saw.
public struct ComparisonEvaluator {
  private let metric: ComparisonMetric
  private let threadPool: ThreadPool
  private let notice: (String) -> Void
  private var loader: SplitLoader
  /// The images that were loaded last.
  private var images: ComparedImages?

  /// An evaluator.
  ///
  /// - Parameters:
  ///   - directory: `--data`; nil for the data of each run.
  ///   - notice: called with lines for the user.
  public init(
    metric: ComparisonMetric, directory: String?, environment: DataEnvironment, threadPool: ThreadPool,
    notice: @escaping (String) -> Void
  ) {
    (self.metric, self.threadPool, self.notice) = (metric, threadPool, notice)
    loader = SplitLoader(directory: directory, environment: environment, notice: notice)
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
    let (data, subset, isNew) = try loader.load(isFold ? .validation : .test, of: model)
    if !isNew, let images { return (subset, images) }
    let images = ComparedImages(
      name: data.name, count: subset.count, trainCount: data.train.count,
      fingerprint: subset.fingerprint(classes: data.classNames.count))
    self.images = images
    return (subset, images)
  }
}
