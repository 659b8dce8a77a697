import CNNEngine
import ConfigDecoding
import Datasets
import FileIO
import Formatting
import JSONText
import ModelFormats

/// A trained model in a file: weights under PyTorch's names, and everything a run needs to resume.
///
/// The file is safetensors. Weights are `<layer>.weight` and `<layer>.bias`, running statistics `<layer>.running_mean`
/// and so on, optimizer state is `optimizer.<slot>.<tensor>`, averages are `average.<tensor>`; config, progress, class
/// names and the data's fingerprint are metadata.
public struct Checkpoint: Sendable {
  /// The resolved config.
  public internal(set) var config: ExperimentConfig
  /// The progress of the run.
  public internal(set) var progress: TrainerState
  /// The weights, in the order of the model's parameters.
  public private(set) var weights: [NamedTensor]
  /// The running statistics, in the order of the model's state.
  public private(set) var state: [NamedTensor]
  /// The optimizer's state, slot by slot; empty in `model.ckpt`.
  public private(set) var optimizer: [NamedTensor]
  /// The average of all weights and then of all state; empty without `train.average`, and in `model.ckpt`, whose weights
  /// and state are the average.
  public private(set) var average: [NamedTensor]
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]
  /// The data that it was trained on.
  public let data: DataRecord

  /// The newest format version that is read.
  static let newestVersion = 2
  /// The format version that is written: the first one has weights and optimizer slots only, and no sections.
  private var formatVersion: Int { state.isEmpty && average.isEmpty ? 1 : Self.newestVersion }

  /// A checkpoint of a trainer.
  ///
  /// - Parameters:
  ///   - data: what identifies the training data.
  ///   - classNames: the names of its classes.
  public init(_ trainer: Trainer, data: DataRecord, classNames: [String]) {
    let (config, optimizer) = (trainer.config, trainer.optimizer)
    (self.config, progress, self.classNames) = (config, trainer.progress, classNames)
    self.data = data
    weights = config.model.tensors(of: trainer.parameters)
    state = config.model.stateTensors(of: trainer.parameters)
    average = optimizer.average.map { Self.average($0.values, of: config.model) } ?? []
    self.optimizer = zip(optimizer.slotNames, optimizer.slots).flatMap { slot, buffer in
      config.model.tensors(of: buffer, prefix: Self.prefix(ofSlot: slot))
    }
  }

  fileprivate static func prefix(ofSlot slot: String) -> String { "optimizer.\(slot)." }
  static let averagePrefix = "average."

  private static func average(_ buffer: FlatTensorBuffer, of model: Model) -> [NamedTensor] {
    model.tensors(of: buffer, prefix: averagePrefix) + model.stateTensors(of: buffer, prefix: averagePrefix)
  }

  /// What the network is evaluated with, in one flat buffer in the engine's layout: the average where there is one, else
  /// weights and state.
  ///
  /// - Throws: `MemoryError`.
  public func parameters() throws(MemoryError) -> FlatTensorBuffer {
    try config.model.buffer(of: average.isEmpty ? weights + state : average)
  }

  /// Leaves only what the network is evaluated with, under its plain names.
  ///
  /// - Throws: `MemoryError`.
  mutating func dropTrainingState() throws(MemoryError) {
    if !average.isEmpty {
      let buffer = try parameters()
      (weights, state) = (config.model.tensors(of: buffer), config.model.stateTensors(of: buffer))
    }
    (optimizer, average) = ([], [])
  }

  /// The tensors of each section, in the order of the file.
  private var sections: [(section: CheckpointSections.Section, tensors: [NamedTensor])] {
    [(.weights, weights), (.state, state), (.optimizer, optimizer), (.average, average)]
  }

  // MARK: Writing

  /// The bytes of the file, with a checksum.
  public func encoded() throws(SafeTensorsError) -> [UInt8] {
    var file = SafeTensors()
    file.setMetadata("format", to: "cnn")
    file.setMetadata("format_version", to: String(formatVersion))
    file.setMetadata("config", to: config.resolved.text(pretty: false))
    file.setMetadata("progress", to: progress.json.text(pretty: false))
    file.setMetadata("classes", to: JSON(classNames.map { JSON($0) }).text(pretty: false))
    file.setMetadata("dataset", to: data.name)
    file.setMetadata("data_fingerprint", to: data.fingerprint)
    file.setMetadata("data", to: data.json.text(pretty: false))
    if formatVersion > 1 {
      file.setMetadata("sections", to: CheckpointSections(sections).json.text(pretty: false))
    }
    for tensor in sections.flatMap(\.tensors) { try file.append(tensor) }
    return try file.encoded()
  }

  // MARK: Reading

  /// Reads a checkpoint this program wrote.
  ///
  /// - Throws: `SafeTensorsError` for a damaged file, `CheckpointError` for one of another program or without the
  ///   weights of its config.
  public init(contentsOf path: String) throws { try self.init(contentsOf: FileLocation(path)) }

  /// Reads a checkpoint as above.
  public init(contentsOf file: FileLocation) throws {
    try self.init(SafeTensors(contentsOf: file), path: file.path)
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
    guard version <= Self.newestVersion else {
      throw CheckpointError(
        path, "format version \(version) is newer than this program, which reads up to \(Self.newestVersion)",
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
      let has =
        main.labels.map { "labels are a map of \($0.count.pluralized("class"))" } ?? "output is \(main.shape)"
      throw fault("\(classNames.count.pluralized("class")) in the metadata, but the network's \(has)")
    }
    guard classNames.allSatisfy(ClassName.isOneLine) else {
      throw fault("a class name in the metadata has control characters")
    }
    data = DataRecord(
      name: file.metadata("dataset") ?? "", fingerprint: file.metadata("data_fingerprint") ?? "",
      json: file.metadata("data") == nil ? nil : try json("data"))
    let (model, slots) = (config.model, config.optimizer.rule.slots)
    let sections = version == 1 ? nil : try CheckpointSections(json("sections"), of: file, path: path)
    try sections?.check(of: config, path: path)
    weights = try WeightFile.weights(of: model, in: file, path: path)
    state = try WeightFile.state(of: model, in: file, path: path)
    // The optimizer's state is saved completely or not at all.
    let hasOptimizer = sections?.has(.optimizer) ?? (file.tensors.count > weights.count)
    var optimizer: [NamedTensor] = []
    for slot in hasOptimizer ? slots : [] {
      optimizer += try WeightFile.weights(
        of: model, in: file, path: path, prefix: Self.prefix(ofSlot: slot.name))
    }
    self.optimizer = optimizer
    average = []
    if sections?.has(.average) == true {
      let prefix = Self.averagePrefix
      average = try WeightFile.weights(of: model, in: file, path: path, prefix: prefix)
      average += try WeightFile.state(of: model, in: file, path: path, prefix: prefix)
    }
  }
}

extension CheckpointSections {
  /// Checks that every section is complete for the network and the optimizer of `config`.
  fileprivate func check(of config: ExperimentConfig, path: String) throws(CheckpointError) {
    let (parameters, state) = (config.model.parameters.map(\.name), config.model.state.map(\.name))
    try check(.weights, has: parameters, path: path)
    try check(.state, has: state, path: path)
    if has(.optimizer) {
      let slots = config.optimizer.rule.slots.map { Checkpoint.prefix(ofSlot: $0.name) }
      try check(.optimizer, has: slots.flatMap { slot in parameters.map { slot + $0 } }, path: path)
    }
    if has(.average) {
      try check(.average, has: (parameters + state).map { Checkpoint.averagePrefix + $0 }, path: path)
    }
  }
}
