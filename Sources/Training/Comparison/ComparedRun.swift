import Formatting

/// A trained network of a comparison, with what it said to each image.
public struct ComparedRun: Sendable {
  /// The checkpoint.
  public let path: String
  /// The seed of its run.
  public let seed: UInt64
  /// The fold of a cross-validation that it was not trained on, as its config has it; nil for other runs.
  public let fold: String?
  /// The images.
  let images: ComparedImages
  /// Whether each image was classified correctly.
  let isCorrect: [Bool]
  /// The value of the metric for each image.
  let values: [Float]
  /// The metric.
  public let value: Double

  package init(
    path: String, seed: UInt64, fold: String?, images: ComparedImages, isCorrect: [Bool], values: [Float]
  ) {
    (self.path, self.seed, self.fold, self.images) = (path, seed, fold, images)
    (self.isCorrect, self.values) = (isCorrect, values)
    value = values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count))
  }

  /// What runs of two models must have in common to be a pair.
  struct Key: Hashable {
    let seed: UInt64
    let fold: String?
  }

  var key: Key { Key(seed: seed, fold: fold) }
}

/// The images that a run is compared on.
package struct ComparedImages: Sendable, Equatable {
  /// The name of the data set.
  let name: String
  /// The number of images.
  let count: Int
  /// The number of images that the run was trained on.
  let trainCount: Int
  /// The SHA-256 of images and labels.
  let fingerprint: String

  package init(name: String, count: Int, trainCount: Int, fingerprint: String) {
    (self.name, self.count, self.trainCount, self.fingerprint) = (name, count, trainCount, fingerprint)
  }

  /// The number of images and the first digits of the fingerprint.
  var description: String { "\(count.pluralized("image")) of \(name) with SHA-256 \(fingerprint.prefix(12))" }
}
