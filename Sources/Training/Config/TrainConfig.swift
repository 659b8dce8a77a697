import ConfigDecoding

/// How long a run trains and in which batches.
public struct TrainConfig: Sendable {
  /// A number of an epoch that tells whether it was good.
  public enum Metric: String, CaseIterable, Sendable {
    case loss, accuracy
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"

    /// Whether more is better.
    public var higherIsBetter: Bool { self == .accuracy || self == .validationAccuracy }

    /// Whether it takes a validation set to know it.
    public var needsValidation: Bool { self == .validationLoss || self == .validationAccuracy }

    /// Whether `value` is better than `best` by more than `change`; anything is better than nothing.
    func isBetter(_ value: Double, than best: Double?, by change: Double = 0) -> Bool {
      guard let best else { return true }
      return higherIsBetter ? value > best + change : value < best - change
    }
  }

  /// When to give up.
  public struct EarlyStop: Sendable {
    /// What is watched.
    public let monitor: Metric
    /// Epochs without improvement before the run ends.
    public let patience: Int
    /// The change that a value has to exceed to count as an improvement.
    public let minimumChange: Double
  }

  /// What is saved besides `best.ckpt` and, after every epoch, `last.ckpt`.
  public struct Checkpoints: Sendable {
    /// Steps after which `last.ckpt` is saved, too.
    public let everySteps: Int?
    /// Seconds after which `last.ckpt` is saved, too.
    public let everySeconds: Double?
    /// The last epochs of which a checkpoint is kept.
    public let keep: Int
  }

  /// Passes over the training set.
  public let epochs: Int
  /// Images in a step.
  public let batchSize: Int
  /// Whether each epoch has its own random order.
  public let shuffle: Bool
  /// Whether the last, smaller batch is left out.
  public let dropLast: Bool
  /// Epochs between two printed lines.
  public let logEveryEpochs: Int
  /// Whether the printed line has the sum of the steps' losses too.
  public let logSummedLoss: Bool
  /// What decides which epoch is the best; by default what early stopping watches, else the validation accuracy,
  /// or the loss where each epoch is validated on other images, or none.
  public let monitor: Metric?
  /// When to give up; nil never.
  public let earlyStop: EarlyStop?
  /// What is saved on the way.
  public let checkpoints: Checkpoints

  init(_ decoder: ConfigDecoder) {
    epochs = decoder.value(
      "epochs", .integer(.within(1...1_000_000)), default: 10, "Passes over the training set.")
    batchSize = decoder.value("batch_size", .integer(.within(1...65_536)), default: 128, "Images in a step.")
    shuffle = decoder.value("shuffle", .boolean, default: true, "A new random order each epoch.")
    dropLast = decoder.value("drop_last", .boolean, default: false, "Leave out the last, smaller batch.")
    logEveryEpochs = decoder.value(
      "log_every_epochs", .integer(.within(1...1_000_000)), default: 1, "Epochs between two printed lines.")
    logSummedLoss = decoder.value(
      "log_summed_loss", .boolean, default: false, "Print the sum of the steps' losses, too.")
    monitor = decoder.optional("monitor", .choice(of: Metric.self), "What decides which epoch is the best.")
    earlyStop = decoder.optional("early_stop", .object(Self.earlyStop), "When to give up.")
    checkpoints = decoder.value(
      "checkpoint", .object(Self.checkpoints), default: [:],
      "What is saved besides each epoch and the best one.")
  }

  private static func checkpoints(_ decoder: ConfigDecoder) -> Checkpoints {
    Checkpoints(
      everySteps: decoder.optional(
        "every_steps", .integer(.within(1...1_000_000_000)), "Save last.ckpt after so many steps, too."),
      everySeconds: decoder.optional(
        "every_seconds", .number(.within(0...1e9)), "Save last.ckpt after so many seconds, too."),
      keep: decoder.value(
        "keep", .integer(.within(0...1_000_000)), default: 0,
        "Keep a checkpoint of each of the last so many epochs."))
  }

  private static func earlyStop(_ decoder: ConfigDecoder) -> EarlyStop {
    EarlyStop(
      monitor: decoder.value("monitor", .choice(of: Metric.self), default: "val_loss", "What is watched."),
      patience: decoder.value(
        "patience", .integer(.within(0...1_000_000)), default: 3, "Epochs without improvement to wait."),
      minimumChange: decoder.value(
        "min_delta", .number(.within(0...1e6)), default: 0, "An improvement is a change of more than this."))
  }
}
