import Configuration

/// Where a run stands: enough to go on from the middle of an epoch.
public struct RunProgress: Sendable, Equatable {
  /// Complete epochs.
  public var epoch = 0
  /// Steps of the next epoch that are done.
  public var stepInEpoch = 0
  /// Steps the optimizer has taken.
  public var step = 0
  /// The sums of the epoch so far.
  public var sums = EpochSums()
  /// The best value of the watched metric, and its epoch.
  public var best: Best?
  /// Epochs without improvement, for early stopping.
  public var epochsWithoutImprovement = 0

  /// The best epoch so far.
  public struct Best: Sendable, Equatable {
    /// Its number, from 1.
    public var epoch: Int
    /// The value of the watched metric.
    public var value: Double
  }

  /// A run that has not begun.
  public init() {}

  var json: JSON {
    JSON(object: [
      ("epoch", JSON(epoch)), ("step_in_epoch", JSON(stepInEpoch)), ("step", JSON(step)),
      ("loss_sum", JSON(sums.loss)), ("correct", JSON(sums.correct)), ("images", JSON(sums.images)),
      ("best_epoch", best.map { JSON($0.epoch) } ?? .null),
      ("best_value", best.map { JSON($0.value) } ?? .null),
      ("epochs_without_improvement", JSON(epochsWithoutImprovement)),
    ])
  }

  init?(_ json: JSON) {
    guard let epoch = json["epoch"]?.integer, let stepInEpoch = json["step_in_epoch"]?.integer,
      let step = json["step"]?.integer, let loss = json["loss_sum"]?.number,
      let correct = json["correct"]?.integer, let images = json["images"]?.integer,
      let waited = json["epochs_without_improvement"]?.integer, epoch >= 0, stepInEpoch >= 0, step >= 0
    else { return nil }
    self.epoch = epoch
    self.stepInEpoch = stepInEpoch
    self.step = step
    sums = EpochSums(loss: loss, correct: correct, images: images)
    if let bestEpoch = json["best_epoch"]?.integer, let value = json["best_value"]?.number {
      best = Best(epoch: bestEpoch, value: value)
    }
    epochsWithoutImprovement = waited
  }
}

/// What an epoch has added up so far.
public struct EpochSums: Sendable, Equatable {
  /// The sum of the images' losses, penalties included.
  public var loss = 0.0
  /// Images whose highest score was their label's.
  public var correct = 0
  /// Images seen.
  public var images = 0
}
