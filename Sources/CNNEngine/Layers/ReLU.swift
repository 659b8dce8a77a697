import ConfigDecoding

/// max(0, x); the gradient is 0 where x is 0 or less.
package struct ReLU: Layer {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Relu")]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Rectifying(input: input) }
}

/// ReLU bound to its shape. In front of a max pool there is none: the pool rectifies its own, fewer outputs.
struct Rectifying: ElementwiseLayer {
  let input: Shape
  var outputNeed: OutputNeed { .sign }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.map(region, width: input.width) { $0.max(Lanes()) }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.mapGradient(region, width: input.width) { dy, y in Lanes().replacing(with: dy, where: y .> 0) }
  }
}
