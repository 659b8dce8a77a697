import ConfigDecoding

/// The hyperbolic tangent.
package struct Tanh: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Tanh")]
  }

  package func build(input: Shape, output: Shape) -> any Operation { TanhOp(input: input) }
}

/// Tanh bound to its shape.
struct TanhOp: ElementwiseOperation {
  let input: Shape

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.map(region, width: input.width) { $0.hyperbolicTangent() }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.mapGradient(region, width: input.width) { dy, y in dy * (1 - y * y) }
  }
}
