/// x / (1 + e^-x), also called swish (PyTorch `SiLU`).
public struct SiLU: ActivationLayer, OptionlessLayer {
  /// SiLU is not one operator in ONNX.
  public static let onnxType = "Sigmoid"

  /// SiLU has no options.
  public init() {}

  /// `Mul` of the input with its `Sigmoid`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator(Self.onnxType), ONNXOperator("Mul", merges: .withInput)]
  }

  /// In place without a backward pass.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(SiLUOp(input: input))
  }
}

struct SiLUOp: InputElementwiseOperation {
  let input: Shape

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x * x.logistic() }

  @inline(__always)
  func derivative(_ x: Lanes) -> Lanes {
    let logistic = x.logistic()
    return logistic * (1 + x * (1 - logistic))
  }
}
