/// The microkernel of direct convolution, its input gradient and Winograd's products: `O` output channels x `P` pixels in
/// registers.
///
/// Each step of the reduction broadcasts one weight per channel and loads one vector per pixel, for
/// `O` x `P` multiply-adds. With 32 registers 8 x 3 reaches the peak of the CPU; `computeRow` chooses among the sizes.
enum ConvMicrokernel<let O: Int, let P: Int> {
  /// Computes `pixels` neighbouring pixels of `O` channels.
  ///
  /// - Parameters:
  ///   - x: the input under the first weight of the first pixel; the next pixel is `xStep` vectors further.
  ///   - weights: packed `[reduction][O]`.
  ///   - y: the output, pixels `yStep` and channels `yChannel` vectors apart.
  @inline(never)
  static func row(
    x: UnsafePointer<Lanes>, xStep: Int, reduction: Reduction, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int, pixels: Int
  ) {
    var pixel = 0
    while pixel < pixels {
      let rest = pixels &- pixel
      // Two pixels at a time skip more taps in the border, and from four channels on keep enough sums in flight to hide
      // the latency. One pixel does not: the last four pixels are computed two by two.
      let isAtBorder = O >= 4 && reduction.columns(under: pixel, 2).count < reduction.columns
      if rest >= P, !isAtBorder, P != 3 || rest != 4 {
        compute(
          x + pixel &* xStep, xStep, reduction, reduction.columns(under: pixel, P), weights, bias,
          y + pixel &* yStep, yStep, yChannel)
        pixel &+= P
      } else if rest >= 2 {
        ConvMicrokernel<O, 2>.compute(
          x + pixel &* xStep, xStep, reduction, reduction.columns(under: pixel, 2), weights, bias,
          y + pixel &* yStep, yStep, yChannel)
        pixel &+= 2
      } else {
        ConvMicrokernel<O, 1>.compute(
          x + pixel &* xStep, xStep, reduction, reduction.columns(under: pixel, 1), weights, bias,
          y + pixel &* yStep, yStep, yChannel)
        pixel &+= 1
      }
    }
  }

  @inline(__always)
  private static func compute(
    _ x: UnsafePointer<Lanes>, _ xStep: Int, _ reduction: Reduction, _ columns: Range<Int>,
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Lanes>,
    _ yStep: Int, _ yChannel: Int
  ) {
    var sums = InlineArray<O, InlineArray<P, Lanes>>(repeating: InlineArray(repeating: Lanes()))
    if let bias {
      for o in 0..<O { sums[unchecked: o] = InlineArray(repeating: Lanes(repeating: bias[o])) }
    }
    var weight = weights + columns.lowerBound &* O
    var channel = x + columns.lowerBound
    let count = columns.upperBound &- columns.lowerBound
    let skippedColumns = (reduction.columns &- count) &* O
    let skippedRows = reduction.skippedRows &* reduction.columns &* O
    for _ in 0..<reduction.channels {
      var row = channel
      for _ in 0..<reduction.rows {
        var column = row
        for _ in 0..<count {
          var inputs = InlineArray<P, Lanes>(repeating: Lanes())
          for p in 0..<P { inputs[unchecked: p] = column[p &* xStep] }
          for o in 0..<O {
            let factor = Lanes(repeating: weight[o])
            for p in 0..<P { sums[unchecked: o][unchecked: p].addProduct(factor, inputs[unchecked: p]) }
          }
          weight += O
          column += 1
        }
        row += reduction.rowStride
        weight += skippedColumns
      }
      channel += reduction.channelStride
      weight += skippedRows
    }
    for o in 0..<O {
      for p in 0..<P { y[o &* yChannel &+ p &* yStep] = sums[unchecked: o][unchecked: p] }
    }
  }
}

/// Computes one row by the microkernel for the width of a channel tile.
@inline(__always)
func computeRow(
  tile width: Int, x: UnsafePointer<Lanes>, xStep: Int, reduction: Reduction, weights: UnsafePointer<Float>,
  bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Lanes>, yStep: Int, yChannel: Int, pixels: Int
) {
  typealias Kernel = (
    UnsafePointer<Lanes>, Int, Reduction, UnsafePointer<Float>, UnsafePointer<Float>?,
    UnsafeMutablePointer<Lanes>, Int, Int, Int
  ) -> Void
  let kernel: Kernel
  if CPUFeatures.registers == 32 {
    switch width {
    case 8: kernel = ConvMicrokernel<8, 3>.row
    case 6: kernel = ConvMicrokernel<6, 4>.row
    case 4: kernel = ConvMicrokernel<4, 6>.row
    case 3: kernel = ConvMicrokernel<3, 7>.row
    case 2: kernel = ConvMicrokernel<2, 8>.row
    case 1: kernel = ConvMicrokernel<1, 8>.row
    default: fatalError("no microkernel for a tile of \(width) channels")
    }
  } else {
    switch width {
    case 4: kernel = ConvMicrokernel<4, 3>.row
    case 3: kernel = ConvMicrokernel<3, 4>.row
    case 2: kernel = ConvMicrokernel<2, 4>.row
    case 1: kernel = ConvMicrokernel<1, 6>.row
    default: fatalError("no microkernel for a tile of \(width) channels")
    }
  }
  kernel(x, xStep, reduction, weights, bias, y, yStep, yChannel, pixels)
}
