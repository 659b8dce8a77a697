import ConfigDecoding
import FileIO
import Formatting
import Statistics

/// Several models on the same images, each pair of them compared.
public struct Comparison: Sendable {
  /// What is compared.
  public let metric: ComparisonMetric
  /// The smallest difference that matters, for the number of seeds.
  public let difference: Double
  /// The models.
  public let models: [ComparedModel]
  /// Every pair of them.
  public let pairs: [PairComparison]

  /// Compares every pair of `models`.
  ///
  /// - Throws: `DataError.unsuitable` if two were evaluated on different images.
  public init(
    _ models: [ComparedModel], metric: ComparisonMetric, difference: Double
  ) throws(DataError) {
    (self.models, self.metric, self.difference) = (models, metric, difference)
    var pairs: [PairComparison] = []
    for (index, first) in models.enumerated() {
      for second in models[(index + 1)...] {
        pairs.append(try PairComparison(first, second, metric: metric))
      }
    }
    let tested = pairs.indices.filter { pairs[$0].p != nil }
    for (index, p) in zip(tested, holmAdjusted(tested.compactMap { pairs[$0].p })) {
      pairs[index].adjustedP = p
    }
    self.pairs = pairs
  }

  /// The images: their number and the name of the data set, or what they are for folds.
  public var images: String {
    let all = models.flatMap(\.runs).map(\.images)
    guard let first = all.first else { return "no images" }
    if models.contains(where: \.isFolds) { return "the held-out images of each fold of \(first.name)" }
    if all.contains(where: { $0.fingerprint != first.fingerprint }) {
      return "the \(first.name) images of each seed"
    }
    return "the same \(first.count.grouped) images of \(first.name) (SHA-256 \(first.fingerprint.prefix(12)))"
  }

  /// The output of `cnn compare --json`.
  public var json: JSON {
    JSON(object: [
      ("metric", JSON(metric.rawValue)), ("models", JSON(models.map { $0.json(metric) })),
      ("pairs", JSON(pairs.map { $0.json(difference) })),
    ])
  }
}

extension ComparedModel {
  fileprivate func json(_ metric: ComparisonMetric) -> JSON {
    JSON(object: [
      ("name", JSON(name)), ("runs", JSON(runs.map { JSON($0.path) })),
      ("seeds", JSON(runs.map { JSON($0.seed) })), ("values", JSON(runs.map { JSON($0.value) })),
      ("count", JSON(runs.first?.images.count ?? 0)), ("mean", JSON(orNull: sample?.mean)),
      ("standard_error", JSON(orNull: sample?.standardError)), ("interval", JSON(interval(metric))),
    ])
  }
}

extension PairComparison {
  fileprivate func json(_ smallest: Double) -> JSON {
    let test = try? test?.get()
    return JSON(object: [
      ("a", JSON(first.name)), ("b", JSON(second.name)), ("difference", JSON(orNull: difference)),
      ("only_a_wrong", mcNemar.map { JSON($0.onlyFirstWrong) } ?? .null),
      ("only_b_wrong", mcNemar.map { JSON($0.onlySecondWrong) } ?? .null),
      ("mcnemar_p", JSON(orNull: mcNemar?.p)), ("common_runs", JSON(common.count)),
      ("deviation", JSON(orNull: differences?.deviation)), ("interval", JSON(test?.interval)),
      ("paired_t", JSON(orNull: test?.statistic)), ("paired_t_p", JSON(orNull: test?.p)),
      ("image_interval", JSON(imageDifferences?.interval)), ("adjusted_p", JSON(orNull: adjustedP)),
      ("shows_difference", JSON(showsDifference)),
      ("seeds_needed", seeds(for: smallest).map { JSON($0) } ?? .null),
    ])
  }
}
