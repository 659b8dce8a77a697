import CNNEngine
import ConfigDecoding
import Formatting
import JSONText
import ModelFormats

/// A model on disk: weights under PyTorch's names, and beside them what a run needs to go on.
///
/// The file is safetensors. Weights are `<layer>.weight` and `<layer>.bias`; what the optimizer remembers is
/// `optimizer.<slot>.<tensor>`; everything else stands in the metadata.
public struct Checkpoint: Sendable {
  /// The resolved config.
  public internal(set) var config: ExperimentConfig
  /// Where the run stood.
  public internal(set) var progress: TrainerState
  /// The weights, in the order of the model's parameters.
  public let weights: [NamedTensor]
  /// What the optimizer remembers, slot by slot; empty in a file that is only to be used.
  public var optimizer: [NamedTensor]
  /// What the classes are called.
  public let classNames: [String]
  /// The data set trained on: its name and fingerprint.
  public let data: (name: String, fingerprint: String)

  /// The newest format this program writes and reads.
  static let formatVersion = 1

  /// A checkpoint of where a trainer stands.
  public init(_ trainer: Trainer, data: (name: String, fingerprint: String), classNames: [String]) {
    let (config, optimizer) = (trainer.config, trainer.optimizer)
    (self.config, self.progress, self.classNames, self.data) = (config, trainer.progress, classNames, data)
    weights = config.model.tensors(of: trainer.parameters)
    self.optimizer = zip(optimizer.slotNames, optimizer.slots).flatMap { slot, buffer in
      config.model.tensors(of: buffer, prefix: Self.prefix(ofSlot: slot))
    }
  }

  private static func prefix(ofSlot slot: String) -> String { "optimizer.\(slot)." }

  /// Where the data comes from unless somebody says otherwise: digits it was trained on are drawn again.
  public var builtinData: String? { data.name == "builtin" ? "builtin" : nil }

  /// The weights in one flat buffer, laid out for the engine.
  public func parameters() -> FlatTensorBuffer { config.model.buffer(of: weights) }

  // MARK: Writing

  /// The file's bytes, with a checksum over all of them.
  public func encoded() throws(SafeTensorsError) -> [UInt8] {
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

  // MARK: Reading

  /// Reads a checkpoint this program wrote.
  ///
  /// - Throws: `SafeTensorsError` for a file that is damaged, `CheckpointError` for one that is not ours or does
  ///   not hold the weights of its own config.
  public init(contentsOf path: String) throws {
    try self.init(SafeTensors(contentsOf: path), path: path)
  }

  /// Reads a checkpoint as above from what its file holds; `path` names it in errors.
  package init(_ file: SafeTensors, path: String) throws(CheckpointError) {
    func fault(_ message: String) -> CheckpointError { CheckpointError(path, message) }
    guard file.metadata("format") == "cnn" else {
      throw fault("this safetensors file has no network in it; name its config with --config FILE")
    }
    guard let version = file.metadata("format_version").flatMap({ Int($0) }), version >= 1 else {
      throw fault("the format version in the metadata is not a number")
    }
    guard version <= Self.formatVersion else {
      throw CheckpointError(
        path, "format version \(version) is newer than this program, which reads up to \(Self.formatVersion)",
        isNewerFormat: true)
    }
    guard file.isChecksummed else { throw fault("the checksum is missing; the file is damaged") }
    func json(_ key: String) throws(CheckpointError) -> JSON {
      guard let text = file.metadata(key) else { throw fault("no \(key) in the metadata") }
      do {
        return try JSON(parsing: Array(text.utf8), origin: "\(path)[\(key)]")
      } catch {
        throw fault("\(error)")
      }
    }
    let configText = try json("config")
    do {
      config = try ExperimentConfig(configText)
    } catch {
      throw fault("\(error)")
    }
    guard let progress = try TrainerState(json("progress")) else {
      throw fault("the progress in the metadata is not whole")
    }
    self.progress = progress
    classNames = try json("classes").array?.compactMap(\.string) ?? []
    guard classNames.count == config.model.output.count else {
      throw fault("\(classNames.count) classes in the metadata, but the network tells \(config.model.output)")
    }
    guard classNames.allSatisfy({ $0 == $0.oneLine }) else {
      throw fault("a class in the metadata has a name with control characters")
    }
    data = (file.metadata("dataset") ?? "", file.metadata("data_fingerprint") ?? "")
    weights = try WeightFile.weights(of: config.model, in: file, path: path)
    // A file has all of what the optimizer remembers, or nothing.
    let slots = file.tensors.count > weights.count ? config.optimizer.rule.slots : []
    var optimizer: [NamedTensor] = []
    for slot in slots {
      optimizer += try WeightFile.weights(
        of: config.model, in: file, path: path, prefix: Self.prefix(ofSlot: slot.name))
    }
    self.optimizer = optimizer
  }
}
