/// The hyperbolic tangent (PyTorch `Tanh`).
public struct Tanh: ActivationLayer, OptionlessLayer {
  /// `Tanh`.
  public static let onnxType = "Tanh"

  /// Tanh has no options.
  public init() {}

  /// Computed in place.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(TanhOp(input: input))
  }
}

struct TanhOp: ElementwiseOperation {
  let input: Shape

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x.hyperbolicTangent() }

  @inline(__always)
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes { dy * (1 - y * y) }
}
