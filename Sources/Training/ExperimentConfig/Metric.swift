import ConfigDecoding
import Formatting

extension TrainConfig {
  /// A metric of an epoch, by its name: `val_accuracy`, or `parity_loss`, that of one output among several.
  public struct Metric: RawRepresentable, Sendable, Hashable {
    /// The name, as in Keras.
    public let rawValue: String

    /// The metric called `rawValue`.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The loss of the training images: of all outputs, each times its weight, with penalties.
    public static let loss = Metric(rawValue: "loss")
    /// The accuracy of the training images at the main output.
    public static let accuracy = Metric(rawValue: "accuracy")
    /// The loss of the validation images.
    public static let validationLoss = Metric(rawValue: "val_loss")
    /// The accuracy of the validation images at the main output.
    public static let validationAccuracy = Metric(rawValue: "val_accuracy")

    /// The metrics of every model.
    public static let overall = [loss, accuracy, validationLoss, validationAccuracy]

    private static let validationPrefix = "val_"

    /// The metrics of one output among several: `digit_loss`, `digit_accuracy`, `val_digit_loss`, `val_digit_accuracy`.
    public static func metrics(ofOutput name: String) -> [Metric] {
      ["", validationPrefix].flatMap { prefix in
        ["loss", "accuracy"].map { Metric(rawValue: "\(prefix)\(name)_\($0)") }
      }
    }

    /// The metrics of a model with several outputs, or with one, which has no metrics of its own.
    static func metrics(ofOutputs names: [String]) -> [Metric] {
      overall + names.flatMap { metrics(ofOutput: $0) }
    }

    /// Whether the metrics of an output called `name` are not taken for those of the validation images.
    static func canName(_ name: String) -> Bool {
      name != "val" && !name.hasPrefix(validationPrefix)
    }

    /// Whether a higher value is better.
    public var higherIsBetter: Bool { rawValue.hasSuffix("accuracy") }

    /// Whether the metric needs a validation set.
    public var needsValidation: Bool { rawValue.hasPrefix(Self.validationPrefix) }

    /// Whether this may be the metric of some output.
    var isOfOutput: Bool { rawValue.hasSuffix("_loss") || rawValue.hasSuffix("_accuracy") }

    /// Whether `value` is better than `best` by more than `change`; true without a `best`.
    func isBetter(_ value: Double, than best: Double?, by change: Double = 0) -> Bool {
      guard let best else { return true }
      return higherIsBetter ? value > best + change : value < best - change
    }

    /// Why the metric is none of `known`.
    func fault(among known: [Metric]) -> String? {
      if known.contains(self) { return nil }
      let names = known.map(\.rawValue)
      let text = rawValue.quoted
      return "must be \(Self.choices(names)), not \(text.count <= 40 ? text : "\(text.prefix(40))…")"
        + Spelling.hint(for: rawValue, among: names)
    }

    private static func choices(_ names: [String]) -> String {
      "one of \(names.map(\.quoted).joined(separator: ", "))"
    }

    /// Any name; which ones exist depends on the model's outputs.
    static let field = ConfigField<Metric>(
      choices(overall.map(\.rawValue)),
      schema: [
        "anyOf": [
          ["enum": JSON(overall.map { JSON($0.rawValue) })],
          ["type": "string", "pattern": "^(val_)?[A-Za-z0-9_-]{1,64}_(loss|accuracy)$"],
        ]
      ], placeholder: .loss
    ) { $0.string.map(Metric.init(rawValue:)) }
  }
}
