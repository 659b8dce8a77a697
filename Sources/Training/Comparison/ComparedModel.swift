import Statistics

/// One side of a comparison: a single network, or a group of runs with equal configs and different seeds or folds.
public struct ComparedModel: Sendable {
  /// What the user calls it: a path, with the config keys by which groups of one folder differ.
  public let name: String
  /// Its networks, one for each seed and fold.
  public let runs: [ComparedRun]
  /// Whether it was named as a single network, not as a folder of runs.
  public let isSingle: Bool

  package init(name: String, runs: [ComparedRun], isSingle: Bool) {
    (self.name, self.runs, self.isSingle) = (name, runs, isSingle)
  }

  /// The metric of each run: number, mean and deviation; nil where a value is not finite.
  public var sample: Sample? { Sample(runs.map(\.value)) }

  /// Whether every run leaves out another fold of the data.
  public var isFolds: Bool { runs.allSatisfy { $0.fold != nil } }

  /// The 95 % interval of the metric: of one network over images, of several over seeds or folds; nil where there is
  /// none.
  public func interval(_ metric: ComparisonMetric) -> Interval? {
    guard runs.count == 1, let run = runs.first else {
      return sample.flatMap { try? TTest($0, testRatio: isFolds ? runs.testRatio : 0) }?.interval
    }
    if metric == .accuracy { return Proportion(run.isCorrect.count { $0 }, of: run.isCorrect.count).interval }
    return Sample(run.values.map(Double.init))?.interval
  }
}

extension [ComparedRun] {
  /// The mean ratio of images of a fold to images that were trained on.
  var testRatio: Double {
    reduce(0) { $0 + Double($1.images.count) / Double(Swift.max(1, $1.images.trainCount)) }
      / Double(Swift.max(1, count))
  }
}
