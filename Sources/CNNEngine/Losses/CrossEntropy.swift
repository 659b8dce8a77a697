import ConfigDecoding

/// -log softmax(scores)[label] (PyTorch `CrossEntropyLoss`, Keras `CategoricalCrossentropy`).
///
/// On top of log-softmax it is the same number, because log-softmax of log-softmax is log-softmax.
package struct CrossEntropy: Loss {
  package static let absorbsSoftmax = true

  package init() {}
  package init(_ decoder: ConfigDecoder) {}

  package func evaluate(
    _ y: UnsafeMutablePointer<Lanes>, classes: Int, labels: Lanes, scale: Lanes,
    dy: UnsafeMutablePointer<Lanes>?
  ) -> Lanes {
    let normalizer = logSumOfExponentials(y, classes)
    var loss = Lanes()
    for label in 0..<classes {
      let target = Lanes.oneHot(labels, label)
      let logProbability = y[label] - normalizer
      loss = loss - target * logProbability
      if let dy { dy[label] = (logProbability.exponential() - target) * scale }
    }
    return loss
  }
}
