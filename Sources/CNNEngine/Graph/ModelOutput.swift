/// A layer whose outputs are scores, and the loss that reads them: an output of a model before it is checked.
public struct OutputSpec: Sendable {
  /// The layer's name; nil for the last layer.
  public let layer: String?
  /// The loss of its scores.
  public let loss: any Loss
  /// The factor of its loss in the sum of all losses.
  public let weight: Double
  /// The output's label for each class of the data; nil where the label is the class.
  public let labels: [Int]?

  /// An output of `layer`, by default the last one.
  public init(
    layer: String? = nil, loss: any Loss = CrossEntropy(), weight: Double = 1, labels: [Int]? = nil
  ) {
    (self.layer, self.loss, self.weight, self.labels) = (layer, loss, weight, labels)
  }
}

/// An output of a checked model.
public struct ModelOutput: Sendable {
  /// The name of its layer.
  public let name: String
  /// The number of the value that its layer computes.
  package let value: Int
  /// One image's scores.
  public let shape: Shape
  /// The type of its layer in a config, or of the layer's activation; nil for a model without layers.
  public let layerType: LayerType?
  /// The loss of its scores.
  public let loss: any Loss
  /// The factor of its loss in the sum of all losses.
  public let weight: Double
  /// The output's label for each class of the data; nil where the label is the class.
  public let labels: [Int]?

  /// The name of its loss in a config.
  public var lossName: String { LossType(of: loss)?.rawValue ?? "none" }

  /// The number of scores.
  public var classes: Int { shape.count }

  /// Whether the scores are log-probabilities.
  public var isLogSoftmax: Bool { layerType == .logSoftmax }
  /// Whether the scores are probabilities: a softmax that is not part of the loss.
  public var isSoftmax: Bool { layerType == .softmax && !type(of: loss).absorbsSoftmax }

  /// The output's label of a class of the data; -1 for a class that its map does not have.
  public func label(ofClass index: Int) -> Int {
    guard let labels else { return index }
    return labels.indices.contains(index) ? labels[index] : -1
  }

  /// The output with another loss.
  func with(_ loss: any Loss) -> ModelOutput {
    ModelOutput(
      name: name, value: value, shape: shape, layerType: layerType, loss: loss, weight: weight,
      labels: labels)
  }
}
