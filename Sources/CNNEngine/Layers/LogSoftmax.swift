import ConfigDecoding

/// The logarithm of softmax: x - log sum e^x over the features.
package struct LogSoftmax: Layer {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape { try input.requiringFlat() }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("LogSoftmax", [.integer("axis", 1)])]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { LogSoftmaxOverFeatures(input: input) }
}

/// Log-softmax bound to its shape; one block is one piece of work.
struct LogSoftmaxOverFeatures: MixingLayer {
  let input: Shape
  var output: Shape { input }
  var outputNeed: OutputNeed { .value }

  func forward(
    _ region: Region, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for block in region.blocks {
      let (x, y) = (pass.x.row(block, 0, 0), pass.y.row(block, 0, 0))
      let normalizer = logSumOfExponentials(x, input.count)
      for feature in 0..<input.count { y[feature] = x[feature] - normalizer }
    }
  }

  func backwardPieces(_ pass: LayerPass, _ step: StepInfo) -> WorkItems {
    WorkItems(pass.dx == nil ? 0 : step.blocks)
  }

  /// dx = dy - softmax sum(dy)
  func backward(_ piece: Int, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dx = pass.dx?.row(piece, 0, 0), let dy = pass.dy?.row(piece, 0, 0) else { return }
    let y = pass.y.row(piece, 0, 0)
    var sum = Lanes()
    for feature in 0..<input.count { sum += dy[feature] }
    for feature in 0..<input.count { dx[feature] = dy[feature] - y[feature].exponential() * sum }
  }
}

/// log sum e^x in each lane, with the largest feature taken out first.
@inline(__always)
func logSumOfExponentials(_ x: UnsafeMutablePointer<Lanes>, _ count: Int) -> Lanes {
  let largest = largestFeature(x, count)
  var sum = Lanes()
  for feature in 0..<count { sum += (x[feature] - largest).exponential() }
  return largest + sum.logarithm()
}
