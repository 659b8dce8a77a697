import Configuration

/// max(0, x); the gradient is 0 where x is 0 or less.
package struct ReLU: Layer {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Rectifying(input: input) }
}

/// ReLU bound to its shape.
struct Rectifying: ElementwiseLayer {
  let input: Shape
  /// Whether the max pool behind it drops the gradient where the output is 0, so that nothing is left to do.
  var leavesGradientToPool = false
  var outputNeed: OutputNeed { leavesGradientToPool ? .nothing : .sign }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    pass.map(region, width: input.width) { $0.max(Lanes()) }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    // Both gradients lie in the same place, as the layer works in place.
    if leavesGradientToPool { return }
    pass.mapGradient(region, width: input.width) { dy, y in Lanes().replacing(with: dy, where: y .> 0) }
  }
}
