import ConfigDecoding

/// 1 / (1 + e^-x).
package struct Sigmoid: Layer {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Sigmoid")]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Squashing(input: input) }
}

/// Sigmoid bound to its shape.
struct Squashing: ElementwiseLayer {
  let input: Shape

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.map(region, width: input.width) { $0.logistic() }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.mapGradient(region, width: input.width) { dy, y in dy * y * (1 - y) }
  }
}
