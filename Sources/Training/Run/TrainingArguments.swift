import ConfigDecoding
import Datasets
import FileIO

/// What the arguments of `cnn train` without an option name: a config, data, or one of each, told apart by what is there.
public struct TrainingArguments: Equatable, Sendable {
  /// The config: a file, a run folder, a checkpoint or the name of a built-in config.
  public var config: String?
  /// The data: a folder, a file or `builtin`.
  public var data: String?

  /// Why arguments cannot be told apart: the text of a usage error.
  public struct Fault: Error {
    /// One line.
    public let message: String
  }

  /// Sorts `arguments`; those of the options `--config` and `--data` are already there.
  ///
  /// - Throws: `Fault` for two configs or two data sets; `DataError` for an argument that is neither.
  public init(_ arguments: [String], config: String?, data: String?) throws {
    (self.config, self.data) = (config, data)
    for argument in arguments {
      if try Self.isConfig(argument) {
        if let other = self.config { throw Fault(message: "\(argument): the config is \(other) already") }
        self.config = argument
      } else {
        if let other = self.data { throw Fault(message: "\(argument): the data is \(other) already") }
        self.data = argument
      }
    }
  }

  private static func isConfig(_ path: String) throws(DataError) -> Bool {
    if isFolder(path) { return RunFolder(path).config.isFile }
    guard isFile(path) else {
      if ConfigSource.isShipped(path) || path.hasSuffix(".json") { return true }
      if path == Dataset.builtinName { return false }
      let names = ConfigSource.shipped.map(\.name)
      let hint = Spelling.hint(for: path, among: names + [Dataset.builtinName])
      throw .unreadable(
        path: path,
        reason: "no such config and no such data"
          + (hint.isEmpty ? "; built-in configs are \(names.joined(separator: ", "))" : hint))
    }
    if path.hasSuffix(".json") || path.hasSuffix(".ckpt") { return true }
    var source = try ByteSource(path: path)
    return try source.peek(64).first { !" \t\r\n\u{FEFF}".utf8.contains($0) } == UInt8(ascii: "{")
  }
}
