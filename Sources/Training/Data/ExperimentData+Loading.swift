import CNNEngine
import ConfigDecoding
import Datasets
import FileIO
import ImageFiles

extension ExperimentData {
  /// Loads and splits the data that a config names, or `--data`; a built-in config is fitted to it, with a notice.
  ///
  /// - Parameters:
  ///   - directory: `--data`: a folder, a file, or `builtin`; nil for the default of the config.
  ///   - split: the only part that is used; nil for training, which needs all that the config asks for.
  /// - Throws: `DataError` for files and splits, `ConfigError` if shape or classes do not match the model.
  public static func load(
    _ config: ExperimentConfig, directory: String?, environment: DataEnvironment, for split: Split? = nil
  ) throws -> ExperimentData {
    if directory == Dataset.builtinName || (directory == nil && config.data.source == .builtin) {
      let dataset = try synthetic(config)
      let (fitted, notices) = try config.fitted(to: dataset)
      var data = try ExperimentData(dataset, source: nil, fitted, for: split)
      data.notices = notices + data.notices
      return data
    }
    let locator = config.locator(option: directory, environment: environment)
    if !locator.isPresent { try environment.whenMissing(locator) }
    return try load(config, from: locator.chosen, environment, for: split)
  }

  /// Loads and splits the data of a run, wherever it is now.
  ///
  /// Without `--data`, that is the run's source; where that is gone, the first of the usual places with the same
  /// fingerprint. Other data is only used where `--data` asks for it, and a notice says so.
  ///
  /// - Parameters:
  ///   - record: what the run stores of its data.
  ///   - classNames: the names of its classes.
  /// - Throws: as for a new run; also `DataError` if only other data is found.
  public static func load(
    _ config: ExperimentConfig, of record: DataRecord, classNames: [String], directory: String?,
    environment: DataEnvironment, for split: Split? = nil
  ) throws -> ExperimentData {
    let environment = environment.naming(classNames)
    if record.fingerprint.isEmpty || record.isBuiltin && directory == nil {
      let directory = directory ?? (record.isBuiltin ? Dataset.builtinName : nil)
      return try load(config, directory: directory, environment: environment, for: split)
    }
    if directory != nil {
      var data = try load(config, directory: directory, environment: environment, for: split)
      if !record.matches(data, for: split) {
        data.notices.append(
          "\(data.origin) is not the data of the run, which was trained on \(record.description)")
      }
      return data
    }
    if let source = record.source, DatasetSource.isPresent(at: source) {
      let candidate = DatasetLocator.Candidate(directory: source, origin: .run)
      let data = try load(config, from: candidate, environment, for: split)
      if record.matches(data, for: split) { return data }
      throw record.otherData(in: [data])
    }
    return try find(record, config, environment, for: split)
  }

  /// Looks for the data of a run whose source is gone or unknown in the usual places.
  private static func find(
    _ record: DataRecord, _ config: ExperimentConfig, _ environment: DataEnvironment, for split: Split?
  ) throws -> ExperimentData {
    let locator = config.locator(option: nil, environment: environment)
    let usual = locator.usualPlaces.filter { DatasetSource.isPresent(at: $0.directory) }
    if usual.isEmpty {
      guard record.source == nil else { throw record.otherData(in: []) }
      try environment.whenMissing(locator)
    }
    var others: [ExperimentData] = []
    for place in usual.isEmpty ? [locator.chosen] : usual {
      var data = try load(config, from: place, environment, for: split)
      guard record.matches(data, for: split) else {
        others.append(data)
        continue
      }
      if let source = record.source {
        data.notices.append(
          "the data of the run is no longer in \(source); the same data is in \(data.origin)")
      }
      return data
    }
    throw record.otherData(in: others)
  }

  private static func load(
    _ config: ExperimentConfig, from place: DatasetLocator.Candidate, _ environment: DataEnvironment,
    for split: Split?
  ) throws -> ExperimentData {
    let path = place.directory
    var options = config.datasetOptions(environment)
    if place.origin.isUsual { options.name = config.data.source.knownDataset.rawValue }
    let dataset = try Dataset.load(from: path, options)
    let (fitted, notices) = try config.fitted(to: dataset)
    var data = try ExperimentData(
      dataset, source: joinPath(environment.currentFolder, path), origin: path, fitted, for: split)
    data.notices = dataset.notices + notices + data.notices
    return data
  }

  /// The whole data set at `path`, a file, a folder or `builtin`, for inspection: pictures that cannot be read are left out.
  ///
  /// - Parameter config: how it is read.
  /// - Throws: `DataError` for invalid files, `ConfigError` if synthetic digits cannot have the input of the config.
  public static func dataset(
    at path: String, as config: ExperimentConfig, environment: DataEnvironment
  ) throws -> Dataset {
    if path == Dataset.builtinName { return try synthetic(config) }
    var options = config.datasetOptions(environment)
    options.skipsUnreadable = true
    // The classes are the data's own, not as many as a network has scores.
    options.units = nil
    return try Dataset.load(from: path, options)
  }

  private static func synthetic(_ config: ExperimentConfig) throws(ConfigError) -> Dataset {
    let input = config.model.input
    guard input.channels == 1 || input.channels == 3, input.height == input.width,
      (8...1024).contains(input.height)
    else {
      let message =
        "is \(input), but synthetic digits are square, 8 to 1024 pixels wide, with 1 or 3 channels"
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
    return Dataset(name: Dataset.builtinName, pool: pool, trainCount: train)
  }
}

extension Dataset {
  /// The name of synthetic digits, as `--data`, in configs and in checkpoints.
  static let builtinName = "builtin"
}

extension DataRecord {
  /// The error of a run whose data is not found, with what is there instead.
  fileprivate func otherData(in found: [ExperimentData]) -> DataError {
    let others = found.map { "\($0.origin) has other data (SHA-256 \($0.fingerprint().prefix(12)))" }
    let what = others.isEmpty ? "which is not there any more" : "but " + others.joined(separator: ", ")
    return .unreadable(
      path: source ?? name,
      reason: "the run was trained on \(description), \(what); name the data with --data")
  }
}

extension ExperimentConfig {
  /// How the data of the config is read.
  fileprivate func datasetOptions(_ environment: DataEnvironment) -> DatasetOptions {
    let input = model.input
    let sides = input.dimensions
    return DatasetOptions(
      shape: sides.count == 3 && [1, 3].contains(sides[0])
        ? ImageShape(channels: input.channels, height: input.height, width: input.width) : nil,
      units: model.dataClasses, classNames: environment.classNames ?? data.classNames,
      labelColumn: data.labelColumn, undivided: data.resplit == nil ? .fifthIsTest : .training,
      skipsUnreadable: data.skipsUnreadable, pictures: data.pictures,
      cacheFolder: DatasetLocator.cacheFolder("data", environment: environment.variables),
      progress: environment.progress)
  }

  /// Where the data of the config is looked for.
  fileprivate func locator(option: String?, environment: DataEnvironment) -> DatasetLocator {
    DatasetLocator(
      data.source.knownDataset, option: option, environment: environment.variables,
      configDirectory: data.directory, currentFolder: environment.currentFolder,
      cacheFolder: DatasetLocator.cacheFolder(environment: environment.variables))
  }
}
