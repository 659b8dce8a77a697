import CNNEngine
import ConfigDecoding
import Datasets
import FileIO
import Formatting

/// The training, validation and test images of a config.
public struct ExperimentData: Sendable {
  /// The config, a built-in one fitted to the data.
  public let config: ExperimentConfig
  /// The name of the data set: `mnist`, or `builtin` for synthetic digits.
  public let name: String
  /// Where the data set comes from, for the user: a path, or `synthetic digits`.
  public let origin: String
  /// The absolute path of its files; nil for synthetic digits.
  public let source: String?
  /// Notices for the user, one line each.
  public var notices: [String] = []
  /// The training images.
  public private(set) var train: Subset
  /// The test images.
  public let test: Subset
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]
  /// The validation images, or those that they are sampled from in each epoch.
  private var validationSource: Subset?
  let dataset: Dataset
  private var seed: UInt64 { config.seed }

  /// A part of a data set.
  public enum Split: String, CaseIterable, Sendable { case test, train, validation }

  /// Splits a data set.
  ///
  /// - Parameters:
  ///   - source: the absolute path of its files; nil for synthetic digits.
  ///   - origin: the path as it was given.
  ///   - split: the only part that is used; nil for all of them.
  init(
    _ dataset: Dataset, source: String?, origin: String? = nil, _ config: ExperimentConfig, for split: Split?
  ) throws {
    // A checkpoint could not be read again.
    if let fault = ClassName.fault(in: dataset.classNames) {
      throw DataError.unsuitable(path: origin ?? dataset.name, reason: "\(fault); rename it")
    }
    try Self.check(dataset, fits: config)
    (self.config, self.dataset) = (config, dataset)
    (self.source, self.origin) = (source, origin ?? "synthetic digits")
    name = dataset.name
    classNames = dataset.classNames
    var (train, test) = (dataset.train, dataset.test)
    if let resplit = config.data.resplit {
      (train, test) = try dataset.resplit(train: resplit.train, test: resplit.test, seed: config.seed)
    }
    (self.train, self.test) = (train, test)
    try checkImages(for: split)
    do throws(DataError) {
      try holdOut()
      if split == nil { _ = try validation(epoch: 0) }
    } catch {
      // The other parts are there without one for validation.
      if split == nil || split == .validation { throw error }
    }
  }

  /// Checks that the part that is used has images.
  private func checkImages(for split: Split?) throws(DataError) {
    let isTest = split == .test
    guard (isTest ? test : train).count == 0, split != .validation else { return }
    let (missing, others) = isTest ? ("test", train.count) : ("training", test.count)
    let other = isTest ? "training" : "test"
    throw .unsuitable(
      path: origin, reason: "there are no \(missing) images, only \(others.pluralized("\(other) image"))")
  }

  /// Takes the validation images from the training or the test set.
  ///
  /// A validation set of the data's own replaces images that a config would hold out.
  private mutating func holdOut() throws(DataError) {
    let validation = config.data.validation
    if let own = dataset.validation, validation?.from != .test {
      validationSource = own
      return
    }
    switch (validation?.from, validation?.count) {
    case (.train, let count?): (train, validationSource) = try train.holdingOut(count, seed: seed)
    case (.test, let count?): validationSource = try test.sample(count, seed: seed)
    case (.test, nil): validationSource = test
    default: break
    }
  }

  /// Checks that images and classes match the model's input and output.
  private static func check(_ dataset: Dataset, fits config: ExperimentConfig) throws(ConfigError) {
    let (issues, model) = (IssueList(), config.model)
    let shape = dataset.pool.shape
    if model.input != Shape(channels: shape.channels, height: shape.height, width: shape.width) {
      let message = "is \(model.input), but the images of \(dataset.name) are \(shape)"
      issues.report(config.resolved.issue(at: ["model", "input"], message))
    }
    let classes = dataset.classNames.count
    let entries = config.resolved["model"]?["outputs"]?.array
    for (index, output) in model.outputs.enumerated() {
      let fault: (key: String, message: String)
      if let labels = output.labels, labels.count != classes {
        fault = (
          "labels",
          "the map of the output \"\(output.name)\" has \(labels.count.pluralized("label")), but \(dataset.name) has "
            + "\(classes.pluralized("class")); it needs \(classes.grouped), one for each class"
        )
      } else if !output.shape.isFlat {
        fault = ("layer", "the output \"\(output.name)\" is \(output.shape); put \"flatten\" behind it")
      } else if output.labels == nil, output.classes != classes {
        let other = "\"labels\" with one label for each class"
        fault = (
          "layer",
          "the output \"\(output.name)\" is \(output.shape), but \(dataset.name) has \(classes.pluralized("class")); "
            + "it needs \(classes.pluralized("score")), or \(other)"
        )
      } else {
        continue
      }
      if let entries {
        let location = entries[index][fault.key]?.location ?? entries[index].location
        let path = "model.outputs[\(index)].\(fault.key)"
        issues.report(ConfigIssue(location: location, path: path, message: fault.message))
      } else {
        let message =
          "the output of the last layer is \(model.output), but \(dataset.name) has \(classes.pluralized("class"))"
        let last = config.resolved["model"]?["layers"]?.array?.last
        issues.report(
          ConfigIssue(location: last?.location ?? .code, path: "model.layers", message: message))
      }
    }
    try issues.check()
  }

  /// The validation images of epoch `epoch`; nil without validation.
  ///
  /// - Throws: `DataError` if a sample is larger than the set it is drawn from.
  public func validation(epoch: Int) throws(DataError) -> Subset? {
    guard let validationSource, let count = config.data.validation?.sample else { return validationSource }
    return try validationSource.sample(count, seed: seed, epoch: epoch)
  }

  /// One part of the data; a validation sample is that of epoch 0.
  ///
  /// - Throws: `DataError` if the config has no validation set.
  public func split(_ split: Split) throws(DataError) -> Subset {
    switch split {
    case .train: return train
    case .test: return test
    case .validation:
      guard let validation = try validation(epoch: 0) else {
        throw .unsatisfiable(reason: "this config has no validation set; use --split test or train")
      }
      return validation
    }
  }

  /// One part of the data, or only its first `limit` images, or `sample` random ones.
  ///
  /// - Parameter seed: the seed of the sample; nil for that of the config.
  /// - Throws: `DataError` if the config has no validation set, or the sample is larger than the part.
  public func split(_ split: Split, limit: Int?, sample: Int?, seed: UInt64?) throws(DataError) -> Subset {
    var images = try self.split(split)
    if let limit { images = images.prefix(limit) }
    if let sample { images = try images.sample(sample, seed: seed ?? self.seed) }
    return images
  }

  /// What `cnn predict` calls the images of a part, or of some of it: `test@17`.
  ///
  /// - Throws: `DataError` if the config has no validation set.
  public func names(of images: Subset, in split: Split) throws(DataError) -> [String] {
    let part = try self.split(split).indices
    let positions = Dictionary(zip(part, part.indices), uniquingKeysWith: { first, _ in first })
    return images.indices.map { index in positions[index].map { "\(split.rawValue)@\($0)" } ?? "" }
  }

  /// The SHA-256 of all images and labels, in hexadecimal.
  public func fingerprint() -> String { dataset.fingerprint() }

  /// The SHA-256 of the images and labels of the test set as its files hold it.
  func testFingerprint() -> String { dataset.testFingerprint() }

  /// What a run stores of the data.
  public var record: DataRecord {
    let fingerprints = dataset.fingerprints()
    return DataRecord(
      name: name, source: source, fingerprint: fingerprints.whole, testFingerprint: fingerprints.test)
  }
}
