import ConfigDecoding
import CSIMD

/// What keeps a layer's weights small (Keras: `kernel_regularizer`, `kernel_constraint`).
package struct Penalty: Sendable, Equatable {
  /// Adds l1 * sum |w| to the loss.
  package var l1 = 0.0
  /// Adds l2 * sum w^2 to the loss; the gradient is 2 * l2 * w.
  package var l2 = 0.0
  /// Scales a unit's incoming weights down to this L2 norm after each step.
  package var maxNorm: Double?

  package init() {}

  /// Reads `l1`, `l2` and `max_norm`.
  package init(_ decoder: ConfigDecoder) {
    l1 = decoder.value(
      "l1", .number(.within(0...1e6)), default: JSON(0), "adds l1 * sum |w| of the kernel to the loss")
    l2 = decoder.value(
      "l2", .number(.within(0...1e6)), default: JSON(0), "adds l2 * sum w^2 of the kernel to the loss")
    maxNorm = decoder.optional(
      "max_norm", .number(.within(1e-12...1e12)), "largest L2 norm of the weights into one unit")
  }

  /// The penalty's share of the loss for `weights`.
  func loss(_ weights: UnsafeBufferPointer<Float>) -> Double {
    guard l1 != 0 || l2 != 0 else { return 0 }
    var (absolute, square) = (0.0, 0.0)
    for weight in weights {
      absolute += Double(abs(weight))
      square += Double(weight) * Double(weight)
    }
    return l1 * absolute + l2 * square
  }

  /// Adds the penalty's gradient.
  func addGradient(_ weights: UnsafeBufferPointer<Float>, to gradient: UnsafeMutablePointer<Float>) {
    guard l1 != 0 || l2 != 0 else { return }
    let (l1, twoL2) = (Float(l1), Float(2 * l2))
    for index in weights.indices {
      let weight = weights[index]
      gradient[index] += twoL2 * weight + (weight > 0 ? l1 : weight < 0 ? -l1 : 0)
    }
  }

  /// Scales each of `units` rows of weights that is longer than the largest norm (Keras `MaxNorm`).
  func constrain(_ weights: UnsafeMutableBufferPointer<Float>, units: Int) {
    guard let maxNorm else { return }
    let count = weights.count / units
    for unit in 0..<units {
      let row = UnsafeMutableBufferPointer(rebasing: weights[unit * count..<(unit + 1) * count])
      let norm = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard norm > maxNorm else { continue }
      let scale = Float(maxNorm / (norm + 1e-7))
      for index in row.indices { row[index] *= scale }
    }
  }
}
