import CNNEngine
import ModelFormats

/// A requested run with its config: new, or resumed from a checkpoint.
public struct TrainingSetup {
  /// The config, with every override.
  public private(set) var config: ExperimentConfig
  /// Where the run resumes; nil for a new run.
  public let resumePoint: ResumePoint?
  /// What is assumed or left out of the network of another program, one line each.
  public let notices: [String]
  private let request: TrainingRequest
  /// The locked folder of the resumed run; nil if the run gets another one.
  private let folder: RunFolder?

  /// Resolves a request: finds and locks the run to resume, reads the config and applies its overrides.
  ///
  /// - Throws: `DataError`, `ConfigError`, `SafeTensorsError` or `CheckpointError`.
  public static func resolve(_ request: TrainingRequest) throws -> TrainingSetup {
    guard let path = request.resume else {
      let (config, notices) = try request.resolvedConfig()
      return TrainingSetup(
        config: config, resumePoint: nil, notices: notices, request: request, folder: nil)
    }
    // Locked before its checkpoints are read, so that no other run changes them.
    let folder = request.writes && request.output == nil ? try RunFolder.open(resuming: path) : nil
    var resumePoint = try ResumePoint(path, in: folder)
    try resumePoint.apply(request.flags)
    return TrainingSetup(
      config: resumePoint.checkpoint.config, resumePoint: resumePoint, notices: [], request: request,
      folder: folder)
  }

  /// The weights to start from; nil for random ones.
  ///
  /// - Throws: `DataError`, `SafeTensorsError`, or `CheckpointError` for weights that do not fit the model.
  public func initialWeights() throws -> WeightImport? {
    try request.initialWeights.map { try WeightImport(of: config.model, contentsOf: LoadedModel.file($0)) }
  }

  /// Loads the data of the run; a new run's config then names it, and a built-in config fits it.
  ///
  /// - Parameter directory: `--data`; nil for the default of the config or of the resumed run.
  /// - Throws: `DataError` or `ConfigError`; `CheckpointError` if a run would resume on other data.
  public mutating func loadData(directory: String?, environment: DataEnvironment) throws -> ExperimentData {
    let data: ExperimentData
    if let resumePoint {
      data = try ExperimentData.load(
        config, of: resumePoint.checkpoint.data, classNames: resumePoint.checkpoint.classNames,
        directory: directory, environment: environment)
    } else {
      let named = try config.naming(directory: directory, in: environment.currentFolder)
      data = try ExperimentData.load(named, directory: directory, environment: environment)
      config = try data.config.choosingPictures(for: data)
    }
    // Before a folder is made for the run.
    try config.checkBatches(ofImages: data.train.count)
    return data
  }

  /// Checks that training on `data` fits into memory.
  ///
  /// - Throws: `InsufficientMemory`.
  public func checkMemory(for data: ExperimentData, threads: Int) throws -> MemoryForecast {
    try config.checkMemory(for: data, threads: threads)
  }

  /// Checks that a resumed run was trained on `data`.
  ///
  /// - Throws: `CheckpointError` for other data.
  public func check(_ data: ExperimentData) throws(CheckpointError) {
    if let resumePoint { try resumePoint.check(data, data.record) }
  }

  /// Creates the run and its folder.
  ///
  /// - Throws: `DataError`, `CheckpointError` or `SafeTensorsError`.
  public func createRun(
    data: ExperimentData, threadPool: ThreadPool, weights: WeightImport?
  ) throws -> TrainingRun {
    let folder =
      try folder
      ?? RunFolder.create(output: request.output, name: config.name, overwrite: request.overwrite)
    return try TrainingRun.create(
      config, data: data, in: folder, threadPool: threadPool, weights: weights?.tensors, resuming: resumePoint
    )
  }
}

extension TrainingRequest {
  /// The requested config, else that of the network in the file of initial weights, else `lenet`; with what is assumed.
  fileprivate func resolvedConfig() throws -> (config: ExperimentConfig, notices: [String]) {
    if let path = try initialWeights.map(LoadedModel.file) {
      // Before any data is looked for, or downloaded.
      let format = try WeightFormat(ofFile: path)
      if config == nil, let network = try network(in: path, format) { return network }
    }
    return (try ConfigSource.load(config ?? "lenet", flags: flags, settings: settings), [])
  }

  /// The network in a file of weights with its config; nil where it has weights alone.
  private func network(
    in path: String, _ format: WeightFormat
  ) throws -> (config: ExperimentConfig, notices: [String])? {
    guard format == .safetensors else {
      return try ForeignNetwork(contentsOf: path, format: format, flags: flags, settings: settings)
        .map { ($0.config, $0.notices) }
    }
    let file = try SafeTensors(contentsOf: path)
    guard file.metadata("format") == "cnn" else { return nil }
    let json = try Checkpoint(file, path: path).config.resolved
    var config = try ConfigSource.load(json, flags: flags, settings: settings)
    config.isFittedToData = true
    return (config, [])
  }
}
