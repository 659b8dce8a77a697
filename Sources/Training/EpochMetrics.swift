import ConfigDecoding
import JSONText

/// The numbers of one epoch.
public struct EpochMetrics: Sendable, Equatable {
  /// The epoch, from 1.
  public var epoch: Int
  /// The mean loss over the training images, while they were trained on.
  public var loss: Double
  /// The accuracy over the training images, while they were trained on.
  public var accuracy: Double
  /// The mean loss over the validation images.
  public var validationLoss: Double?
  /// The accuracy over the validation images.
  public var validationAccuracy: Double?
  /// The sum of the steps' mean losses.
  public var summedLoss: Double
  /// The learning rate of the last step.
  public var learningRate: Double
  /// Steps.
  public var steps: Int
  /// Seconds of training, without validation.
  public var seconds: Double
  /// Training images per second.
  public var imagesPerSecond: Double

  /// The value of a metric; nil without validation.
  public subscript(metric: TrainConfig.Metric) -> Double? {
    switch metric {
    case .loss: loss
    case .accuracy: accuracy
    case .validationLoss: validationLoss
    case .validationAccuracy: validationAccuracy
    }
  }

  /// The heading of `metrics.csv`.
  static let heading = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second"

  /// The epoch of a row of `metrics.csv`; 0 for its heading.
  static func epoch(ofRow row: String) -> Int? { row == heading ? 0 : Int(row.prefix { $0 != "," }) }

  /// The epoch of a line of `events.jsonl`; nil for a start or an end.
  static func epoch(ofEvent line: String) -> Int? {
    let event = try? JSON(parsing: Array(line.utf8), origin: "")
    return event?["event"]?.string == eventName ? event?["epoch"]?.integer : nil
  }

  /// What the event of an epoch is called.
  static let eventName = "epoch"

  /// A row of `metrics.csv`; empty where there is no validation.
  var row: String {
    let columns = [
      loss, accuracy, validationLoss, validationAccuracy, learningRate, seconds, imagesPerSecond,
    ]
    return ([String(epoch)] + columns.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",")
  }

  /// The metrics as members of a JSON object, numbers in full precision.
  public var members: [(String, JSON)] {
    let optional: [(String, Double?)] = [("val_loss", validationLoss), ("val_accuracy", validationAccuracy)]
    return [("epoch", JSON(epoch)), ("loss", JSON(loss)), ("accuracy", JSON(accuracy))]
      + optional.map { ($0.0, $0.1.map { JSON($0) } ?? .null) }
      + [
        ("loss_sum", JSON(summedLoss)), ("learning_rate", JSON(learningRate)), ("steps", JSON(steps)),
        ("seconds", JSON(seconds)), ("images_per_second", JSON(imagesPerSecond)),
      ]
  }
}
