import ConfigDecoding
import Datasets

/// The progress of a run: enough to resume in the middle of an epoch.
public struct TrainerState: Sendable, Equatable {
  /// The number of complete epochs.
  public var epoch = 0
  /// The number of completed steps of the current epoch.
  public var stepInEpoch = 0
  /// The number of completed steps of the run.
  public var step = 0
  /// The running sums of the current epoch.
  public var sums = EpochSums()
  /// The best epoch so far.
  public var best: Best?
  /// The best value of the metric that early stopping monitors.
  public var bestWatched: Double?
  /// The number of epochs since then.
  public var epochsWithoutImprovement = 0

  /// The best epoch.
  public struct Best: Sendable, Equatable {
    /// The epoch, from 1.
    public var epoch: Int
    /// The value of the trainer's `monitor` metric.
    public var value: Double
  }

  /// The progress of a new run.
  public init() {}

  /// Whether this can be the progress of a run of `epochs` epochs with the batches of `loader`.
  ///
  /// - Parameter outputs: the number of outputs with sums of their own.
  func fits(_ loader: DataLoader, epochs: Int, outputs: Int) -> Bool {
    let (steps, images) = (loader.stepsPerEpoch, loader.subset.count)
    return (0...epochs).contains(epoch) && (0...steps).contains(stepInEpoch)
      && (epoch < epochs || stepInEpoch == 0) && step == epoch * steps + stepInEpoch
      && sums.images == min(stepInEpoch * loader.batchSize, images)
      && (0...sums.images).contains(sums.correct) && sums.outputs.count == (stepInEpoch == 0 ? 0 : outputs)
      && sums.outputs.allSatisfy { (0...sums.images).contains($0.correct) }
  }

  /// The checkpoint's metadata `progress`.
  var json: JSON {
    let outputs = sums.outputs.map {
      JSON(object: [("loss_sum", JSON($0.loss)), ("correct", JSON($0.correct))])
    }
    return JSON(
      object: [
        ("epoch", JSON(epoch)), ("step_in_epoch", JSON(stepInEpoch)), ("step", JSON(step)),
        ("loss_sum", JSON(sums.loss)), ("step_loss_sum", JSON(sums.stepLosses)),
        ("correct", JSON(sums.correct)), ("images", JSON(sums.images)),
        ("best_epoch", best.map { JSON($0.epoch) } ?? .null),
        ("best_value", best.map { JSON($0.value) } ?? .null),
        ("best_watched", bestWatched.map { JSON($0) } ?? .null),
        ("epochs_without_improvement", JSON(epochsWithoutImprovement)),
      ] + (outputs.isEmpty ? [] : [("outputs", JSON(outputs))]))
  }

  /// Reads the metadata `progress`; nil if a value is missing, negative, inconsistent with the epoch, or above 2^53.
  init?(_ json: JSON) {
    func count(_ key: String, in object: JSON? = nil) -> Int? {
      (object ?? json)[key]?.integer.flatMap { 0...1 << 53 ~= $0 ? $0 : nil }
    }
    guard let epoch = count("epoch"), let stepInEpoch = count("step_in_epoch"), let step = count("step"),
      let loss = json["loss_sum"]?.number, let stepLosses = json["step_loss_sum"]?.number,
      let correct = count("correct"), let images = count("images"),
      let waited = count("epochs_without_improvement"), waited <= epoch,
      (1...max(epoch, 1)).contains(count("best_epoch") ?? 1)
    else { return nil }
    (self.epoch, self.stepInEpoch, self.step) = (epoch, stepInEpoch, step)
    var outputs: [EpochSums.Output] = []
    for entry in json["outputs"]?.array ?? [] {
      guard let loss = entry["loss_sum"]?.number, let correct = count("correct", in: entry) else {
        return nil
      }
      outputs.append(EpochSums.Output(loss: loss, correct: correct))
    }
    sums = EpochSums(
      loss: loss, stepLosses: stepLosses, correct: correct, images: images, outputs: outputs)
    if let bestEpoch = count("best_epoch"), let value = json["best_value"]?.number {
      best = Best(epoch: bestEpoch, value: value)
    }
    bestWatched = json["best_watched"]?.number
    epochsWithoutImprovement = waited
  }
}
