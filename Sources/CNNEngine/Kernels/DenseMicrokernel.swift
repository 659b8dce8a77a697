import CSIMD

/// The kernel of a dense layer's forward pass and input gradient: `O` outputs x `P` blocks in registers.
///
/// It broadcasts weights as they lie, `[U, F]`, so that nothing is packed: forward pass and input gradient strides through
/// the same matrix, one along its rows and the other down its columns.
enum DenseMicrokernel<let O: Int, let P: Int> {
  /// Computes `O` outputs of `P` blocks.
  ///
  /// - Parameters:
  ///   - x: the terms of the first block; the next block lies `xStep` vectors further.
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

/// How a tile goes through a matrix of weights.
struct WeightStrides {
  /// Terms of each sum.
  let terms: Int
  /// Floats from a term to the next.
  let term: Int
  /// Floats from an output to the next.
  let output: Int

  /// Terms between two looks ahead: the floats of a cache line.
  static let stride = 16
  /// The most blocks a tile is compiled for.
  static let maxBlocks = 3

  /// Fetches lines into the cache, which no hardware does for that many rows or such long steps: along rows those of
  /// a later stride; down a column those of this one, all at once, as more of them may not fit into their set.
  @inline(__always)
  func fetch(from weight: UnsafePointer<Float>, outputs: Int, terms count: Int) {
    if term == 1 {
      for row in 0..<outputs { prefetch(weight + (row &* output &+ 3 &* Self.stride)) }
    } else {
      for row in 0..<count { prefetch(weight + row &* term) }
    }
  }
}

/// Runs the kernel compiled for the width of a tile, on up to `WeightStrides.maxBlocks` blocks.
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
  default: kernel = DenseMicrokernel<1, 1>.kernel(blocks: blocks)
  }
  kernel(x, xStep, weights, strides, bias, y, yStep, yChannel)
}

private typealias DenseKernel = (
  UnsafePointer<Lanes>, Int, UnsafePointer<Float>, WeightStrides, UnsafePointer<Float>?,
  UnsafeMutablePointer<Lanes>, Int, Int
) -> Void

extension DenseMicrokernel {
  /// The kernel for as many blocks, whatever `P` is.
  @inline(__always)
  fileprivate static func kernel(blocks: Int) -> DenseKernel {
    switch blocks {
    case 3: DenseMicrokernel<O, 3>.compute
    case 2: DenseMicrokernel<O, 2>.compute
    default: DenseMicrokernel<O, 1>.compute
    }
  }
}
