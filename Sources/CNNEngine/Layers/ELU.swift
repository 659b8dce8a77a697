import ConfigDecoding

/// x where it is positive, else alpha (e^x - 1) (Clevert et al. 2015, PyTorch `ELU`).
public struct ELU: ActivationLayer {
  /// `Elu`.
  public static let onnxType = "Elu"

  /// Minus the limit for very negative x.
  public let alpha: Double

  /// An ELU, by default PyTorch's.
  public init(alpha: Double = 1) {
    require(alpha >= 0, "alpha is not negative")
    self.alpha = alpha
  }

  /// Reads `alpha`.
  public init(decoding decoder: ConfigDecoder) {
    alpha = decoder.value(
      "alpha", .number(.within(0...1e6)), default: 1, "Minus the limit for very negative values.")
  }

  /// `alpha`.
  public var onnxAttributes: [ONNXOperator.Attribute] { [.float("alpha", alpha)] }

  /// Computed in place.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(ELUOp(input: input, alpha: Float(alpha)))
  }
}

struct ELUOp: ElementwiseOperation {
  let input: Shape
  let alpha: Float

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { ((x.exponential() - 1) * alpha).replacing(with: x, where: x .> 0) }

  /// Below zero the derivative alpha e^x is y + alpha.
  @inline(__always)
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes { (dy * (y + alpha)).replacing(with: dy, where: y .> 0) }
}
