/// 1 / (1 + e^-x) (PyTorch `Sigmoid`).
public struct Sigmoid: ActivationLayer, OptionlessLayer {
  /// `Sigmoid`.
  public static let onnxType = "Sigmoid"

  /// Sigmoid has no options.
  public init() {}

  /// Computed in place.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(SigmoidOp(input: input))
  }
}

struct SigmoidOp: ElementwiseOperation {
  let input: Shape

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x.logistic() }

  @inline(__always)
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes { dy * y * (1 - y) }
}
