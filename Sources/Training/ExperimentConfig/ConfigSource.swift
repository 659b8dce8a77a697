import ConfigDecoding
import FileIO
import JSONText

/// Finds a config, a file or a built-in one, and applies overrides to it.
public enum ConfigSource {
  /// An option that overrides a config key: the key's path, its value, and the option as it was typed.
  public typealias Flag = (path: String, value: JSON, flag: String)

  /// The built-in configs by name: the files of `configs/`.
  public static let shipped: [(name: String, text: [UInt8])] = [
    ("lenet", PackageResources.lenet_json),
    ("lenet-augmented", PackageResources.lenet_augmented_json),
    ("torch-lenet", PackageResources.torch_lenet_json),
    ("keras-lenet", PackageResources.keras_lenet_json),
    ("simple-convnet", PackageResources.simple_convnet_json),
    ("tf-convnet", PackageResources.tf_convnet_json),
    ("mlp-regularized", PackageResources.mlp_regularized_json),
    ("rgb-vgg", PackageResources.rgb_vgg_json),
    ("two-heads", PackageResources.two_heads_json),
    ("resnet", PackageResources.resnet_json),
    ("fashion", PackageResources.fashion_json),
  ]

  /// Whether `path` is the name of a built-in config.
  static func isShipped(_ path: String) -> Bool { shipped.contains { $0.name == name(path) } }

  private static func name(_ path: String) -> String {
    path.hasSuffix(".json") ? String(path.dropLast(5)) : path
  }

  /// The config at `path`: a file, the name of a built-in config with or without `.json`, a run folder, or a
  /// checkpoint.
  ///
  /// - Throws: `ConfigError` if it is not JSON, `DataError` if nothing is found, `SafeTensorsError` or
  ///   `CheckpointError` for a damaged checkpoint.
  public static func json(_ path: String) throws -> JSON {
    let issues = IssueList()
    let json = try json(path, issues: issues)
    try issues.check()
    return json
  }

  /// The config at `path`; adds to `issues` what does not prevent parsing, such as duplicate keys.
  private static func json(_ path: String, issues: IssueList) throws -> JSON {
    if path.hasSuffix(".ckpt") { return try Checkpoint(contentsOf: path).config.resolved }
    let name = name(path)
    if !isFile(path), let text = shipped.first(where: { $0.name == name })?.text {
      return try parse(text, origin: "\(name).json", issues)
    }
    do {
      return try parse(Self.read(path), origin: path, issues)
    } catch let error as DataError {
      let runConfig = RunFolder(path).config.path
      guard let text = try? Self.read(runConfig) else { throw Self.notFound(path, name, error) }
      return try parse(text, origin: runConfig, issues)
    }
  }

  private static func parse(_ text: [UInt8], origin: String, _ issues: IssueList) throws(ConfigError) -> JSON
  {
    if let json = JSON(parsing: text, origin: origin, issues: issues) { return json }
    throw ConfigError(issues.issues)
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
      ?? "; built-in configs are \(shipped.map(\.name).joined(separator: ", "))"
    return .unreadable(path: path, reason: reason + (path.contains("/") ? "" : hint))
  }

  /// Reads the config at `path`, see `json`, with overrides.
  ///
  /// - Parameter settings: values of `--set`, `key.path=value`.
  /// - Throws: what `json` throws, and `ConfigError` with the errors of text, overrides and config together.
  public static func load(
    _ path: String, flags: [Flag] = [], settings: [String] = []
  ) throws -> ExperimentConfig {
    let issues = IssueList()
    let json = try json(path, issues: issues)
    var config = try load(json, flags: flags, settings: settings, issues: issues)
    config.isFittedToData = !isFile(path) && isShipped(path)
    return config
  }

  /// Reads a config with overrides.
  ///
  /// - Parameter issues: the errors of the config's text.
  /// - Throws: `ConfigError`.
  public static func load(
    _ json: JSON, flags: [Flag], settings: [String],
    issues: IssueList = IssueList()
  ) throws(ConfigError) -> ExperimentConfig {
    var json = json
    if (flags.map(\.path) + settings).contains(where: { $0.hasPrefix("optimizer.") }) {
      json.spellOutOptimizer()
    }
    for flag in flags { json.set(flag.path, to: flag.value, flag: flag.flag, issues: issues) }
    for setting in settings { json.apply(setting: setting, issues: issues) }
    return try ExperimentConfig(json, issues: issues)
  }
}

extension JSON {
  /// Replaces a missing optimizer, or one given by name, by an object, so that an override can change its keys.
  fileprivate mutating func spellOutOptimizer() {
    guard members != nil, self["optimizer"]?.members == nil else { return }
    self["optimizer"] = JSON(object: [("type", self["optimizer"] ?? OptimizerConfig.defaultType)])
  }
}
