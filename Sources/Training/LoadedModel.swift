import CNNEngine
import Datasets
import FileIO

/// A network somebody named on the command line: a config, a checkpoint, a run's folder, or bare weights.
public struct LoadedModel {
  /// The file that was read in the end.
  public let path: String
  /// The network and everything around it.
  public let config: ExperimentConfig
  /// The weights; nil for a config.
  public let parameters: FlatTensorBuffer?
  /// What the classes are called.
  public let classNames: [String]
  /// The name of the data it was trained on.
  public let dataName: String?
  /// What was guessed of weights that were written elsewhere, a line each.
  public let notices: [String]

  /// Reads what `path` names.
  ///
  /// - Parameter config: the config of weights that were written elsewhere.
  /// - Throws: `DataError`, `ConfigError`, `SafeTensorsError` or `CheckpointError`.
  public init(_ path: String, config configPath: String? = nil) throws {
    let file = try Self.file(path)
    self.path = file
    if configPath == nil, !Self.isConfig(file) {
      if file.hasSuffix(".npz") {
        throw CheckpointError(
          file, "a NumPy archive has no network in it; name its config with --config FILE")
      }
      let checkpoint = try Checkpoint(contentsOf: file)
      config = checkpoint.config
      parameters = checkpoint.parameters()
      (classNames, dataName, notices) = (checkpoint.classNames, checkpoint.data.name, [])
      return
    }
    let config = try ExperimentConfig(ConfigSource.json(configPath ?? file))
    self.config = config
    let weights = try configPath.map { _ in try WeightImport(of: config.model, contentsOf: file) }
    parameters = weights.map { config.model.buffer(of: $0.tensors) }
    notices = weights?.notice.map { [$0] } ?? []
    (classNames, dataName) = (Dataset.digitNames, nil)
  }

  /// Reads what `path` names where only a network with weights will do.
  ///
  /// - Throws: as above, in words about checkpoints.
  public init(checkpoint path: String, config: String? = nil) throws {
    if !isFile(path), !isFolder(path), !ConfigSource.isShipped(path) {
      throw DataError.unreadable(
        path: path, reason: "no such checkpoint or run's folder; cnn train makes one, in runs/<name>")
    }
    try self.init(path, config: config)
  }

  /// The weights; throws where there are none.
  public func requireParameters() throws(CheckpointError) -> FlatTensorBuffer {
    if let parameters { return parameters }
    throw CheckpointError(
      path, "this is a config, it has no weights; name a checkpoint (cnn train makes one)")
  }

  /// Where a model trained on drawn digits is evaluated unless somebody says otherwise.
  public var builtinData: String? { dataName == "builtin" ? "builtin" : nil }

  /// The checkpoint of a run's folder, or the path itself.
  public static func file(_ path: String) throws(DataError) -> String {
    guard isFolder(path) else { return path }
    if let found = RunFolder(reading: path).usableCheckpoints.first(where: isFile) { return found }
    throw .unreadable(
      path: path, reason: "no checkpoint in this folder (model.ckpt, checkpoints/best.ckpt)")
  }

  /// Whether it is a config: what does not exist may be the name of a shipped one.
  private static func isConfig(_ path: String) -> Bool {
    path.hasSuffix(".json") || !isFile(path)
  }
}

extension [String] {
  /// The name of the class `label`; its number where it has none.
  public func name(of label: Int) -> String { indices.contains(label) ? self[label] : "\(label)" }
}
