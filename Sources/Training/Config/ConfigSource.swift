import Configuration
import Digits

/// Where a config comes from: a file, or one of those the program ships with, changed by flags.
public enum ConfigSource {
  /// The configs the program ships with, by name; the files of `configs/`.
  public static let shipped: [(name: String, text: [UInt8])] = [
    ("lenet", PackageResources.lenet_json),
    ("torch-lenet", PackageResources.torch_lenet_json),
    ("keras-lenet", PackageResources.keras_lenet_json),
    ("simple-convnet", PackageResources.simple_convnet_json),
    ("tf-convnet", PackageResources.tf_convnet_json),
    ("mlp-regularized", PackageResources.mlp_regularized_json),
    ("rgb-vgg", PackageResources.rgb_vgg_json),
  ]

  /// The config in the file at `path`, the shipped one of that name, with or without `.json`, or that of a run's
  /// folder or checkpoint.
  ///
  /// - Throws: `ConfigError` if it is not JSON, `DataError` if there is no such file or config, and what a
  ///   checkpoint that is damaged throws.
  public static func json(_ path: String) throws -> JSON {
    let name = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
    if path.hasSuffix(".ckpt") { return try Checkpoint(contentsOf: path).config.resolved }
    if !isFile(path), let text = shipped.first(where: { $0.name == name })?.text {
      return try JSON(parsing: text, origin: "\(name).json")
    }
    do {
      return try JSON(parsing: Self.read(path), origin: path)
    } catch let error as DataError {
      let runConfig = RunFolder(reading: path).config
      guard let text = try? Self.read(runConfig) else { throw Self.notFound(path, name, error) }
      return try JSON(parsing: text, origin: runConfig)
    }
  }

  /// The bytes of a config file, at most 1 MiB.
  private static func read(_ path: String) throws(DataError) -> [UInt8] {
    var source = try ByteSource(path: path)
    let bytes = try source.read(upTo: 1 << 20)
    try source.expectEnd(of: "a config of at most 1 MiB")
    return bytes
  }

  private static func notFound(_ path: String, _ name: String, _ error: DataError) -> DataError {
    guard case .unreadable(_, let reason) = error else { return error }
    let hint =
      Spelling.nearest(to: name, among: shipped.map(\.name)).map { "; did you mean \"\($0)\"?" }
      ?? "; shipped configs are \(shipped.map(\.name).joined(separator: ", "))"
    return .unreadable(path: path, reason: reason + (path.contains("/") ? "" : hint))
  }

  /// Reads a config and applies flags to it, each a key path, a value, and the flag as it was typed.
  public static func load(
    _ json: JSON, flags: [(path: String, value: JSON, flag: String)], settings: [String]
  ) throws(ConfigError) -> ExperimentConfig {
    var json = json
    let issues = IssueList()
    if (flags.map(\.path) + settings).contains(where: { $0.hasPrefix("optimizer.") }) {
      json.spellOutOptimizer()
    }
    for flag in flags { json.set(flag.path, to: flag.value, flag: flag.flag, issues: issues) }
    for setting in settings { json.apply(setting: setting, issues: issues) }
    try issues.check()
    return try ExperimentConfig(json)
  }
}

extension JSON {
  /// Makes an object of an optimizer that is left out or only named, so that a flag can change a key of it.
  fileprivate mutating func spellOutOptimizer() {
    guard members != nil, self["optimizer"]?.members == nil else { return }
    self["optimizer"] = JSON(object: [("type", self["optimizer"] ?? OptimizerConfig.defaultType)])
  }
}
