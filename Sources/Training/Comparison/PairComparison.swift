import FileIO
import Formatting
import Statistics

/// Two models compared, the difference being that of the first minus the second.
public struct PairComparison: Sendable {
  /// The first model.
  public let first: ComparedModel
  /// The second model.
  public let second: ComparedModel
  /// The runs of both with the same seed and fold; the two networks themselves where both are single.
  public let common: [(first: ComparedRun, second: ComparedRun)]
  /// The exact test on the same images; nil for groups.
  public let mcNemar: McNemarTest?
  /// The differences of the metric over common seeds or folds; nil without any, and for single networks.
  public let differences: Sample?
  /// The paired t test of `differences`, for folds with the variance of Nadeau and Bengio.
  public let test: Result<TTest, TTest.Fault>?
  /// The differences per image, averaged over the common runs; nil where these have different images.
  public let imageDifferences: Sample?
  /// The p value of the comparison; nil where there is no test.
  public let p: Double?
  /// `p` adjusted for the number of pairs, by Holm's method.
  public internal(set) var adjustedP: Double?

  /// Compares two models.
  ///
  /// - Throws: `DataError.unsuitable` if a pair of runs was evaluated on different images.
  init(_ first: ComparedModel, _ second: ComparedModel, metric: ComparisonMetric) throws(DataError) {
    (self.first, self.second) = (first, second)
    let areSingle = first.isSingle && second.isSingle
    let seconds = Dictionary(second.runs.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let common =
      areSingle
      ? Array(zip(first.runs, second.runs))
      : first.runs.compactMap { run in seconds[run.key].map { (run, $0) } }
    self.common = common.map { (first: $0, second: $1) }
    // Without a common seed, what would be compared are still the same images.
    for (a, b) in common.isEmpty ? Array(zip(first.runs, second.runs)).prefix(1) : common[...]
    where a.images.fingerprint != b.images.fingerprint {
      throw .unsuitable(
        path: b.path,
        reason: "is evaluated on \(b.images.description), \(a.path) on \(a.images.description); only results "
          + "on the same images can be compared")
    }
    imageDifferences = Self.imageDifferences(common)
    if areSingle {
      let wrong = common.reduce(into: (first: 0, second: 0)) { counts, pair in
        for (a, b) in zip(pair.0.isCorrect, pair.1.isCorrect) where a != b {
          if a { counts.second += 1 } else { counts.first += 1 }
        }
      }
      let mcNemar = McNemarTest(onlyFirstWrong: wrong.first, onlySecondWrong: wrong.second)
      (self.mcNemar, differences, test) = (mcNemar, nil, nil)
      p = metric == .accuracy ? mcNemar.p : imageDifferences.flatMap { try? TTest($0) }?.p
    } else {
      mcNemar = nil
      differences = Sample(differences: common.map { $0.0.value }, common.map { $0.1.value })
      let ratio = first.isFolds && second.isFolds ? common.map(\.0).testRatio : 0
      test = differences.map { sample in
        Result { () throws(TTest.Fault) in try TTest(sample, testRatio: ratio) }
      }
      p = try? test?.get().p
    }
    adjustedP = p
  }

  /// The difference for each image, averaged over the pairs of runs.
  private static func imageDifferences(_ pairs: [(ComparedRun, ComparedRun)]) -> Sample? {
    guard let images = pairs.first?.0.images,
      pairs.allSatisfy({ $0.0.images.fingerprint == images.fingerprint })
    else { return nil }
    let means = (0..<images.count).map { image in
      pairs.reduce(0) { $0 + (Double($1.0.values[image]) - Double($1.1.values[image])) }
        / Double(pairs.count)
    }
    return Sample(means, scale: 1)
  }

  /// The difference of the metric; nil without common runs.
  public var difference: Double? { differences?.mean ?? imageDifferences?.mean }

  /// Whether the test shows a difference at the level of 5 %, all pairs considered.
  public var showsDifference: Bool { adjustedP.map { $0 < 1 - Interval.confidence } ?? false }

  /// Whether the runs of both are folds of one data set.
  public var isFolds: Bool { first.isFolds && second.isFolds }

  /// The number of seeds that would show `difference` with a power of 80 %; nil where the deviation is unknown or 0,
  /// where more than `TTestPower.mostSeeds` are needed, and for folds, which are not independent.
  public func seeds(for difference: Double) -> Int? {
    guard !isFolds, let deviation = differences?.deviation, deviation > 0 else { return nil }
    return TTestPower.seeds(difference: difference, deviation: deviation)
  }
}
