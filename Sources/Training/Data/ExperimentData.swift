import CNNEngine
import ConfigDecoding
import Datasets
import FileIO

/// The images of an experiment, split as its config says.
public struct ExperimentData: Sendable {
  /// What the set is called: `mnist`, or `builtin` for drawn digits.
  public let name: String
  /// Where it was found, in words for a user.
  public let origin: String
  /// Images to train with.
  public let train: Subset
  /// Images to test with.
  public let test: Subset
  /// What the classes are called.
  public let classNames: [String]
  /// What each epoch is validated on.
  private let validationSource: Subset?
  private let validationSample: Int?
  private let seed: UInt64
  private let dataset: Dataset

  /// Which part of a data set.
  public enum Split: String, CaseIterable, Sendable { case test, train, validation }

  /// Loads and splits the data of `config`.
  ///
  /// - Parameter directory: `--data`: a folder, `builtin`, or nil to look where the config says.
  /// - Throws: `DataError` for files and splits, `ConfigError` if the images do not fit the model.
  public init(_ config: ExperimentConfig, directory: String?, environment: DataEnvironment) throws {
    (dataset, origin) = try Self.load(config, directory, environment)
    try Self.check(dataset, fits: config)
    name = dataset.name
    classNames = dataset.classNames
    seed = config.seed
    var (train, test) = (dataset.train, dataset.test)
    if let resplit = config.data.resplit {
      (train, test) = try dataset.resplit(train: resplit.train, test: resplit.test, seed: seed)
    }
    let validation = config.data.validation
    switch (validation?.from, validation?.count) {
    case (.train, let count?): (train, validationSource) = try train.holdingOut(count, seed: seed)
    case (.test, let count?): validationSource = try test.sample(count, seed: seed)
    case (.test, nil): validationSource = test
    default: validationSource = nil
    }
    validationSample = validation?.sample
    (self.train, self.test) = (train, test)
    _ = try self.validation(epoch: 0)
  }

  private static func load(
    _ config: ExperimentConfig, _ directory: String?, _ environment: DataEnvironment
  ) throws -> (Dataset, String) {
    if directory == "builtin" || (directory == nil && config.data.source == .builtin) {
      return (try Self.drawn(config), "digits drawn by the program")
    }
    let locator = DatasetLocator(
      option: directory, environment: environment.variables, configDirectory: config.data.directory,
      currentFolder: environment.currentFolder,
      cacheFolder: DatasetLocator.cacheFolder(environment: environment.variables))
    if !locator.isPresent { try environment.whenMissing(locator) }
    let folder = locator.chosen.directory
    return (try Dataset.load(from: folder), folder)
  }

  private static func drawn(_ config: ExperimentConfig) throws(ConfigError) -> Dataset {
    let input = config.model.input
    guard input.channels == 1 || input.channels == 3, input.height == input.width,
      (8...1024).contains(input.height)
    else {
      let message = "is \(input), but drawn digits are square, 8 to 1024 pixels wide, with 1 or 3 channels"
      throw ConfigError([config.resolved.issue(at: ["model", "input"], message)])
    }
    let digits = SyntheticDigits(seed: config.seed, channels: input.channels, size: input.height)
    let (train, test) = config.data.builtin
    guard (train + test) * digits.byteCount <= ByteSource.byteLimit else {
      let message = "\(train + test) digits of \(input) take more than the limit of 4 GiB"
      throw ConfigError([config.resolved.issue(at: ["data", "builtin"], message)])
    }
    let (pixels, labels) = digits.images(0..<train + test)
    let pool = LabeledImages(
      pixels: pixels, labels: labels, channels: digits.channels, height: digits.size, width: digits.size)
    return Dataset(name: "builtin", pool: pool, trainCount: train)
  }

  /// Images and classes have to be what the model's first and last layers expect.
  private static func check(_ dataset: Dataset, fits config: ExperimentConfig) throws(ConfigError) {
    let (issues, model) = (IssueList(), config.model)
    let shape = dataset.pool.shape
    if model.input != Shape(channels: shape.channels, height: shape.height, width: shape.width) {
      let message = "is \(model.input), but the images of \(dataset.name) are \(shape)"
      issues.report(config.resolved.issue(at: ["model", "input"], message))
    }
    let classes = dataset.classNames.count
    if model.output != Shape([classes]) {
      let message = "the last layer gives \(model.output), but \(dataset.name) has \(classes) classes"
      let last = config.resolved["model"]?["layers"]?.array?.last
      issues.report(ConfigIssue(location: last?.location ?? .code, path: "model.layers", message: message))
    }
    try issues.check()
  }

  /// What epoch `epoch` is validated on; nil when nothing is.
  ///
  /// - Throws: `DataError` if a sample is larger than the set it is drawn from.
  public func validation(epoch: Int) throws(DataError) -> Subset? {
    guard let validationSource, let validationSample else { return validationSource }
    return try validationSource.sample(validationSample, seed: seed, epoch: epoch)
  }

  /// One part of the data; the validation part is that of epoch 0.
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

  /// SHA-256 over all images and labels.
  public func fingerprint() -> String { dataset.fingerprint() }
}
