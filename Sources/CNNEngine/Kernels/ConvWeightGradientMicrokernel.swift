/// The microkernel of a convolution's weight gradient: `O` output channels x `H` x `W` taps of the filter in registers.
///
/// Both operands are vectors: every pixel of the output gradient is multiplied with the inputs under the filter's taps.
/// Between two bands the sums are in memory.
enum ConvWeightGradientMicrokernel<let O: Int, let H: Int, let W: Int> {
  /// Adds one rectangle of taps over the rows and columns of a band.
  @inline(never)
  static func add(_ band: WeightGradientBand) {
    var sums = InlineArray<O, InlineArray<H, InlineArray<W, Lanes>>>(
      repeating: InlineArray(repeating: InlineArray(repeating: Lanes())))
    let (xRow, xStep) = (band.xRow, band.stride.columns)
    let dyChannel = band.dyChannel
    let columns = band.columns
    for o in 0..<O {
      for h in 0..<H {
        for w in 0..<W {
          sums[unchecked: o][unchecked: h][unchecked: w] =
            band.sums[o &* band.filter &+ h &* band.filterColumns &+ w]
        }
      }
    }
    for row in 0..<band.rows {
      var input = band.x + row &* band.stride.rows &* xRow
      var upstream = band.dy + row &* band.dyRow
      for _ in 0..<columns {
        var factors = InlineArray<O, Lanes>(repeating: Lanes())
        for o in 0..<O { factors[unchecked: o] = upstream[o &* dyChannel] }
        for h in 0..<H {
          for w in 0..<W {
            let value = input[h &* xRow &+ w]
            for o in 0..<O {
              sums[unchecked: o][unchecked: h][unchecked: w].addProduct(factors[unchecked: o], value)
            }
          }
        }
        input += xStep
        upstream += 1
      }
    }
    for o in 0..<O {
      for h in 0..<H {
        for w in 0..<W {
          band.sums[o &* band.filter &+ h &* band.filterColumns &+ w] =
            sums[unchecked: o][unchecked: h][unchecked: w]
        }
      }
    }
  }
}

/// Rows of the output gradient, the inputs under the filter's taps, and the sums of their products.
struct WeightGradientBand {
  /// The input under the rectangle's first tap at the band's first pixel.
  let x: UnsafePointer<Lanes>
  let xRow: Int
  let stride: (rows: Int, columns: Int)
  /// The gradient of the first of the tile's channels at the band's first pixel.
  let dy: UnsafePointer<Lanes>
  let dyChannel: Int
  let dyRow: Int
  let rows: Int
  let columns: Int
  /// The sum of the rectangle's first tap; filters are `filter`, their rows `filterColumns` vectors apart.
  let sums: UnsafeMutablePointer<Lanes>
  let filter: Int
  let filterColumns: Int
}

/// A rectangle of a filter's taps, the work of one `ConvWeightGradientMicrokernel`.
struct TapRectangle {
  let row: Int
  let column: Int
  let rows: Int
  let columns: Int

  /// The numbers of output channels that there are microkernels for, largest first.
  private var channelCounts: [Int] {
    let wide = CPUFeatures.registers == 32
    switch (rows, columns) {
    case (3, 3): return wide ? [3, 2, 1] : [1]
    case (2, 5): return wide ? [2, 1] : [1]
    case (1, 5): return wide ? [4, 3, 2, 1] : [2, 1]
    default: return wide ? [6, 3, 2, 1] : [2, 1]
    }
  }

  /// The number of output channels of the fastest microkernel.
  var preferredChannels: Int { channelCounts[0] }

  /// The largest number of output channels that there is a microkernel for, of `count` that are left.
  func channels(of count: Int) -> Int { channelCounts.first { $0 <= count } ?? 1 }

  /// Splits a filter into rectangles that there are microkernels for: 3x3, 2x5, and rows of 1 to 5. Taps that are not
  /// neighbours, because of a dilation, are in different rectangles.
  static func rectangles(
    rows: Int, columns: Int, dilation: (rows: Int, columns: Int) = (1, 1)
  ) -> [TapRectangle] {
    var rectangles: [TapRectangle] = []
    var column = 0
    while column < columns {
      let width = dilation.columns > 1 ? 1 : min(columns - column, 5)
      let height = dilation.rows > 1 ? 1 : width == 5 ? 2 : width == 3 ? 3 : 1
      var row = 0
      while row < rows {
        let taken = rows - row >= height ? height : 1
        rectangles.append(TapRectangle(row: row, column: column, rows: taken, columns: width))
        row += taken
      }
      column += width
    }
    return rectangles
  }
}

extension TapRectangle {
  typealias Kernel = (WeightGradientBand) -> Void

  /// The microkernel for one of `channelCounts`.
  func kernel(channels: Int) -> Kernel {
    switch (rows, columns, channels) {
    case (3, 3, 3): return ConvWeightGradientMicrokernel<3, 3, 3>.add
    case (3, 3, 2): return ConvWeightGradientMicrokernel<2, 3, 3>.add
    case (2, 5, 2): return ConvWeightGradientMicrokernel<2, 2, 5>.add
    case (1, 5, 4): return ConvWeightGradientMicrokernel<4, 1, 5>.add
    case (1, 5, 3): return ConvWeightGradientMicrokernel<3, 1, 5>.add
    case (1, 5, 2): return ConvWeightGradientMicrokernel<2, 1, 5>.add
    case (1, 4, 6): return ConvWeightGradientMicrokernel<6, 1, 4>.add
    case (1, 4, 3): return ConvWeightGradientMicrokernel<3, 1, 4>.add
    case (1, 4, 2): return ConvWeightGradientMicrokernel<2, 1, 4>.add
    case (1, 3, 6): return ConvWeightGradientMicrokernel<6, 1, 3>.add
    case (1, 3, 3): return ConvWeightGradientMicrokernel<3, 1, 3>.add
    case (1, 3, 2): return ConvWeightGradientMicrokernel<2, 1, 3>.add
    case (1, 2, 6): return ConvWeightGradientMicrokernel<6, 1, 2>.add
    case (1, 2, 3): return ConvWeightGradientMicrokernel<3, 1, 2>.add
    case (1, 2, 2): return ConvWeightGradientMicrokernel<2, 1, 2>.add
    case (1, 1, 6): return ConvWeightGradientMicrokernel<6, 1, 1>.add
    case (1, 1, 3): return ConvWeightGradientMicrokernel<3, 1, 1>.add
    case (1, 1, 2): return ConvWeightGradientMicrokernel<2, 1, 1>.add
    case (3, 3, 1): return ConvWeightGradientMicrokernel<1, 3, 3>.add
    case (2, 5, 1): return ConvWeightGradientMicrokernel<1, 2, 5>.add
    case (1, 5, 1): return ConvWeightGradientMicrokernel<1, 1, 5>.add
    case (1, 4, 1): return ConvWeightGradientMicrokernel<1, 1, 4>.add
    case (1, 3, 1): return ConvWeightGradientMicrokernel<1, 1, 3>.add
    case (1, 2, 1): return ConvWeightGradientMicrokernel<1, 1, 2>.add
    case (1, 1, 1): return ConvWeightGradientMicrokernel<1, 1, 1>.add
    default: fatalError("no microkernel for \(rows)x\(columns) taps of \(channels) channels")
    }
  }
}
