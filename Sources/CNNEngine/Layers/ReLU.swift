import ConfigDecoding

/// max(0, x); the gradient is 0 where x is 0 or less.
package struct ReLU: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Relu")]
  }

  package func build(input: Shape, output: Shape) -> any Operation { ReLUOp(input: input) }
}

/// ReLU bound to its shape. In front of a max pool there is none: the pool appliesReLU its own, fewer outputs.
struct ReLUOp: ElementwiseOperation {
  let input: Shape
  var savedOutput: SavedOutput { .sign }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.map(region, width: input.width) { $0.max(Lanes()) }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.mapGradient(region, width: input.width) { dy, y in Lanes().replacing(with: dy, where: y .> 0) }
  }
}
