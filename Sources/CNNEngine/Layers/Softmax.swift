import ConfigDecoding

/// Turns scores into probabilities: e^x / sum e^x over the features.
///
/// As the last layer under a cross-entropy loss it is folded into the loss, as Keras does, which is more exact.
package struct Softmax: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape { try input.requiringFlat() }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Softmax", [.integer("axis", 1)])]
  }

  package func build(input: Shape, output: Shape) -> any Operation { SoftmaxOp(input: input) }
}

/// Softmax bound to its shape; one block is one task.
struct SoftmaxOp: AnchorOperation {
  let input: Shape
  var output: Shape { input }
  var savedOutput: SavedOutput { .value }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for block in region.blocks {
      let (x, y) = (buffers.x.row(block, 0, 0), buffers.y.row(block, 0, 0))
      let largest = largestFeature(x, input.count)
      var sum = Lanes()
      for feature in 0..<input.count {
        y[feature] = (x[feature] - largest).exponential()
        sum += y[feature]
      }
      let scale = 1 / sum
      for feature in 0..<input.count { y[feature] *= scale }
    }
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(buffers.dx == nil ? 0 : step.blocks)
  }

  /// dx = y (dy - sum(dy y))
  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dx = buffers.dx?.row(task, 0, 0), let dy = buffers.dy?.row(task, 0, 0) else { return }
    let y = buffers.y.row(task, 0, 0)
    var sum = Lanes()
    for feature in 0..<input.count { sum.addProduct(dy[feature], y[feature]) }
    for feature in 0..<input.count { dx[feature] = y[feature] * (dy[feature] - sum) }
  }
}

/// The largest of `count` features in each lane.
@inline(__always)
func largestFeature(_ x: UnsafeMutablePointer<Lanes>, _ count: Int) -> Lanes {
  var largest = x[0]
  for feature in 1..<max(count, 1) { largest = largest.max(x[feature]) }
  return largest
}

extension Shape {
  /// The shape itself, which has to be flat.
  func requiringFlat() throws(ShapeError) -> Shape {
    guard isFlat else {
      throw ShapeError(
        "needs flat features, not a \(self) map; put { \"type\": \"flatten\" } before it",
        fallback: Shape([count]))
    }
    return self
  }
}
