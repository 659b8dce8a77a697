/// A way to compute a convolution's weight gradient from its input and its output's gradient, task by task.
protocol WeightGradientAlgorithm: Sendable {
  /// Tasks of a step; they depend on the number of workers, the gradient's bits do not.
  func tasks(_ step: StepInfo) -> Int
  /// Rows and columns of the output gradient that are read.
  var readExtent: (rows: Int, columns: Int) { get }
  /// Whether it computes the gradient of the biases, too.
  var sumsBiases: Bool { get }
  /// Floats of scratch memory.
  var scratchSize: Int { get }
  /// Vectors that are kept until the gradient is finished.
  var memorySize: Int { get }
  /// Computes one task of what the gradient `[O, I, KH, KW]` is finished from.
  func sum(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  /// Tasks of what is left to do when all sums are there.
  var finishingTasks: Int { get }
  func finish(_ task: Int, _ buffers: LayerBuffers)
}
