import Configuration
import ConvNet
import Interchange

/// A model on disk: weights under PyTorch's names, and beside them what a run needs to go on.
///
/// The file is safetensors. Weights are `<layer>.weight` and `<layer>.bias`; what the optimizer remembers is
/// `optimizer.<slot>.<tensor>`; everything else stands in the metadata.
public struct Checkpoint: Sendable {
  /// The resolved config.
  public let config: ExperimentConfig
  /// Where the run stood.
  public var progress: RunProgress
  /// Weights by name.
  public var weights: [(name: String, shape: [Int], values: [Float])]
  /// What the optimizer remembers, by slot and name; empty in a file that is only to be used.
  public var optimizer: [(name: String, shape: [Int], values: [Float])] = []
  /// What the classes are called.
  public let classNames: [String]
  /// The data set trained on: its name and fingerprint.
  public let data: (name: String, fingerprint: String)

  /// The newest format this program writes and reads.
  static let formatVersion = 1

  /// A checkpoint of a run.
  public init(
    config: ExperimentConfig, progress: RunProgress, weights: FlatBuffer, classNames: [String],
    data: (name: String, fingerprint: String)
  ) {
    (self.config, self.progress, self.classNames, self.data) = (config, progress, classNames, data)
    self.weights = config.model.parameters.map { ($0.name, $0.shape, weights[$0.range]) }
  }

  /// Adds what an optimizer remembers.
  public mutating func add(_ run: OptimizerRun) {
    for (slot, buffer) in zip(run.slotNames, run.slots) {
      optimizer += config.model.parameters.map {
        ("optimizer.\(slot).\($0.name)", $0.shape, buffer[$0.range])
      }
    }
  }

  /// The file's bytes, with a checksum over all of them.
  public func encoded() throws -> [UInt8] {
    var file = SafeTensors()
    file.setMetadata("format", to: "cnn")
    file.setMetadata("format_version", to: String(Self.formatVersion))
    file.setMetadata("config", to: config.resolved.text(pretty: false))
    file.setMetadata("progress", to: progress.json.text(pretty: false))
    file.setMetadata("classes", to: JSON(classNames.map { JSON($0) }).text(pretty: false))
    file.setMetadata("dataset", to: data.name)
    file.setMetadata("data_fingerprint", to: data.fingerprint)
    for tensor in weights + optimizer { try file.append(tensor.name, shape: tensor.shape, tensor.values) }
    return try file.encoded()
  }

  /// Reads a checkpoint this program wrote.
  ///
  /// - Throws: `SafeTensorsError` for a file that is damaged, `CheckpointError` for one that is not ours or does
  ///   not hold the weights of its own config.
  public init(contentsOf path: String) throws {
    let file = try SafeTensors(contentsOf: path, requiringChecksum: false)
    guard file.metadata("format") == "cnn" else {
      throw CheckpointError(
        path, "this safetensors file has no network in it; name its config with --config FILE")
    }
    let version = file.metadata("format_version").flatMap { Int($0) } ?? 0
    guard version <= Self.formatVersion else {
      throw CheckpointError(
        path, "format version \(version) is newer than this program, which reads up to \(Self.formatVersion)")
    }
    guard file.isChecksummed else {
      throw CheckpointError(path, "the checksum is missing; the file is damaged")
    }
    func json(_ key: String) throws -> JSON {
      guard let text = file.metadata(key) else { throw CheckpointError(path, "no \(key) in the metadata") }
      do {
        return try JSON(parsing: Array(text.utf8), origin: "\(path)[\(key)]")
      } catch {
        throw CheckpointError(path, "\(error)")
      }
    }
    do {
      config = try ExperimentConfig(json("config"))
    } catch let error as ConfigError {
      throw CheckpointError(path, "\(error)")
    }
    guard let progress = try RunProgress(json("progress")) else {
      throw CheckpointError(path, "the progress in the metadata is incomplete")
    }
    self.progress = progress
    classNames = try json("classes").array?.compactMap(\.string) ?? []
    data = (file.metadata("dataset") ?? "", file.metadata("data_fingerprint") ?? "")
    weights = try WeightFile.weights(of: config.model, in: file, path: path)
    optimizer = file.tensors.filter { $0.name.hasPrefix("optimizer.") }
      .compactMap { tensor in file.floats(of: tensor).map { (tensor.name, tensor.shape, $0) } }
  }

  /// The weights in one flat buffer, laid out for the engine.
  public func parameters() -> FlatBuffer {
    let buffer = FlatBuffer(count: config.model.flatCount)
    for (parameter, weight) in zip(config.model.parameters, weights) {
      buffer.replace(at: parameter.offset, with: weight.values)
    }
    return buffer
  }
}

/// A checkpoint that cannot be used, and why.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong.
  public let message: String

  /// An error about the file at `path`.
  public init(_ path: String, _ message: String) { (self.path, self.message) = (path, message) }

  /// One line.
  public var description: String { "\(path): \(message)" }
}

/// Weights in a safetensors file that this program or another wrote.
public enum WeightFile {
  /// The weights of `model`, in its order, from a file written elsewhere.
  public static func weights(
    of model: Model, contentsOf path: String
  ) throws -> [(name: String, shape: [Int], values: [Float])] {
    let limits = SafeTensors.Limits(headerBytes: 100_000_000)
    return try weights(of: model, in: SafeTensors(contentsOf: path, limits: limits), path: path)
  }

  static func weights(
    of model: Model, in file: SafeTensors, path: String
  ) throws -> [(name: String, shape: [Int], values: [Float])] {
    try model.parameters.map { parameter in
      guard let tensor = file[parameter.name] else {
        let others = file.tensors.map(\.name).filter { !$0.hasPrefix("optimizer.") }.prefix(8)
        throw CheckpointError(
          path, "no tensor \(parameter.name); the file has \(others.joined(separator: ", "))")
      }
      guard tensor.shape == parameter.shape else {
        throw CheckpointError(
          path, "\(parameter.name) is \(tensor.shape), the network's is \(parameter.shape)")
      }
      guard let values = file.floats(of: tensor) else {
        throw CheckpointError(
          path, "\(parameter.name) is \(tensor.dataType.rawValue), not floating-point numbers")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(path, "\(parameter.name) has numbers that are not finite")
      }
      return (parameter.name, parameter.shape, values)
    }
  }
}
