/// A way to compute a convolution's weight gradient from its input and its output's gradient, piece by piece.
protocol WeightGradient: Sendable {
  /// Pieces of work of a step; they depend on the number of workers, the gradient's bits do not.
  func pieces(_ step: StepInfo) -> Int
  /// Rows and columns of the output gradient that are read.
  var reach: (rows: Int, columns: Int) { get }
  /// Floats of scratch memory.
  var scratchSize: Int { get }
  /// Vectors that are kept until the gradient is finished.
  var memorySize: Int { get }
  /// Computes one piece of `gradient` `[O, I, KH, KW]`, or of what it is finished from.
  func sum(
    _ piece: Int, x: FeatureMaps, dy: FeatureMaps, step: StepInfo, gradient: UnsafeMutablePointer<Float>,
    memory: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Float>)
  /// Pieces of what is left to do when all sums are there.
  var finishingPieces: Int { get }
  func finish(
    _ piece: Int, memory: UnsafeMutablePointer<Lanes>, gradient: UnsafeMutablePointer<Float>)
}
