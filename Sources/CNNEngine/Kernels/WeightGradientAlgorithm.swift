/// An algorithm for a convolution's weight gradient, from its input and its output gradient.
protocol WeightGradientAlgorithm: Sendable {
  /// Tasks of a step; their number depends on the number of workers, the gradient's bits do not.
  func tasks(_ step: StepInfo) -> Int
  /// Rows and columns of the output gradient that are read.
  var readExtent: (rows: Int, columns: Int) { get }
  /// Whether it computes the gradient of the biases, too.
  var sumsBiases: Bool { get }
  /// Floats of scratch memory.
  var scratchSize: Int { get }
  /// Vectors of partial results.
  var memorySize: Int { get }
  /// Computes one task's partial results of the gradient `[O, I, KH, KW]`.
  func sum(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  /// Tasks that combine the partial results.
  var finishingTasks: Int { get }
  func finish(_ task: Int, _ buffers: LayerBuffers)
}
