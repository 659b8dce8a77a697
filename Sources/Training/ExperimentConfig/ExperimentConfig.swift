import CNNEngine
import ConfigDecoding
import Formatting
import Randomness

/// A checked config: data, model, loss, optimizer and training.
public struct ExperimentConfig: Sendable {
  /// The name of the run.
  public let name: String
  /// The seed of all random numbers.
  public let seed: UInt64
  /// The data set, its splits, augmentation and normalization.
  public let data: DataConfig
  /// The model, with all shapes.
  public let model: Model
  /// The optimizer and the learning rate.
  public let optimizer: OptimizerConfig
  /// Epochs, batches, early stopping and checkpoints.
  public let train: TrainConfig
  /// TensorBoard.
  public let log: LogConfig
  /// The config with every default and override.
  public let resolved: JSON
  /// Whether it adapts itself to data that it was not written for: a built-in config, and that of the initial weights.
  public internal(set) var isFittedToData = false

  /// Reads a config.
  ///
  /// - Parameter issues: errors found before, such as those of the text.
  /// - Throws: `ConfigError` with all errors and their locations: unknown and missing keys, wrong types, values out of
  ///   range, and shapes that do not match.
  public init(_ json: JSON, issues: IssueList = IssueList()) throws(ConfigError) {
    let (draft, resolved) = Self.field.read(json, issues: issues)
    let model = draft.model.checked(draft.engine, loss: draft.loss, issues: issues)
    draft.checkTogether(model, in: resolved, issues: issues)
    try issues.check()
    guard let model else { throw ConfigError([]) }
    (name, seed, data) = (draft.name, draft.seed, draft.data)
    (optimizer, train, log) = (draft.optimizer, draft.train, draft.log)
    self.model = model
    self.resolved = resolved.withoutNulls
  }

  /// The JSON Schema of a config.
  public static var schema: JSON {
    let members = field.jsonSchema.members ?? []
    let head: [(String, JSON)] = [
      ("$schema", "https://json-schema.org/draft/2020-12/schema"), ("title", "cnn experiment"),
    ]
    return JSON(object: head + members.map { ($0.key, $0.value) })
  }

  /// A decoded config before shapes and combinations of keys are checked.
  private struct Draft: Sendable {
    let name: String
    let seed: UInt64
    let data: DataConfig
    let model: ModelConfig
    let loss: any Loss
    let optimizer: OptimizerConfig
    let train: TrainConfig
    let log: LogConfig
    let engine: EngineConfig

    /// The largest number of activations of a batch: 2^31 floats are 8 GiB.
    private static let largestBatch = 1 << 31

    /// Reports values that are valid alone but not together.
    func checkTogether(_ checked: Model?, in json: JSON, issues: IssueList) {
      func report(_ path: String..., message: String) {
        issues.report(json.issue(at: path, message))
      }
      checkMonitors(checked, in: json, issues: issues)
      for (index, output) in (checked?.outputs ?? []).enumerated()
      where output.loss is NegativeLogLikelihood && !output.isLogSoftmax {
        let layer = output.layerType?.rawValue ?? "input"
        let entry = json["model"]?["outputs"]?.array?[index]
        let place = entry == nil ? "as the last layer" : "in \(output.name.quoted)"
        let message =
          "\"nll\" needs \"log_softmax\" \(place), not \"\(layer)\"; \"cross_entropy\" does not"
        if let entry {
          let location = entry["loss"]?.location ?? entry.location
          issues.report(
            ConfigIssue(location: location, path: "model.outputs[\(index)].loss", message: message))
        } else {
          report("loss", message: message)
        }
      }
      let perImage = checked?.activationCount ?? 0
      // Batch blocks are allocated completely.
      let allocated = vectorCount(train.batchSize) * CPUFeatures.laneCount
      if perImage > Self.largestBatch / allocated {
        let message =
          "\(train.batchSize.grouped) images of \(perImage.grouped) activations each are more than "
          + "the \(Self.largestBatch.grouped) a batch may have"
        report("train", "batch_size", message: message)
      }
      if issues.concern("model.input") || issues.concern("data.normalize") { return }
      let channels = model.channels
      for (key, list) in [("mean", data.normalization.mean), ("std", data.normalization.std)]
      where list.count != 1 && list.count != channels {
        let message = "has \(list.count) values; it takes one, or one for each of \(channels) channels"
        report("data", "normalize", key, message: message)
      }
    }

    /// Reports monitored metrics that the model or its data do not have, and outputs whose metrics would be ambiguous.
    private func checkMonitors(_ checked: Model?, in json: JSON, issues: IssueList) {
      let outputs = checked?.separateOutputs.map(\.name) ?? []
      for (index, name) in outputs.enumerated() where !TrainConfig.Metric.canName(name) {
        let entry = json["model"]?["outputs"]?.array?[index]
        let message =
          "the metrics of an output called \(name.quoted) would have the names of validation metrics; "
          + "give its layer a name without \"val\""
        issues.report(
          ConfigIssue(
            location: entry?["layer"]?.location ?? .code, path: "model.outputs[\(index)].layer",
            message: message))
      }
      let known = TrainConfig.Metric.metrics(ofOutputs: outputs)
      let hasValidation = data.validation != nil || issues.concern("data.validation")
      for (path, monitor) in [
        (["train", "monitor"], train.monitor),
        (["train", "early_stop", "monitor"], train.earlyStop?.monitor),
      ] {
        guard let monitor else { continue }
        if let fault = monitor.fault(among: known) {
          // Without a checked model its outputs are not known.
          if checked != nil || !monitor.isOfOutput { issues.report(json.issue(at: path, fault)) }
        } else if monitor.needsValidation, !hasValidation {
          issues.report(json.issue(at: path, "\(monitor.rawValue) needs a data.validation"))
        }
      }
    }
  }

