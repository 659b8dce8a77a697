import CNNEngine

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
  /// The metrics of each output of a model with several; none with one output.
  public var outputs: [Output] = []

  /// The metrics of one output.
  public struct Output: Sendable, Equatable {
    /// The name of its layer.
    public var name: String
    /// The mean loss over the training images, neither weighted nor with penalties.
    public var loss: Double
    /// The accuracy over the training images.
    public var accuracy: Double
    /// The mean loss over the validation images; nil without validation.
    public var validationLoss: Double?
    /// The accuracy over the validation images; nil without validation.
    public var validationAccuracy: Double?

    /// Each metric with its value.
    public var values: [(metric: TrainConfig.Metric, value: Double?)] {
      Array(
        zip(
          TrainConfig.Metric.metrics(ofOutput: name), [loss, accuracy, validationLoss, validationAccuracy]))
    }
  }

  /// The value of a metric; nil for a validation metric without validation.
  public subscript(metric: TrainConfig.Metric) -> Double? {
    switch metric {
    case .loss: loss
    case .accuracy: accuracy
    case .validationLoss: validationLoss
    case .validationAccuracy: validationAccuracy
    default: outputs.lazy.flatMap(\.values).first { $0.metric == metric }?.value
    }
  }

  // MARK: metrics.csv

  private static let columns: [RunEvent.Key] = [
    .epoch, .loss, .accuracy, .validationLoss, .validationAccuracy, .learningRate, .seconds, .imagesPerSecond,
  ]

  /// The header of `metrics.csv` for a model.
  static func header(of model: Model) -> String {
    let outputs = model.separateOutputs.flatMap { TrainConfig.Metric.metrics(ofOutput: $0.name) }
    return (columns.map(\.rawValue) + outputs.map(\.rawValue)).joined(separator: ",")
  }

  /// The row of `metrics.csv`; validation columns are empty without validation.
  var row: String {
    let values: [Double?] =
      [loss, accuracy, validationLoss, validationAccuracy, learningRate, seconds, imagesPerSecond]
      + outputs.flatMap { $0.values.map(\.value) }
    return ([String(epoch)] + values.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",")
  }

  /// The epoch of a row of `metrics.csv`; 0 for the header.
  static func epoch(ofRow row: String) -> Int? {
    let first = row.prefix { $0 != "," }
    return first == RunEvent.Key.epoch.rawValue ? 0 : Int(first)
  }
}

extension EpochSums {
  /// The metrics of each of several outputs.
  func metrics(of outputs: [ModelOutput], validation: Evaluation?) -> [EpochMetrics.Output] {
    outputs.indices.map { index in
      let sum = self.outputs[index]
      return EpochMetrics.Output(
        name: outputs[index].name, loss: sum.loss / Double(images),
        accuracy: Double(sum.correct) / Double(images), validationLoss: validation?.outputs[index].loss,
        validationAccuracy: validation?.outputs[index].accuracy)
    }
  }
}
