import ConfigDecoding

/// A two-dimensional convolution (cross-correlation, as every framework computes it).
package struct Conv2D: Layer {
  let filters: Int
  package let window: Window
  private let weights: WeightOptions

  package init(_ reader: ObjectReader) {
    filters = reader.value("filters", .integer(.within(1...65536)), "output channels")
    window = Window(reader, isPool: false)
    weights = WeightOptions(reader, output: "filter")
  }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.outputShape(for: input, channels: filters, isPool: false)
  }

  package func parameters(for input: Shape) -> [ParameterSpec] {
    let taps = window.kernel.rows * window.kernel.columns
    return weights.parameters(
      shape: [filters, input.channels, window.kernel.rows, window.kernel.columns],
      fanIn: input.channels * taps, fanOut: filters * taps)
  }

  package var activityPenalty: ActivityPenalty? { weights.activityPenalty }

  package func multiplyAdds(input: Shape, output: Shape) -> Int {
    output.count * input.channels * window.kernel.rows * window.kernel.columns
  }

  package var details: LayerDetails {
    var details = window.details
    details.bias = weights.hasBias
    return details
  }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Conv", window.attributes(input), takesWeights: true)]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    Convolution(input: input, output: output, window: window)
  }
}
