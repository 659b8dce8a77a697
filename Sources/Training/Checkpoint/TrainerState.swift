import ConfigDecoding
import Datasets

/// Where a run stands: enough to go on from the middle of an epoch.
public struct TrainerState: Sendable, Equatable {
  /// Complete epochs.
  public var epoch = 0
  /// Steps of the next epoch that are done.
  public var stepInEpoch = 0
  /// Steps the optimizer has taken.
  public var step = 0
  /// The sums of the epoch so far.
  public var sums = EpochSums()
  /// The best epoch so far.
  public var best: Best?
  /// The best value of the metric that early stopping watches.
  public var bestWatched: Double?
  /// Epochs since then, for early stopping.
  public var epochsWithoutImprovement = 0

  /// An epoch that was better than all before.
  public struct Best: Sendable, Equatable {
    /// Its number, from 1.
    public var epoch: Int
    /// The value of the metric that decides.
    public var value: Double
  }

  /// A run that has not begun.
  public init() {}

  /// Whether a run of `epochs` with the batches of `loader` can stand here.
  func fits(_ loader: DataLoader, epochs: Int) -> Bool {
    let (steps, images) = (loader.stepsPerEpoch, loader.subset.count)
    return (0...epochs).contains(epoch) && (0...steps).contains(stepInEpoch)
      && (epoch < epochs || stepInEpoch == 0) && step == epoch * steps + stepInEpoch
      && sums.images == min(stepInEpoch * loader.batchSize, images)
      && (0...sums.images).contains(sums.correct)
  }

  var json: JSON {
    JSON(object: [
      ("epoch", JSON(epoch)), ("step_in_epoch", JSON(stepInEpoch)), ("step", JSON(step)),
      ("loss_sum", JSON(sums.loss)), ("step_loss_sum", JSON(sums.stepLosses)),
      ("correct", JSON(sums.correct)), ("images", JSON(sums.images)),
      ("best_epoch", best.map { JSON($0.epoch) } ?? .null),
      ("best_value", best.map { JSON($0.value) } ?? .null),
      ("best_watched", bestWatched.map { JSON($0) } ?? .null),
      ("epochs_without_improvement", JSON(epochsWithoutImprovement)),
    ])
  }

  /// Reads what `json` wrote; nil if a number is missing, negative, beyond the epochs done, or too large to go on
  /// counting from.
  init?(_ json: JSON) {
    func count(_ key: String) -> Int? { json[key]?.integer.flatMap { 0...1 << 53 ~= $0 ? $0 : nil } }
    guard let epoch = count("epoch"), let stepInEpoch = count("step_in_epoch"), let step = count("step"),
      let loss = json["loss_sum"]?.number, let stepLosses = json["step_loss_sum"]?.number,
      let correct = count("correct"), let images = count("images"),
      let waited = count("epochs_without_improvement"), waited <= epoch,
      (1...max(epoch, 1)).contains(count("best_epoch") ?? 1)
    else { return nil }
    (self.epoch, self.stepInEpoch, self.step) = (epoch, stepInEpoch, step)
    sums = EpochSums(loss: loss, stepLosses: stepLosses, correct: correct, images: images)
    if let bestEpoch = count("best_epoch"), let value = json["best_value"]?.number {
      best = Best(epoch: bestEpoch, value: value)
    }
    bestWatched = json["best_watched"]?.number
    epochsWithoutImprovement = waited
  }
}

/// What an epoch has added up so far.
public struct EpochSums: Sendable, Equatable {
  /// The sum of the images' losses, penalties included.
  public var loss = 0.0
  /// The sum of the steps' mean losses.
  public var stepLosses = 0.0
  /// Images whose highest score was their label's.
  public var correct = 0
  /// Images seen.
  public var images = 0

  /// Nothing yet.
  public init() {}

  init(loss: Double, stepLosses: Double, correct: Int, images: Int) {
    (self.loss, self.stepLosses, self.correct, self.images) = (loss, stepLosses, correct, images)
  }

  /// The mean loss of the images so far.
  public var meanLoss: Double { loss / Double(images) }
  /// The part of the images so far that was guessed right.
  public var accuracy: Double { Double(correct) / Double(images) }
}
