/// Outputs of a network that are not finite, from which nothing can be predicted.
public struct NonFiniteOutputError: Error, Sendable, Equatable {
  /// What has them: an image, or the loss of all images.
  public let subject: String
  /// The first layer with such values; nil where it is not known.
  public let layer: String?
}

extension NonFiniteOutputError: CustomStringConvertible {
  /// One line: what it is, and which weights to look at.
  public var description: String {
    let place = layer.map { ", first in layer \($0)" } ?? ""
    return
      "\(subject): the network's outputs are not finite\(place); its weights are too large for this input"
  }
}
