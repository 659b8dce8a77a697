/// max(0, x); the gradient is 0 where x is 0 or less (PyTorch `ReLU`).
public struct ReLU: ActivationLayer, OptionlessLayer {
  /// `Relu`.
  public static let onnxType = "Relu"

  /// ReLU has no options.
  public init() {}

  /// Removed if the next layer is a max pool; see `fuseReLUIntoMaxPool`.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(ReLUOp(input: input))
  }
}

struct ReLUOp: ElementwiseOperation {
  let input: Shape
  var savedOutput: SavedOutput { .sign }

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { x.max(Lanes()) }

  @inline(__always)
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes { Lanes().replacing(with: dy, where: y .> 0) }
}
