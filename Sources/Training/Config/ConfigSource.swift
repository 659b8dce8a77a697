import ConfigDecoding
import FileIO
import JSONText

/// Where a config comes from: a file, or one of those the program ships with, changed by flags.
public enum ConfigSource {
  /// The configs the program ships with, by name; the files of `configs/`.
  public static let shipped: [(name: String, text: [UInt8])] = [
    ("lenet", PackageResources.lenet_json),
    ("lenet-augmented", PackageResources.lenet_augmented_json),
    ("torch-lenet", PackageResources.torch_lenet_json),
    ("keras-lenet", PackageResources.keras_lenet_json),
    ("simple-convnet", PackageResources.simple_convnet_json),
    ("tf-convnet", PackageResources.tf_convnet_json),
    ("mlp-regularized", PackageResources.mlp_regularized_json),
    ("rgb-vgg", PackageResources.rgb_vgg_json),
  ]

  /// Whether `path` is the name of a shipped config.
  static func isShipped(_ path: String) -> Bool { shipped.contains { $0.name == name(path) } }

  private static func name(_ path: String) -> String {
    path.hasSuffix(".json") ? String(path.dropLast(5)) : path
  }

  /// The config in the file at `path`, the shipped one of that name, with or without `.json`, or that of a run's
  /// folder or checkpoint.
  ///
  /// - Throws: `ConfigError` if it is not JSON, `DataError` if there is no such file or config, and what a
  ///   checkpoint that is damaged throws.
  public static func json(_ path: String) throws -> JSON {
    let issues = IssueList()
    let json = try json(path, issues: issues)
    try issues.check()
    return json
  }

  /// The config as above, but with faults that do not keep it from being read, such as keys that stand in it
  /// twice, added to `issues`.
  private static func json(_ path: String, issues: IssueList) throws -> JSON {
    if path.hasSuffix(".ckpt") { return try Checkpoint(contentsOf: path).config.resolved }
    let name = name(path)
    if !isFile(path), let text = shipped.first(where: { $0.name == name })?.text {
      return try parse(text, origin: "\(name).json", issues)
    }
    do {
      return try parse(Self.read(path), origin: path, issues)
    } catch let error as DataError {
      let runConfig = RunFolder(reading: path).config
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
      ?? "; shipped configs are \(shipped.map(\.name).joined(separator: ", "))"
    return .unreadable(path: path, reason: reason + (path.contains("/") ? "" : hint))
  }

  /// Reads what `path` names, see `json`, and applies flags to it, each a key path, a value, and the flag as it
  /// was typed.
  ///
  /// - Throws: what `json` throws, and `ConfigError` with the faults of text, flags and config together.
  public static func load(
    _ path: String, flags: [(path: String, value: JSON, flag: String)] = [], settings: [String] = []
  ) throws -> ExperimentConfig {
    let issues = IssueList()
    return try load(json(path, issues: issues), flags: flags, settings: settings, issues: issues)
  }

  /// Applies flags to a config and reads it, see above.
  ///
  /// - Parameter issues: the faults of the config's text.
  public static func load(
    _ json: JSON, flags: [(path: String, value: JSON, flag: String)], settings: [String],
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
  /// Makes an object of an optimizer that is left out or only named, so that a flag can change a key of it.
  fileprivate mutating func spellOutOptimizer() {
    guard members != nil, self["optimizer"]?.members == nil else { return }
    self["optimizer"] = JSON(object: [("type", self["optimizer"] ?? OptimizerConfig.defaultType)])
  }
}