  private static let field = ConfigField<Draft>.object { decoder in
    _ = decoder.value("version", .integer(.within(1...1)), default: 1, "Version of the config format.")
    return Draft(
      name: decoder.value("name", .identifier, default: "experiment", "Name of the run."),
      seed: decoder.value("seed", .unsigned(), default: 42, "Seed of all random numbers."),
      data: decoder.value("data", .object(DataConfig.init), default: [:], "The data set and its splits."),
      model: decoder.value("model", .object(ModelConfig.init), "The network."),
      loss: decoder.value(
        "loss", LossType.field, default: "cross_entropy",
        "Loss that is minimized, of the last layer or of each of model.outputs."),
      optimizer: decoder.value(
        "optimizer", OptimizerConfig.field, default: OptimizerConfig.defaultType,
        "Optimizer and learning rate."),
      train: decoder.value(
        "train", .object(TrainConfig.init), default: [:], "Epochs, batches, early stopping and checkpoints."),
      log: decoder.value(
        "log", .object(LogConfig.init), default: [:], "Logs besides metrics and events."),
      engine: decoder.value(
        "engine", .object(EngineConfig.init), default: [:], "How the network is computed."))
  }
}

extension ExperimentConfig {
  /// Checks that no batch of the training set leaves a batch norm one value per channel, whose variance says nothing.
  ///
  /// - Throws: `ConfigError` at the batch size, or where only the last batch is too small at `train`.
  func checkBatches(ofImages images: Int) throws(ConfigError) {
    let norms = model.layers.filter { $0.layer is BatchNorm }
    guard let layer = norms.first(where: { $0.input.height * $0.input.width == 1 }) else { return }
    let reason = "leaves one value per channel to \"\(layer.name)\", which normalizes by those of a batch"
    if train.batchSize == 1 {
      let message = "a batch of 1 image \(reason); use at least 2, and train.drop_last if a last batch has 1"
      throw ConfigError([resolved.issue(at: ["train", "batch_size"], message)])
    }
    if images % train.batchSize == 1, !train.dropLast {
      let message =
        "a last batch of 1 image \(reason); set train.drop_last to true, or another train.batch_size"
      throw ConfigError([resolved.issue(at: ["train"], message)])
    }
  }

  /// The random number generator of the augmentation in epoch `epoch`, from 1.
  public func augmentationRandom(epoch: Int) -> CounterRandom {
    CounterRandom(seed: seed, purpose: .augmentation, stream: UInt64(epoch))
  }
}

extension Model {
  /// The number of activations kept for one image: the input, every output, and padded copies.
  fileprivate var activationCount: Int {
    layers.reduce(input.count) { sum, layer in
      let window = (layer.layer as? any WindowedLayer)?.window
      return sum + layer.output.count + (window?.borderedCount(layer.input) ?? 0)
    }
  }
}

extension LossType {
  static let field = ConfigField<any Loss>.variant(
    allCases.map { type in Variant(type.rawValue, "The loss.") { type.loss.init(decoding: $0) } },
    allowsName: true)
}

extension ConfigField where Value == String {
  /// A name that is valid in a path and before a dot.
  static var identifier: ConfigField {
    ConfigField(
      "a name of letters, digits, - and _", schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"],
      placeholder: "unnamed"
    ) { json in
      guard let text = json.string, (1...64).contains(text.utf8.count),
        text.utf8.allSatisfy(\.isIdentifierByte)
      else { return nil }
      return text
    }
  }
}

extension UInt8 {
  /// Whether names in a config may have this character.
  var isIdentifierByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension IssueList {
  /// Whether there is an issue at `path` or below it.
  func concern(_ path: String) -> Bool {
    issues.contains { $0.path == path || $0.path.hasPrefix("\(path).") || $0.path.hasPrefix("\(path)[") }
  }
}

extension JSON {
  /// An issue located at the value under `path`, or at its closest parent if it does not exist.
  func issue(at path: [String], _ message: String) -> ConfigIssue {
    var value = self
    for key in path { value = value[key] ?? value }
    return ConfigIssue(location: value.location, path: path.joined(separator: "."), message: message)
  }

  /// The value without members that are `null`, which means the same as a missing key.
  fileprivate var withoutNulls: JSON {
    switch content {
    case .object(let members):
      let kept = members.filter { !$0.value.isNull }
        .map { Member($0.key, $0.value.withoutNulls, keyLocation: $0.keyLocation) }
      return JSON(.object(kept), at: location)
    case .array(let elements): return JSON(.array(elements.map(\.withoutNulls)), at: location)
    default: return self
    }
  }
}
