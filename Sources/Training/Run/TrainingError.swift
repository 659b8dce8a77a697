/// Why a run cannot continue.
public enum TrainingError: Error, Sendable, Equatable {
  /// A quantity became infinite or NaN. `layer` is the first layer with such values; for a gradient, which is computed
  /// backward, the last one.
  case diverged(Quantity, epoch: Int, step: Int, layer: String?, learningRate: Double)

  /// What is not finite.
  public enum Quantity: String, Sendable {
    /// The loss of a batch, or of the validation images.
    case loss
    /// A gradient.
    case gradient
    /// A weight after an update.
    case weight
    /// A running statistic after a step.
    case state
    /// The state of the optimizer.
    case optimizer
    /// The average of the weights.
    case average
  }
}

extension TrainingError: CustomStringConvertible {
  /// A tenth of a learning rate, exact in decimal: 0.007 for 0.07, where a division gives 0.007000000000000001.
  private func tenth(of rate: Double) -> Double { Double("\(rate)e-1") ?? rate / 10 }

  /// One line with epoch, step, layer and a learning rate to try.
  public var description: String {
    switch self {
    case .diverged(let what, let epoch, let step, let layer, let rate):
      let subject =
        switch what {
        case .loss: "the loss is"
        case .gradient: "the gradient is"
        case .weight: "weights are"
        case .state: "running statistics are"
        case .average: "the average of the weights is"
        case .optimizer: "the optimizer's state is"
        }
      let place = layer.map { ", first in layer \($0)" } ?? ""
      return "\(subject) not finite at epoch \(epoch), step \(step)\(place); lower the learning rate "
        + "(--lr \(tenth(of: rate)), it was \(rate))"
    }
  }
}
