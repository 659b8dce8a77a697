import CSIMD

/// The microkernel of a dense layer's forward pass and input gradient: `O` outputs x `P` batch blocks in registers.
///
/// Weights `[U, F]` are broadcast from where they are, without packing: the forward pass reads the matrix along its rows,
/// the input gradient down its columns.
enum DenseMicrokernel<let O: Int, let P: Int> {
  /// Computes `O` outputs of `P` blocks.
  ///
  /// - Parameters:
  ///   - x: the terms of the first block; the next block is `xStep` vectors further.
  ///   - weights: the weight of the first output's first term.
  ///   - y: the output, blocks `yStep` and outputs `yChannel` vectors apart.
  @inline(never)
  static func compute(
    x: UnsafePointer<Lanes>, xStep: Int, weights: UnsafePointer<Float>, strides: WeightStrides,
    bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int
  ) {
    var sums = InlineArray<O, InlineArray<P, Lanes>>(repeating: InlineArray(repeating: Lanes()))
    if let bias {
      for o in 0..<O { sums[unchecked: o] = InlineArray(repeating: Lanes(repeating: bias[o])) }
    }
    var (column, weight) = (x, weights)
    var rest = strides.terms
    while rest > 0 {
      let count = min(WeightStrides.stride, rest)
      strides.fetch(from: weight, outputs: O, terms: count)
      for _ in 0..<count {
        var inputs = InlineArray<P, Lanes>(repeating: Lanes())
        for p in 0..<P { inputs[unchecked: p] = column[p &* xStep] }
        for o in 0..<O {
          let factor = Lanes(repeating: weight[o &* strides.output])
          for p in 0..<P { sums[unchecked: o][unchecked: p].addProduct(factor, inputs[unchecked: p]) }
        }
        column += 1
        weight += strides.term
      }
      rest &-= WeightStrides.stride
    }
    for o in 0..<O {
      for p in 0..<P { y[o &* yChannel &+ p &* yStep] = sums[unchecked: o][unchecked: p] }
    }
  }
}

/// The strides of a microkernel in the matrix of weights.
struct WeightStrides {
  /// Terms of each sum.
  let terms: Int
  /// Floats from a term to the next.
  let term: Int
  /// Floats from an output to the next.
  let output: Int

  /// Terms between two prefetches: the floats of a cache line.
  static let stride = 16
  /// The most batch blocks that there are microkernels for.
  static let maxBlocks = 3

  /// Prefetches cache lines, since hardware prefetchers follow neither so many rows nor such long strides: along rows
  /// those needed three cache lines later; down a column those of the next terms, as more may not fit into a cache set.
  @inline(__always)
  func fetch(from weight: UnsafePointer<Float>, outputs: Int, terms count: Int) {
    if term == 1 {
      for row in 0..<outputs { prefetch(weight + (row &* output &+ 3 &* Self.stride)) }
    } else {
      for row in 0..<count { prefetch(weight + row &* term) }
    }
  }
}

/// Computes outputs by the microkernel for the width of a tile, for up to `WeightStrides.maxBlocks` batch blocks.
@inline(__always)
func computeOutputs(
  tile width: Int, x: UnsafePointer<Lanes>, xStep: Int, weights: UnsafePointer<Float>, strides: WeightStrides,
  bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int, blocks: Int
) {
  require(blocks <= WeightStrides.maxBlocks)
  let kernel: DenseKernel
  switch width {
  case 8: kernel = DenseMicrokernel<8, 1>.kernel(blocks: blocks)
  case 6: kernel = DenseMicrokernel<6, 1>.kernel(blocks: blocks)
  case 4: kernel = DenseMicrokernel<4, 1>.kernel(blocks: blocks)
  case 3: kernel = DenseMicrokernel<3, 1>.kernel(blocks: blocks)
  case 2: kernel = DenseMicrokernel<2, 1>.kernel(blocks: blocks)
  case 1: kernel = DenseMicrokernel<1, 1>.kernel(blocks: blocks)
  default: fatalError("no microkernel for a tile of \(width) outputs")
  }
  kernel(x, xStep, weights, strides, bias, y, yStep, yChannel)
}

private typealias DenseKernel = (
  UnsafePointer<Lanes>, Int, UnsafePointer<Float>, WeightStrides, UnsafePointer<Float>?,
  UnsafeMutablePointer<Lanes>, Int, Int
) -> Void

extension DenseMicrokernel {
  /// The microkernel for a number of batch blocks, whatever `P` is.
  @inline(__always)
  fileprivate static func kernel(blocks: Int) -> DenseKernel {
    switch blocks {
    case 3: DenseMicrokernel<O, 3>.compute
    case 2: DenseMicrokernel<O, 2>.compute
    case 1: DenseMicrokernel<O, 1>.compute
    default: fatalError("no microkernel for \(blocks) batch blocks")
    }
  }
}
