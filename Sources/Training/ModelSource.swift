import Configuration
import ConvNet
import Digits
import Interchange

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A network somebody named on the command line: a config, a checkpoint, a run's folder, or bare weights.
public struct ModelSource {
  /// The file that was read in the end.
  public let path: String
  /// The network and everything around it.
  public let config: ExperimentConfig
  /// The weights; nil for a config.
  public let parameters: FlatBuffer?
  /// What the classes are called.
  public let classNames: [String]
  /// The name of the data it was trained on.
  public let dataName: String?

  /// Reads what `path` names.
  ///
  /// - Parameter config: the config of weights that were written elsewhere.
  /// - Throws: `DataError`, `ConfigError`, `SafeTensorsError` or `CheckpointError`.
  public init(_ path: String, config configPath: String? = nil) throws {
    let file = try Self.file(path)
    self.path = file
    if let configPath {
      config = try ExperimentConfig(ConfigSource.json(configPath))
      let weights = try WeightFile.weights(of: config.model, contentsOf: file)
      let buffer = FlatBuffer(count: config.model.flatCount)
      for (parameter, weight) in zip(config.model.parameters, weights) {
        buffer.replace(at: parameter.offset, with: weight.values)
      }
      parameters = buffer
      (classNames, dataName) = (Dataset.digitNames, nil)
    } else if Self.isConfig(file) {
      config = try ExperimentConfig(ConfigSource.json(file))
      (parameters, classNames, dataName) = (nil, Dataset.digitNames, nil)
    } else {
      let checkpoint = try Checkpoint(contentsOf: file)
      config = checkpoint.config
      parameters = checkpoint.parameters()
      (classNames, dataName) = (checkpoint.classNames, checkpoint.data.name)
    }
  }

  /// The checkpoint of a run's folder, or the path itself.
  public static func file(_ path: String) throws(DataError) -> String {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return path }
    let candidates = ["model.ckpt", "checkpoints/best.ckpt", "checkpoints/last.ckpt"].map { "\(path)/\($0)" }
    guard let found = candidates.first(where: { access($0, F_OK) == 0 }) else {
      throw .unreadable(
        path: path, reason: "no checkpoint in this folder (model.ckpt, checkpoints/best.ckpt)")
    }
    return found
  }

  /// Whether it is a config: what does not exist may be the name of a shipped one.
  private static func isConfig(_ path: String) -> Bool {
    path.hasSuffix(".json") || access(path, F_OK) != 0
  }
}
