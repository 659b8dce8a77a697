import ConfigDecoding

/// x times the normal distribution function of x (Hendrycks and Gimpel 2016, PyTorch `GELU`).
public struct GELU: ActivationLayer {
  /// GELU is not one operator in ONNX before operator set 20.
  public static let onnxType = "Gelu"

  /// How the distribution function is computed.
  public enum Approximation: String, CaseIterable, Sendable {
    /// By the error function.
    case none
    /// By 0.5 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    case tanh
  }

  /// How the distribution function is computed.
  public let approximation: Approximation

  /// A GELU, by default exact.
  public init(approximation: Approximation = .none) { self.approximation = approximation }

  /// Reads `approximate`.
  public init(decoding decoder: ConfigDecoder) {
    approximation = decoder.value(
      "approximate", .choice(of: Approximation.self), default: "none",
      "\"none\" for the error function, or the formula with \"tanh\".")
  }

  /// The formula in elementary operators.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    switch approximation {
    case .none:
      [
        ONNXOperator("Mul", constant: 0.5.squareRoot()), ONNXOperator("Erf"),
        ONNXOperator("Add", constant: 1), ONNXOperator("Mul", constant: 0.5),
        ONNXOperator("Mul", merges: .withInput),
      ]
    case .tanh:
      [
        ONNXOperator("Mul", merges: .withInput), ONNXOperator("Mul", constant: 0.044715),
        ONNXOperator("Add", constant: 1), ONNXOperator("Mul", merges: .withInput),
        ONNXOperator("Mul", constant: (2 / Double.pi).squareRoot()), ONNXOperator("Tanh"),
        ONNXOperator("Add", constant: 1), ONNXOperator("Mul", constant: 0.5),
        ONNXOperator("Mul", merges: .withInput),
      ]
    }
  }

  /// In place without a backward pass.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    switch approximation {
    case .none: LayerOperation(GELUOp(input: input))
    case .tanh: LayerOperation(TanhGELUOp(input: input))
    }
  }
}

struct GELUOp: InputElementwiseOperation {
  let input: Shape

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x * distribution(x) }

  @inline(__always)
  func derivative(_ x: Lanes) -> Lanes {
    let density = (x * x * -0.5).exponential() * 0.398_942_28
    return distribution(x).addingProduct(x, density)
  }

  /// The normal distribution function.
  @inline(__always)
  private func distribution(_ x: Lanes) -> Lanes { ((x * 0.707_106_78).errorFunction() + 1) * 0.5 }
}

struct TanhGELUOp: InputElementwiseOperation {
  let input: Shape

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x * 0.5 * (1 + argument(x).hyperbolicTangent()) }

  @inline(__always)
  func derivative(_ x: Lanes) -> Lanes {
    let tangent = argument(x).hyperbolicTangent()
    let slope = 0.797_884_56 * (1 + 0.134_145 * x * x)
    return 0.5 * (1 + tangent) + 0.5 * x * (1 - tangent * tangent) * slope
  }

  @inline(__always)
  private func argument(_ x: Lanes) -> Lanes { 0.797_884_56 * x * (1 + 0.044_715 * x * x) }
}
