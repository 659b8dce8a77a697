import ConfigDecoding

/// The hyperbolic tangent.
package struct Tanh: Layer {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Tanh")]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { HyperbolicTangent(input: input) }
}

/// Tanh bound to its shape.
struct HyperbolicTangent: ElementwiseLayer {
  let input: Shape

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.map(region, width: input.width) { $0.hyperbolicTangent() }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.mapGradient(region, width: input.width) { dy, y in dy * (1 - y * y) }
  }
}
