import ConfigDecoding

/// The mean over the classes of (output - one-hot)^2 (Keras `MeanSquaredError`).
package struct MeanSquaredError: Loss {
  package static let absorbsSoftmax = false

  package init(_ decoder: ConfigDecoder) {}

  package func evaluate(
    _ y: UnsafeMutablePointer<Lanes>, classes: Int, labels: Lanes, scale: Lanes,
    dy: UnsafeMutablePointer<Lanes>?
  ) -> Lanes {
    let share = Lanes(repeating: 1 / Float(classes))
    var loss = Lanes()
    for label in 0..<classes {
      let difference = y[label] - Lanes.oneHot(labels, label)
      loss.addProduct(difference * difference, share)
      if let dy { dy[label] = difference * 2 * share * scale }
    }
    return loss
  }
}
