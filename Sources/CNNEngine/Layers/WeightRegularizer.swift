import ConfigDecoding

/// A penalty on a layer's weights, l1 sum |w| + l2 sum w^2, that is added to the loss (Keras `kernel_regularizer`).
public struct WeightRegularizer: Sendable, Equatable {
  /// The factor of sum |w|.
  public var l1: Double
  /// The factor of sum w^2; its gradient is 2 l2 w.
  public var l2: Double

  /// A penalty with these factors.
  public init(l1: Double = 0, l2: Double = 0) { (self.l1, self.l2) = (l1, l2) }

  /// Reads `l1` and `l2`.
  init(decoding decoder: ConfigDecoder) {
    l1 = decoder.value(
      "l1", .number(.within(0...1e6)), default: JSON(0), "adds l1 * sum |w| of the kernel to the loss")
    l2 = decoder.value(
      "l2", .number(.within(0...1e6)), default: JSON(0), "adds l2 * sum w^2 of the kernel to the loss")
  }

  /// Whether it adds nothing.
  var isZero: Bool { l1 == 0 && l2 == 0 }

  /// What `weights` add to the loss.
  func loss(_ weights: UnsafeBufferPointer<Float>) -> Double {
    guard !isZero else { return 0 }
    var (absolute, square) = (0.0, 0.0)
    for weight in weights {
      absolute += Double(abs(weight))
      square += Double(weight) * Double(weight)
    }
    return l1 * absolute + l2 * square
  }

  /// Adds the penalty's gradient to that of the loss.
  func addGradient(_ weights: UnsafeBufferPointer<Float>, to gradient: UnsafeMutablePointer<Float>) {
    guard !isZero else { return }
    let (l1, twoL2) = (Float(l1), Float(2 * l2))
    for index in weights.indices {
      let weight = weights[index]
      gradient[index] += twoL2 * weight + (weight > 0 ? l1 : weight < 0 ? -l1 : 0)
    }
  }
}

/// A bound on a layer's weights that holds after every update (Keras `kernel_constraint=MaxNorm`).
public struct WeightConstraint: Sendable, Equatable {
  /// The largest L2 norm of the weights into one unit.
  public var maxNorm: Double

  /// A bound of `maxNorm`.
  public init(maxNorm: Double) { self.maxNorm = maxNorm }

  /// Reads `max_norm`; nil where there is none.
  static func decode(_ decoder: ConfigDecoder) -> WeightConstraint? {
    decoder.optional(
      "max_norm", .number(.within(1e-12...1e12)), "largest L2 norm of the weights into one unit"
    ).map { WeightConstraint(maxNorm: $0) }
  }

  /// Scales each of `units` rows of weights that is longer than the largest norm.
  func apply(to weights: UnsafeMutableBufferPointer<Float>, units: Int) {
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
