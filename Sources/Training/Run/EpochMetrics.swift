/// The metrics of one epoch.
public struct EpochMetrics: Sendable, Equatable {
  /// The epoch, from 1.
  public var epoch: Int
  /// The mean loss over the training images, computed while training.
  public var loss: Double
  /// The accuracy over the training images, computed while training.
  public var accuracy: Double
  /// The mean loss over the validation images; nil without validation.
  public var validationLoss: Double?
  /// The accuracy over the validation images; nil without validation.
  public var validationAccuracy: Double?
  /// The sum of the mean losses of all steps.
  public var summedLoss: Double
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The number of steps.
  public var steps: Int
  /// Seconds of training, without validation.
  public var seconds: Double
  /// Training images per second.
  public var imagesPerSecond: Double

  /// The value of a metric; nil for a validation metric without validation.
  public subscript(metric: TrainConfig.Metric) -> Double? {
    switch metric {
    case .loss: loss
    case .accuracy: accuracy
    case .validationLoss: validationLoss
    case .validationAccuracy: validationAccuracy
    }
  }

  // MARK: metrics.csv

  private static let columns: [RunEvent.Key] = [
    .epoch, .loss, .accuracy, .validationLoss, .validationAccuracy, .learningRate, .seconds, .imagesPerSecond,
  ]

  /// The header of `metrics.csv`.
  static let header = columns.map(\.rawValue).joined(separator: ",")

  /// The row of `metrics.csv`; validation columns are empty without validation.
  var row: String {
    let values = [
      loss, accuracy, validationLoss, validationAccuracy, learningRate, seconds, imagesPerSecond,
    ]
    return ([String(epoch)] + values.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",")
  }

  /// The epoch of a row of `metrics.csv`; 0 for the header.
  static func epoch(ofRow row: String) -> Int? { row == header ? 0 : Int(row.prefix { $0 != "," }) }
}
