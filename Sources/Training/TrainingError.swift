/// Why a run cannot go on.
public enum TrainingError: Error, Sendable, Equatable {
  /// A number that has to be finite no longer is; the layer is the first one whose numbers are not.
  case diverged(Quantity, epoch: Int, step: Int, layer: String?, learningRate: Double)

  /// What is not finite.
  public enum Quantity: String, Sendable {
    /// The loss of a batch, or of the validation images.
    case loss
    /// A weight after an update.
    case weight
  }
}

extension TrainingError: CustomStringConvertible {
  /// A tenth in decimal: 0.007 for 0.07, which a division would miss.
  private func tenth(of rate: Double) -> Double { Double("\(rate)e-1") ?? rate / 10 }

  /// One line that says where, and what to lower.
  public var description: String {
    switch self {
    case .diverged(let what, let epoch, let step, let layer, let rate):
      let subject = what == .loss ? "the loss is" : "weights are"
      let place = layer.map { ", first in layer \($0)" } ?? ""
      return "\(subject) not finite at epoch \(epoch), step \(step)\(place); lower the learning rate "
        + "(--lr \(tenth(of: rate)), it was \(rate))"
    }
  }
}
