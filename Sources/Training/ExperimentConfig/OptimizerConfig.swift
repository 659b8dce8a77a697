import CNNEngine
import ConfigDecoding

/// The section `optimizer` of a config: the update rule, the learning rate and its schedule.
public struct OptimizerConfig: Sendable {
  /// `sgd`, `adam`, ...
  public let type: String
  /// The initial learning rate.
  public let learningRate: Double
  /// The learning rate schedule.
  package let schedule: LearningRateSchedule
  /// The update rule.
  package let rule: any UpdateRule

  /// The optimizer of a config without one.
  static let defaultType: JSON = "adam"

  static let field = ConfigField<OptimizerConfig>.variant(
    OptimizerType.allCases.map { type in
      Variant(type.rawValue, "Update rule.") { OptimizerConfig(type, $0) }
    }, allowsName: true)

  private init(_ type: OptimizerType, _ decoder: ConfigDecoder) {
    self.type = type.rawValue
    let flavor = decoder.value(
      "flavor", .choice(of: OptimizerFlavor.self), default: "torch",
      "Framework whose arithmetic and defaults are followed.")
    learningRate = decoder.value(
      "lr", .number(.within(0...1e6)), default: type == .sgd || type == .adagrad ? 0.01 : 0.001,
      "Learning rate.")
    rule = type.rule.init(decoding: decoder, flavor: flavor)
    schedule = decoder.value(
      "schedule", LearningRateSchedule.field, default: "constant", "Learning rate schedule.")
  }
}
