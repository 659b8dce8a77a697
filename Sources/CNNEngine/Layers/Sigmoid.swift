import ConfigDecoding

/// 1 / (1 + e^-x).
package struct Sigmoid: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Sigmoid")]
  }

  package func build(input: Shape, output: Shape) -> any Operation { SigmoidOp(input: input) }
}

/// Sigmoid bound to its shape.
struct SigmoidOp: ElementwiseOperation {
  let input: Shape

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.map(region, width: input.width) { $0.logistic() }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.mapGradient(region, width: input.width) { dy, y in dy * y * (1 - y) }
  }
}
