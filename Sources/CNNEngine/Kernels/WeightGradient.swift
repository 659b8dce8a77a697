/// A way to compute a convolution's weight gradient from its input and its output's gradient, piece by piece.
protocol WeightGradient: Sendable {
  /// Pieces of work of a step; they depend on the number of workers, the gradient's bits do not.
  func pieces(_ step: StepInfo) -> Int
  /// Rows and columns of the output gradient that are read.
  var reach: (rows: Int, columns: Int) { get }
  /// Whether it computes the gradient of the biases, too.
  var sumsBiases: Bool { get }
  /// Floats of scratch memory.
  var scratchSize: Int { get }
  /// Vectors that are kept until the gradient is finished.
  var memorySize: Int { get }
  /// Computes one piece of what the gradient `[O, I, KH, KW]` is finished from.
  func sum(_ piece: Int, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  /// Pieces of what is left to do when all sums are there.
  var finishingPieces: Int { get }
  func finish(_ piece: Int, _ pass: LayerPass)
}
