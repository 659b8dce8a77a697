import ConfigDecoding

/// x where it is positive, else slope times x (PyTorch `LeakyReLU`).
public struct LeakyReLU: ActivationLayer {
  /// `LeakyRelu`.
  public static let onnxType = "LeakyRelu"

  /// The slope below zero, from 0 to 1.
  public let slope: Double

  /// A leaky ReLU, by default PyTorch's.
  public init(slope: Double = 0.01) {
    require((0...1).contains(slope), "a slope is from 0 to 1")
    self.slope = slope
  }

  /// Reads `slope`.
  public init(decoding decoder: ConfigDecoder) {
    slope = decoder.value(
      "slope", .number(.within(0...1)), default: 0.01, "Slope below zero (Keras' default is 0.3).")
  }

  /// The slope as `alpha`.
  public var onnxAttributes: [ONNXOperator.Attribute] { [.float("alpha", slope)] }

  /// Computed in place.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(LeakyReLUOp(input: input, slope: Float(slope)))
  }
}

struct LeakyReLUOp: ElementwiseOperation {
  let input: Shape
  let slope: Float

  @inline(__always)
  func value(_ x: Lanes) -> Lanes { (x * slope).replacing(with: x, where: x .> 0) }

  @inline(__always)
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes { (dy * slope).replacing(with: dy, where: y .> 0) }
}
