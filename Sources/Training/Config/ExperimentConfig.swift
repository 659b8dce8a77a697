import CNNEngine
import ConfigDecoding
import Formatting
import Randomness

/// Everything an experiment is made of, read from a config and checked, shapes included.
public struct ExperimentConfig: Sendable {
  /// What the run is called.
  public let name: String
  /// Where every random number comes from.
  public let seed: UInt64
  /// The data set and how it is split.
  public let data: DataConfig
  /// The checked layers.
  public let model: Model
  package let loss: any Loss
  /// The rule of the updates.
  public let optimizer: OptimizerConfig
  /// How long and in which batches.
  public let train: TrainConfig
  /// What is written besides metrics and checkpoints.
  public let log: LogConfig
  /// The config with every default filled in and every flag applied.
  public let resolved: JSON

  /// Reads a config.
  ///
  /// - Parameter issues: the faults that were found before, such as those of the text.
  /// - Throws: `ConfigError` with all faults: unknown and missing keys, wrong types and ranges, and layers that
  ///   do not fit each other, each with its location.
  public init(_ json: JSON, issues: IssueList = IssueList()) throws(ConfigError) {
    let (draft, resolved) = Self.field.read(json, issues: issues)
    let model = draft.model.checked(draft.engine, issues: issues)
    draft.checkTogether(model, in: resolved, issues: issues)
    try issues.check()
    guard let model else { throw ConfigError([]) }
    (name, seed, data, loss) = (draft.name, draft.seed, draft.data, draft.loss)
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

  /// A config as it was written, before its layers are checked against each other.
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

    /// Activations of a batch beyond which a config is refused: 2^31 floats are 8 GiB.
    private static let largestBatch = 1 << 31

    /// Reports keys that are fine alone but do not fit others.
    func checkTogether(_ checked: Model?, in json: JSON, issues: IssueList) {
      func report(_ path: String..., message: String) {
        issues.report(json.issue(at: path, message))
      }
      if data.validation == nil, !issues.concern("data.validation") {
        if let monitor = train.monitor, monitor.needsValidation {
          report("train", "monitor", message: "\(monitor.rawValue) needs a data.validation")
        }
        if let monitor = train.earlyStop?.monitor, monitor.needsValidation {
          report("train", "early_stop", "monitor", message: "\(monitor.rawValue) needs a data.validation")
        }
      }
      if loss is NegativeLogLikelihood, let last = checked?.layers.last, !(last.layer is LogSoftmax) {
        let message =
          "\"nll\" needs \"log_softmax\" as the last layer, not \"\(last.type)\"; \"cross_entropy\" does not"
        report("loss", message: message)
      }
      let perImage = checked?.activationCount ?? 0
      // A block of images is allocated whole.
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
        let message = "has \(list.count) numbers; it takes one, or one for each of \(channels) channels"
        report("data", "normalize", key, message: message)
      }
    }
  }

  private static let field = ConfigField<Draft>.object { decoder in
    _ = decoder.value("version", .integer(.within(1...1)), default: 1, "Version of the config format.")
    return Draft(
      name: decoder.value("name", .identifier, default: "experiment", "Name of the run."),
      seed: decoder.value("seed", .unsigned(), default: 42, "Where every random number comes from."),
      data: decoder.value("data", .object(DataConfig.init), default: [:], "The data set and its splits."),
      model: decoder.value("model", .object(ModelConfig.init), "The network."),
      loss: decoder.value("loss", LossType.field, default: "cross_entropy", "What is minimised."),
      optimizer: decoder.value(
        "optimizer", OptimizerConfig.field, default: OptimizerConfig.defaultType, "How weights are updated."),
      train: decoder.value(
        "train", .object(TrainConfig.init), default: [:], "How long and in which batches."),
      log: decoder.value(
        "log", .object(LogConfig.init), default: [:], "What is written besides metrics and checkpoints."),
      engine: decoder.value("engine", .object(EngineConfig.init), default: [:], "How it is computed."))
  }
}

extension ExperimentConfig {
  /// The generator of the changes that images undergo in epoch `epoch`, from 1.
  public func augmentationRandom(epoch: Int) -> CounterRandom {
    CounterRandom(seed: seed, purpose: .augmentation, stream: UInt64(epoch))
  }
}

extension Model {
  /// Numbers that one image's pass keeps: the input, every output, and the copies that padding takes.
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
  /// A name that can stand in a path and in front of a dot.
  static var identifier: ConfigField {
    ConfigField(
      "a name of letters, digits, - and _", schema: ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"],
      placeholder: "unnamed"
    ) { json in
      guard let text = json.string, (1...64).contains(text.utf8.count),
        text.utf8.allSatisfy({ isIdentifierByte($0) })
      else { return nil }
      return text
    }
  }
}

private func isIdentifierByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
    true
  default: false
  }
}

extension IssueList {
  /// Whether the value under `path` has a fault, or something inside it.
  func concern(_ path: String) -> Bool {
    issues.contains { $0.path == path || $0.path.hasPrefix("\(path).") || $0.path.hasPrefix("\(path)[") }
  }
}

extension JSON {
  /// A fault of the value under `path`, or of what stands nearest to it.
  func issue(at path: [String], _ message: String) -> ConfigIssue {
    var value = self
    for key in path { value = value[key] ?? value }
    return ConfigIssue(location: value.location, path: path.joined(separator: "."), message: message)
  }

  /// The value without the members that are `null`: an absent key says the same.
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
