import ConfigDecoding
import Statistics

/// What a vote gains in accuracy over its networks alone, on the same images.
public struct VoteGain: Sendable {
  /// The comparison with one network, or with the mean of all.
  public struct Single: Sendable {
    /// The checkpoint; nil for the mean of all.
    public let path: String?
    /// The accuracy of the network alone.
    public let accuracy: Double
    /// The accuracy of the vote minus that.
    public let gain: Double
    /// The 95 % interval of the gain over images, paired by image; nil where no image differs.
    public let interval: Interval?
  }

  /// Each network.
  public let singles: [Single]
  /// The mean over all networks.
  public let mean: Single

  /// The gain of a vote.
  ///
  /// - Parameters:
  ///   - votes: whether each image was classified correctly by the vote.
  ///   - singles: the checkpoint of each network, and whether it alone classified each image correctly.
  package init(_ votes: [Bool], singles: [(path: String, isCorrect: [Bool])]) {
    func single(_ path: String?, _ values: [Double]) -> Single {
      let differences = Sample(zip(votes, values).map { ($0 ? 1 : 0) - $1 }, scale: 1)
      let accuracy = values.reduce(0, +) / Double(max(1, values.count))
      return Single(
        path: path, accuracy: accuracy, gain: differences?.mean ?? 0, interval: differences?.interval)
    }
    self.singles = singles.map { single($0.path, $0.isCorrect.map { $0 ? 1 : 0 }) }
    mean = single(
      nil,
      votes.indices.map { image in
        Double(singles.count { $0.isCorrect[image] }) / Double(max(1, singles.count))
      })
  }

  /// The members `vote` of `cnn eval --json`.
  public var json: JSON {
    JSON(object: [("mean", mean.json), ("networks", JSON(singles.map(\.json)))])
  }
}

extension VoteGain.Single {
  fileprivate var json: JSON {
    JSON(
      object: (path.map { [("path", JSON($0))] } ?? []) + [
        ("accuracy", JSON(accuracy)), ("gain", JSON(gain)), ("gain_interval", JSON(interval)),
      ])
  }
}
