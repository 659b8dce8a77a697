import ConfigDecoding

/// The logarithm of softmax: x - log sum e^x over the features.
package struct LogSoftmax: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape { try input.requiringFlat() }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("LogSoftmax", [.integer("axis", 1)])]
  }

  package func build(input: Shape, output: Shape) -> any Operation { LogSoftmaxOp(input: input) }
}

/// Log-softmax bound to its shape; one block is one task.
struct LogSoftmaxOp: AnchorOperation {
  let input: Shape
  var output: Shape { input }
  var savedOutput: SavedOutput { .value }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for block in region.blocks {
      let (x, y) = (buffers.x.row(block, 0, 0), buffers.y.row(block, 0, 0))
      let normalizer = logSumOfExponentials(x, input.count)
      for feature in 0..<input.count { y[feature] = x[feature] - normalizer }
    }
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(buffers.dx == nil ? 0 : step.blocks)
  }

  /// dx = dy - softmax sum(dy)
  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dx = buffers.dx?.row(task, 0, 0), let dy = buffers.dy?.row(task, 0, 0) else { return }
    let y = buffers.y.row(task, 0, 0)
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
