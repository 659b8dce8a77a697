import CNNEngine
import Datasets
import FileIO

/// The network that a command-line argument names: a config, a checkpoint, a run folder, or a weights file with its
/// config.
public struct LoadedModel: Sendable {
  /// The file that was read.
  public let path: String
  /// The config, with the model.
  public let config: ExperimentConfig
  /// The weights and running statistics, or their average where the checkpoint has one; nil for a config.
  public let parameters: FlatTensorBuffer?
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]
  /// The names of the classes of each of its outputs.
  public var outputClassNames: [[String]] { config.model.classNames(of: classNames) }
  /// The data that it was trained on; nil for a config or imported weights.
  public let data: DataRecord?
  /// How imported weights were matched to the network, and whether they are an average, one line each.
  public let notices: [String]

  /// Reads the network that `path` names.
  ///
  /// - Parameters:
  ///   - config: the config of a weights file of another program.
  ///   - settings: values of `--set`, which override keys of its config.
  /// - Throws: `DataError`, `ConfigError`, `SafeTensorsError` or `CheckpointError`.
  public init(_ path: String, config configPath: String? = nil, settings: [String] = []) throws {
    let file = try Self.file(path)
    self.path = file
    var checkpoint: Checkpoint?
    if let configPath {
      config = try ConfigSource.load(configPath, settings: settings)
      let weights = try WeightImport(of: config.model, contentsOf: file)
      parameters = try config.model.buffer(of: weights.tensors)
      notices = weights.notice.map { [$0] } ?? []
    } else if Self.isConfig(file) {
      config = try ConfigSource.load(file, settings: settings)
      (parameters, notices) = (nil, [])
    } else if let network = try Self.foreignNetwork(file, settings) {
      config = network.config
      let weights = try WeightImport(of: config.model, in: network.weights, path: file)
      parameters = try config.model.buffer(of: weights.tensors)
      notices = network.notices
    } else {
      let content = try Checkpoint(contentsOf: file)
      parameters = try content.parameters()
      config =
        try settings.isEmpty
        ? content.config : ConfigSource.load(content.config.resolved, flags: [], settings: settings)
      notices = content.average.isEmpty ? [] : ["\(file): \(WeightImport.averageNotice)"]
      checkpoint = content
    }
    // Where nothing names the classes they are digits, or numbers.
    classNames = checkpoint?.classNames ?? (0..<config.model.dataClasses).map(String.init)
    data = checkpoint?.data
  }

  /// The network in a file of another program; nil for safetensors, which may be a checkpoint.
  ///
  /// - Throws: also `CheckpointError` for weights alone.
  private static func foreignNetwork(_ path: String, _ settings: [String]) throws -> ForeignNetwork? {
    let format = try WeightFormat(ofFile: path)
    if format == .safetensors { return nil }
    if let network = try ForeignNetwork(contentsOf: path, format: format, settings: settings) {
      return network
    }
    throw CheckpointError(
      path, "weights without their network; name its config with --config FILE (docs/interop.md)")
  }

  /// Reads a network with weights; a missing file is reported as a missing checkpoint.
  ///
  /// - Throws: as `init(_:config:)`.
  public init(checkpoint path: String, config: String? = nil, settings: [String] = []) throws {
    if !isFile(path), !isFolder(path), !ConfigSource.isShipped(path) {
      let found = RunFolder.all(in: "runs").map { joinPath($0, path) }.first { isFile($0) || isFolder($0) }
      let advice = found.map { "did you mean \($0)?" } ?? "cnn train writes one, runs/<name>"
      throw DataError.unreadable(path: path, reason: "no such checkpoint or run folder; \(advice)")
    }
    try self.init(path, config: config, settings: settings)
  }

  /// The weights.
  ///
  /// - Throws: `CheckpointError` for a config, which has none.
  public func requireParameters() throws(CheckpointError) -> FlatTensorBuffer {
    if let parameters { return parameters }
    throw CheckpointError(
      path, "a config has no weights; name a checkpoint (cnn train writes one)")
  }

  /// Loads the images to evaluate it on: those of its run, or of its config.
  ///
  /// - Parameters:
  ///   - directory: `--data`; nil for the data of the run.
  ///   - split: the part that is used.
  /// - Throws: as `ExperimentData.load`.
  public func loadData(
    directory: String?, environment: DataEnvironment, for split: ExperimentData.Split
  ) throws -> ExperimentData {
    if let data {
      return try ExperimentData.load(
        config, of: data, classNames: classNames, directory: directory, environment: environment, for: split)
    }
    return try ExperimentData.load(config, directory: directory, environment: environment, for: split)
  }

  /// The checkpoint that stands for a run folder; any other path unchanged.
  public static func file(_ path: String) throws(DataError) -> String {
    guard isFolder(path) else { return path }
    if let found = RunFolder(path).usableCheckpoints.first(where: \.isFile) { return found.path }
    throw .unreadable(
      path: path, reason: "no checkpoint in this folder (model.ckpt, checkpoints/best.ckpt)")
  }

  /// Whether `path` is a run folder or a file of weights, and no input of `cnn predict`.
  public static func isNetwork(_ path: String) -> Bool {
    if isFolder(path) { return RunFolder.isRun(path) }
    return isRegularFile(path) && (try? WeightFormat(ofFile: path)) != nil
  }

  /// Whether `path` is a config: a JSON file, or no file, which may be the name of a built-in config.
  private static func isConfig(_ path: String) -> Bool {
    path.hasSuffix(".json") || !isFile(path)
  }
}

extension [String] {
  /// The name of the class `label`; the label itself without a name.
  public func name(of label: Int) -> String { indices.contains(label) ? self[label] : "\(label)" }
}
