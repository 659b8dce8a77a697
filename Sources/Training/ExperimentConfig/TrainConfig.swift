import ConfigDecoding

/// The section `train` of a config: epochs, batches, early stopping and checkpoints.
public struct TrainConfig: Sendable {
  /// Early stopping.
  public struct EarlyStop: Sendable {
    /// The monitored metric.
    public let monitor: Metric
    /// The number of epochs without improvement after which the run ends.
    public let patience: Int
    /// The smallest change that does not count as an improvement.
    public let minimumChange: Double
  }

  /// The exponential average of the weights.
  public struct Average: Sendable {
    /// The share of the old average in the new one, which is smaller in the first updates.
    public let decay: Double
  }

  /// Checkpoints besides `best.ckpt` and the `last.ckpt` of every epoch.
  public struct Checkpoints: Sendable {
    /// Steps between two saves of `last.ckpt` within an epoch.
    public let everySteps: Int?
    /// Seconds between two saves of `last.ckpt` within an epoch.
    public let everySeconds: Double?
    /// The number of last epochs whose checkpoints are kept.
    public let keep: Int
  }

  /// Passes over the training set.
  public let epochs: Int
  /// Images per step.
  public let batchSize: Int
  /// Whether each epoch has a new random order.
  public let shuffle: Bool
  /// Whether a smaller last batch is dropped.
  public let dropLast: Bool
  /// Epochs between two printed lines.
  public let logEveryEpochs: Int
  /// Whether the printed line has the sum of the mean losses of all steps.
  public let logSummedLoss: Bool
  /// The metric that chooses the best epoch; nil for the one of early stopping, else the validation accuracy, or the
  /// loss without a fixed validation set.
  public let monitor: Metric?
  /// Early stopping; nil for none.
  public let earlyStop: EarlyStop?
  /// The average of the weights that is validated and saved as the model; nil for the weights themselves.
  public let average: Average?
  /// Additional checkpoints.
  public let checkpoints: Checkpoints

  /// The largest number of epochs.
  static let epochLimit = 1_000_000

  init(_ decoder: ConfigDecoder) {
    epochs = decoder.value(
      "epochs", .integer(.within(1...Self.epochLimit)), default: 10, "Passes over the training set.")
    batchSize = decoder.value("batch_size", .integer(.within(1...65_536)), default: 128, "Images per step.")
    shuffle = decoder.value("shuffle", .boolean, default: true, "Use a new random order in each epoch.")
    dropLast = decoder.value("drop_last", .boolean, default: false, "Drop a last batch that is smaller.")
    logEveryEpochs = decoder.value(
      "log_every_epochs", .integer(.within(1...1_000_000)), default: 1, "Epochs between two printed lines.")
    logSummedLoss = decoder.value(
      "log_summed_loss", .boolean, default: false, "Also print the sum of the losses of all steps.")
    monitor = decoder.optional("monitor", Metric.field, "Metric that chooses the best epoch.")
    earlyStop = decoder.optional("early_stop", .object(Self.earlyStop), "Early stopping.")
    average = decoder.optional(
      "average", .object(Self.average),
      "Exponential average of weights and running statistics, which is validated and saved as the model.")
    checkpoints = decoder.value(
      "checkpoint", .object(Self.checkpoints), default: [:],
      "Checkpoints besides those of the last and the best epoch.")
  }

  private static func checkpoints(_ decoder: ConfigDecoder) -> Checkpoints {
    Checkpoints(
      everySteps: decoder.optional(
        "every_steps", .integer(.within(1...1_000_000_000)), "Also save last.ckpt every this many steps."),
      everySeconds: decoder.optional(
        "every_seconds", .number(.within(0...1e9)), "Also save last.ckpt every this many seconds."),
      keep: decoder.value(
        "keep", .integer(.within(0...1_000_000)), default: 0,
        "Number of last epochs whose checkpoints are kept."))
  }

  private static func average(_ decoder: ConfigDecoder) -> Average {
    Average(
      decay: decoder.value(
        "decay", .number(.within(0..<1)), default: 0.999,
        "Share of the old average in each update; update t has at most (1 + t) / (10 + t)."))
  }

  private static func earlyStop(_ decoder: ConfigDecoder) -> EarlyStop {
    EarlyStop(
      monitor: decoder.value("monitor", Metric.field, default: "val_loss", "Monitored metric."),
      patience: decoder.value(
        "patience", .integer(.within(0...1_000_000)), default: 3,
        "Epochs without improvement after which the run ends."),
      minimumChange: decoder.value(
        "min_delta", .number(.within(0...1e6)), default: 0,
        "Only a change of more than this is an improvement."))
  }
}
