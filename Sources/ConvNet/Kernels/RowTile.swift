/// The kernel of a dense layer's forward pass: `O` units x `P` blocks in registers.
///
/// It reads `O` rows of weights side by side as they lie, each broadcast weight by weight, so nothing is packed.
enum RowTile<let O: Int, let P: Int> {
  /// Computes `O` units of `P` blocks.
  ///
  /// - Parameters:
  ///   - x: the features of the first block; the next block lies `xStep` vectors further.
  ///   - weights: the first unit's row of `[U, F]`.
  ///   - y: the output, blocks `yStep` and units `yChannel` vectors apart.
  @inline(never)
  static func compute(
    x: UnsafePointer<Lanes>, xStep: Int, features: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int
  ) {
    var sums = InlineArray<O, InlineArray<P, Lanes>>(repeating: InlineArray(repeating: Lanes()))
    if let bias {
      for o in 0..<O { sums[unchecked: o] = InlineArray(repeating: Lanes(repeating: bias[o])) }
    }
    var (column, weight) = (x, weights)
    for _ in 0..<features {
      var inputs = InlineArray<P, Lanes>(repeating: Lanes())
      for p in 0..<P { inputs[unchecked: p] = column[p &* xStep] }
      for o in 0..<O {
        let factor = Lanes(repeating: weight[o &* features])
        for p in 0..<P { sums[unchecked: o][unchecked: p].addProduct(factor, inputs[unchecked: p]) }
      }
      column += 1
      weight += 1
    }
    for o in 0..<O {
      for p in 0..<P { y[o &* yChannel &+ p &* yStep] = sums[unchecked: o][unchecked: p] }
    }
  }
}

/// Runs the kernel compiled for the width of a tile of units; it takes up to three blocks.
@inline(__always)
func computeUnits(
  tile width: Int, x: UnsafePointer<Lanes>, xStep: Int, features: Int, weights: UnsafePointer<Float>,
  bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int, blocks: Int
) {
  typealias Kernel = (
    UnsafePointer<Lanes>, Int, Int, UnsafePointer<Float>, UnsafePointer<Float>?, UnsafeMutablePointer<Lanes>,
    Int, Int
  ) -> Void
  let kernel: Kernel
  switch (width, blocks) {
  case (8, 3): kernel = RowTile<8, 3>.compute
  case (8, 2): kernel = RowTile<8, 2>.compute
  case (8, _): kernel = RowTile<8, 1>.compute
  case (6, 3): kernel = RowTile<6, 3>.compute
  case (6, 2): kernel = RowTile<6, 2>.compute
  case (6, _): kernel = RowTile<6, 1>.compute
  case (4, 3): kernel = RowTile<4, 3>.compute
  case (4, 2): kernel = RowTile<4, 2>.compute
  case (4, _): kernel = RowTile<4, 1>.compute
  case (3, 3): kernel = RowTile<3, 3>.compute
  case (3, 2): kernel = RowTile<3, 2>.compute
  case (3, _): kernel = RowTile<3, 1>.compute
  case (2, 3): kernel = RowTile<2, 3>.compute
  case (2, 2): kernel = RowTile<2, 2>.compute
  case (2, _): kernel = RowTile<2, 1>.compute
  case (_, 3): kernel = RowTile<1, 3>.compute
  case (_, 2): kernel = RowTile<1, 2>.compute
  default: kernel = RowTile<1, 1>.compute
  }
  kernel(x, xStep, features, weights, bias, y, yStep, yChannel)
}
