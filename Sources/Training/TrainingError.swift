/// Why a run cannot go on.
public enum TrainingError: Error, Sendable, Equatable {
  /// A number that has to be finite no longer is; the layer is the one where that began: the first, or for a
  /// gradient, which comes from behind, the last whose numbers are not finite.
  case diverged(Quantity, epoch: Int, step: Int, layer: String?, learningRate: Double)

  /// What is not finite.
  public enum Quantity: String, Sendable {
    /// The loss of a batch, or of the validation images.
    case loss
    /// A gradient.
    case gradient
    /// A weight after an update.
    case weight
    /// What the optimizer remembers.
    case optimizer
  }
}

extension TrainingError: CustomStringConvertible {
  /// A tenth in decimal: 0.007 for 0.07, which a division would miss.
  private func tenth(of rate: Double) -> Double { Double("\(rate)e-1") ?? rate / 10 }

  /// One line that says where, and what to lower.
  public var description: String {
    switch self {
    case .diverged(let what, let epoch, let step, let layer, let rate):
      let subject =
        switch what {
        case .loss: "the loss is"
        case .gradient: "the gradient is"
        case .weight: "weights are"
        case .optimizer: "what the optimizer remembers is"
        }
      let place = layer.map { ", first in layer \($0)" } ?? ""
      return "\(subject) not finite at epoch \(epoch), step \(step)\(place); lower the learning rate "
        + "(--lr \(tenth(of: rate)), it was \(rate))"
    }
  }
}
