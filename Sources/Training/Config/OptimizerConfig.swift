import CNNEngine
import ConfigDecoding

/// The optimizer of a config, its learning rate, and how that changes.
public struct OptimizerConfig: Sendable {
  /// `sgd`, `adam`, ...
  public let type: String
  /// The learning rate the run starts with.
  public let learningRate: Double
  package let schedule: LearningRateSchedule
  package let rule: any UpdateRule

  static let defaultType: JSON = "adam"

  static let field = ConfigField<OptimizerConfig>.variant(
    OptimizerType.allCases.map { type in
      Variant(type.rawValue, "The rule that updates the weights.") { OptimizerConfig(type, $0) }
    }, allowsName: true)

  private init(_ type: OptimizerType, _ decoder: ConfigDecoder) {
    self.type = type.rawValue
    let flavor = decoder.value(
      "flavor", .choice(of: OptimizerFlavor.self), default: "torch",
      "Whose arithmetic and defaults to follow.")
    learningRate = decoder.value(
      "lr", .number(.within(0...1e6)), default: type == .sgd || type == .adagrad ? 0.01 : 0.001,
      "Learning rate.")
    rule = type.rule.init(decoding: decoder, flavor: flavor)
    schedule = decoder.value(
      "schedule", LearningRateSchedule.field, default: "constant", "How the learning rate changes.")
  }
}
