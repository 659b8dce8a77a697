import ConfigDecoding

/// -outputs[label], for a network that ends in log-softmax (PyTorch `NLLLoss`).
package struct NegativeLogLikelihood: Loss {
  package static let absorbsSoftmax = false

  package init(_ decoder: ConfigDecoder) {}

  package func evaluate(
    _ y: UnsafeMutablePointer<Lanes>, classes: Int, labels: Lanes, scale: Lanes,
    dy: UnsafeMutablePointer<Lanes>?
  ) -> Lanes {
    var loss = Lanes()
    for label in 0..<classes {
      let target = Lanes.oneHot(labels, label)
      loss = loss - target * y[label]
      if let dy { dy[label] = -target * scale }
    }
    return loss
  }
}
