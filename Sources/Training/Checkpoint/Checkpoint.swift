import CNNEngine
import ConfigDecoding
import Formatting
import JSONText
import ModelFormats

/// A trained model in a file: weights under PyTorch's names, and everything a run needs to resume.
///
/// The file is safetensors. Weights are `<layer>.weight` and `<layer>.bias`, optimizer state is
/// `optimizer.<slot>.<tensor>`; config, progress, class names and the data's fingerprint are metadata.
public struct Checkpoint: Sendable {
  /// The resolved config.
  public internal(set) var config: ExperimentConfig
  /// The progress of the run.
  public internal(set) var progress: TrainerState
  /// The weights, in the order of the model's parameters.
  public let weights: [NamedTensor]
  /// The optimizer's state, slot by slot; empty in `model.ckpt`.
  public var optimizer: [NamedTensor]
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]
  /// The name and the fingerprint of the data set.
  public let data: (name: String, fingerprint: String)

  /// The format version that is written, and the newest that is read.
  static let formatVersion = 1

  /// A checkpoint of a trainer.
  ///
  /// - Parameter fingerprint: the fingerprint of `data`.
  public init(_ trainer: Trainer, data: ExperimentData, fingerprint: String) {
    let (config, optimizer) = (trainer.config, trainer.optimizer)
    (self.config, progress, classNames) = (config, trainer.progress, data.classNames)
    self.data = (data.name, fingerprint)
    weights = config.model.tensors(of: trainer.parameters)
    self.optimizer = zip(optimizer.slotNames, optimizer.slots).flatMap { slot, buffer in
      config.model.tensors(of: buffer, prefix: Self.prefix(ofSlot: slot))
    }
  }

  private static func prefix(ofSlot slot: String) -> String { "optimizer.\(slot)." }

  /// The default of `--data`: synthetic digits for a model that was trained on them.
  public var builtinData: String? { data.name == "builtin" ? "builtin" : nil }

  /// The weights in one flat buffer, in the engine's layout.
  public func parameters() -> FlatTensorBuffer { config.model.buffer(of: weights) }

  // MARK: Writing

  /// The bytes of the file, with a checksum.
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
  /// - Throws: `SafeTensorsError` for a damaged file, `CheckpointError` for one of another program or without the
  ///   weights of its config.
  public init(contentsOf path: String) throws {
    try self.init(SafeTensors(contentsOf: path), path: path)
  }

  /// Reads a checkpoint from the contents of its file; errors name `path`.
  package init(_ file: SafeTensors, path: String) throws(CheckpointError) {
    func fault(_ message: String) -> CheckpointError { CheckpointError(path, message) }
    guard file.metadata("format") == "cnn" else {
      throw fault("this safetensors file does not describe its network; name its config with --config FILE")
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
      throw fault("the progress in the metadata is incomplete or inconsistent")
    }
    self.progress = progress
    classNames = try json("classes").array?.compactMap(\.string) ?? []
    guard classNames.count == config.model.dataClasses else {
      let main = config.model.outputs[0]
      let has = main.labels.map { "labels are a map of \($0.count) classes" } ?? "output is \(main.shape)"
      throw fault("\(classNames.count) classes in the metadata, but the network's \(has)")
    }
    guard classNames.allSatisfy({ $0 == $0.oneLine }) else {
      throw fault("a class name in the metadata has control characters")
    }
    data = (file.metadata("dataset") ?? "", file.metadata("data_fingerprint") ?? "")
    weights = try WeightFile.weights(of: config.model, in: file, path: path)
    // The optimizer's state is saved completely or not at all.
    let slots = file.tensors.count > weights.count ? config.optimizer.rule.slots : []
    var optimizer: [NamedTensor] = []
    for slot in slots {
      optimizer += try WeightFile.weights(
        of: config.model, in: file, path: path, prefix: Self.prefix(ofSlot: slot.name))
    }
    self.optimizer = optimizer
  }
}
