/// The kernel behind a convolution's weight gradient: `O` output channels x `H` x `W` taps of the filter in registers.
///
/// Both operands are vectors: every pixel of the output gradient is multiplied with the inputs its taps saw.
/// Lanes are added up once, after the last block, so the sum has one order whatever the number of threads.
enum TapTile<let O: Int, let H: Int, let W: Int> {
  /// Sums one rectangle of taps over all blocks, rows and columns.
  ///
  /// - Parameters:
  ///   - x: the input under the rectangle's first tap at the first output pixel of block 0.
  ///   - dy: the output gradient of the first of `O` channels.
  ///   - gradient: the first tap's weight gradient; rows of taps lie `kernelColumns`, channels `filter` floats apart.
  @inline(never)
  static func sum(
    x: UnsafePointer<Lanes>, xMaps: FeatureMaps, strideRows: Int, strideColumns: Int,
    dy: UnsafePointer<Lanes>, dyMaps: FeatureMaps, blocks: Int, rows: Int, columns: Int,
    gradient: UnsafeMutablePointer<Float>, kernelColumns: Int, filter: Int
  ) {
    var sums = InlineArray<O, InlineArray<H, InlineArray<W, Lanes>>>(
      repeating: InlineArray(repeating: InlineArray(repeating: Lanes())))
    let xRow = xMaps.row
    let dyChannel = dyMaps.channel
    let dyColumn = dyMaps.column
    for block in 0..<blocks {
      for row in 0..<rows {
        var input = x + (block &* xMaps.block &+ row &* strideRows &* xRow)
        var upstream = dy + (block &* dyMaps.block &+ row &* dyMaps.row)
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
          input += strideColumns
          upstream += dyColumn
        }
      }
    }
    for o in 0..<O {
      for h in 0..<H {
        for w in 0..<W {
          gradient[o &* filter &+ h &* kernelColumns &+ w] =
            sums[unchecked: o][unchecked: h][unchecked: w].laneSum()
        }
      }
    }
  }
}

/// A rectangle of a filter's taps that one `TapTile` sums.
struct TapRectangle {
  let row: Int
  let column: Int
  let rows: Int
  let columns: Int

  /// The numbers of output channels the kernels for this rectangle are compiled for, largest first.
  private var channelCounts: [Int] {
    let wide = LaneCPU.registers == 32
    switch (rows, columns) {
    case (3, 3): return wide ? [3, 2, 1] : [1]
    case (2, 5): return wide ? [2, 1] : [1]
    case (1, 5): return wide ? [4, 3, 2, 1] : [2, 1]
    default: return wide ? [6, 3, 2, 1] : [2, 1]
    }
  }

  /// Cuts `count` output channels into ranges a kernel is compiled for.
  func channelRanges(_ count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var first = 0
    while first < count {
      let taken = channelCounts.first { $0 <= count - first } ?? 1
      ranges.append(first..<first + taken)
      first += taken
    }
    return ranges
  }

  /// Cuts a filter into rectangles the kernels are compiled for: 3x3, 2x5, and rows of 1 to 5.
  static func rectangles(rows: Int, columns: Int) -> [TapRectangle] {
    var rectangles: [TapRectangle] = []
    var column = 0
    while column < columns {
      let width = min(columns - column, 5)
      let height = width == 5 ? 2 : width == 3 ? 3 : 1
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
  typealias Kernel = (
    UnsafePointer<Lanes>, FeatureMaps, Int, Int, UnsafePointer<Lanes>, FeatureMaps, Int, Int, Int,
    UnsafeMutablePointer<Float>, Int, Int
  ) -> Void

  /// The kernel for one of `channelRanges`.
  func kernel(channels: Int) -> Kernel {
    switch (rows, columns, channels) {
    case (3, 3, 3): return TapTile<3, 3, 3>.sum
    case (3, 3, 2): return TapTile<2, 3, 3>.sum
    case (2, 5, 2): return TapTile<2, 2, 5>.sum
    case (1, 5, 4): return TapTile<4, 1, 5>.sum
    case (1, 5, 3): return TapTile<3, 1, 5>.sum
    case (1, 5, 2): return TapTile<2, 1, 5>.sum
    case (1, 4, 6): return TapTile<6, 1, 4>.sum
    case (1, 4, 3): return TapTile<3, 1, 4>.sum
    case (1, 4, 2): return TapTile<2, 1, 4>.sum
    case (1, 3, 6): return TapTile<6, 1, 3>.sum
    case (1, 3, 3): return TapTile<3, 1, 3>.sum
    case (1, 3, 2): return TapTile<2, 1, 3>.sum
    case (1, 2, 6): return TapTile<6, 1, 2>.sum
    case (1, 2, 3): return TapTile<3, 1, 2>.sum
    case (1, 2, 2): return TapTile<2, 1, 2>.sum
    case (1, 1, 6): return TapTile<6, 1, 1>.sum
    case (1, 1, 3): return TapTile<3, 1, 1>.sum
    case (1, 1, 2): return TapTile<2, 1, 1>.sum
    case (3, 3, _): return TapTile<1, 3, 3>.sum
    case (2, 5, _): return TapTile<1, 2, 5>.sum
    case (_, 5, _): return TapTile<1, 1, 5>.sum
    case (_, 4, _): return TapTile<1, 1, 4>.sum
    case (_, 3, _): return TapTile<1, 1, 3>.sum
    case (_, 2, _): return TapTile<1, 1, 2>.sum
    default: return TapTile<1, 1, 1>.sum
    }
  }
}
