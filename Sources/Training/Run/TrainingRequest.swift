import ConfigDecoding

/// What `cnn train` is asked to do.
public struct TrainingRequest: Sendable {
  /// The config: a file, a run folder, or the name of a built-in config; nil for `lenet`.
  public var config: String?
  /// Options that override config keys.
  public var flags: [ConfigSource.Flag]
  /// Values of `--set`, `key.path=value`.
  public var settings: [String]
  /// The run folder or checkpoint to resume.
  public var resume: String?
  /// The weights to start from.
  public var initialWeights: String?
  /// The run folder; nil for `runs/<name>`.
  public var output: String?
  /// Whether an existing run may be overwritten.
  public var overwrite: Bool
  /// Whether files are written; false for `--dry-run` and `--print-config`.
  public var writes: Bool

  /// A request with the values of the options.
  public init(
    config: String?, flags: [ConfigSource.Flag], settings: [String], resume: String?, initialWeights: String?,
    output: String?, overwrite: Bool, writes: Bool
  ) {
    (self.config, self.flags, self.settings, self.resume) = (config, flags, settings, resume)
    (self.initialWeights, self.output) = (initialWeights, output)
    (self.overwrite, self.writes) = (overwrite, writes)
  }
}
