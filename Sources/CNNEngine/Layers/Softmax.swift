/// Probabilities from scores: e^x / sum e^x over the features (PyTorch `Softmax`).
///
/// As the last layer in front of a cross-entropy loss it is computed within the loss, as in Keras, which is more exact.
public struct Softmax: FeaturewiseLayer {
  /// `Softmax`.
  public static let onnxType = "Softmax"

  /// The logarithm of the smallest probability that is told from zero: `exponential()` stops there.
  public static let leastLogProbability: Float = -87

  /// Softmax has no options.
  public init() {}

  /// A batch block is a task.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(SoftmaxOp(input: input))
  }
}

/// The logarithm of softmax: x - log sum e^x over the features (PyTorch `LogSoftmax`).
public struct LogSoftmax: FeaturewiseLayer {
  /// `LogSoftmax`.
  public static let onnxType = "LogSoftmax"

  /// Log-softmax has no options.
  public init() {}

  /// A batch block is a task.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(LogSoftmaxOp(input: input))
  }
}

struct SoftmaxOp: FeaturewiseOperation {
  let input: Shape

  func forward(_ x: UnsafeMutablePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>) {
    let largest = largestFeature(x, input.count)
    var sum = Lanes()
    for feature in 0..<input.count {
      y[feature] = (x[feature] - largest).exponential()
      sum += y[feature]
    }
    let scale = 1 / sum
    for feature in 0..<input.count { y[feature] *= scale }
  }

  /// dx = y (dy - sum(dy y))
  func backward(
    _ y: UnsafeMutablePointer<Lanes>, _ dy: UnsafeMutablePointer<Lanes>, _ dx: UnsafeMutablePointer<Lanes>
  ) {
    var sum = Lanes()
    for feature in 0..<input.count { sum.addProduct(dy[feature], y[feature]) }
    for feature in 0..<input.count { dx[feature] = y[feature] * (dy[feature] - sum) }
  }
}

struct LogSoftmaxOp: FeaturewiseOperation {
  let input: Shape

  func forward(_ x: UnsafeMutablePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>) {
    let normalizer = logSumOfExponentials(x, input.count)
    for feature in 0..<input.count { y[feature] = x[feature] - normalizer }
  }

  /// dx = dy - softmax sum(dy)
  func backward(
    _ y: UnsafeMutablePointer<Lanes>, _ dy: UnsafeMutablePointer<Lanes>, _ dx: UnsafeMutablePointer<Lanes>
  ) {
    var sum = Lanes()
    for feature in 0..<input.count { sum += dy[feature] }
    for feature in 0..<input.count { dx[feature] = dy[feature] - y[feature].exponential() * sum }
  }
}

/// A layer without options that combines all features of an image.
public protocol FeaturewiseLayer: OptionlessLayer {
  /// The ONNX operator that computes it along axis 1.
  static var onnxType: String { get }
}

extension FeaturewiseLayer {
  /// Softmax is an activation, too.
  public static var isActivation: Bool { true }

  /// `[F]` to `[F]`; a map is refused.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.isFlat else {
      throw ShapeError(
        "needs flat features, not a \(input) map; put { \"type\": \"flatten\" } before it",
        fallback: Shape([input.count]))
    }
    return input
  }

  /// One operator over the features.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator(Self.onnxType, [.integer("axis", 1)])]
  }
}

/// An operation over all features of a batch block, whose gradient follows from its output.
protocol FeaturewiseOperation: AnchorOperation {
  /// Computes y `[F]` of one batch block.
  func forward(_ x: UnsafeMutablePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>)
  /// Computes dx `[F]` of one batch block.
  func backward(
    _ y: UnsafeMutablePointer<Lanes>, _ dy: UnsafeMutablePointer<Lanes>, _ dx: UnsafeMutablePointer<Lanes>)
}

extension FeaturewiseOperation {
  var output: Shape { input }
  var savedOutput: SavedOutput { .value }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for block in region.blocks { forward(buffers.x.row(block, 0, 0), buffers.y.row(block, 0, 0)) }
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(buffers.dx == nil ? 0 : step.blocks)
  }

  func backward(
    _ block: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    backward(buffers.y.row(block, 0, 0), dy.row(block, 0, 0), dx.row(block, 0, 0))
  }
}

/// The largest of `count` features of each image.
@inline(__always)
private func largestFeature(_ x: UnsafeMutablePointer<Lanes>, _ count: Int) -> Lanes {
  var largest = x[0]
  for feature in 1..<max(count, 1) { largest = largest.max(x[feature]) }
  return largest
}

/// log sum e^x of each image, with the largest feature factored out so that nothing overflows.
@inline(__always)
func logSumOfExponentials(_ x: UnsafeMutablePointer<Lanes>, _ count: Int) -> Lanes {
  let largest = largestFeature(x, count)
  var sum = Lanes()
  for feature in 0..<count { sum += (x[feature] - largest).exponential() }
  return largest + sum.logarithm()
}
