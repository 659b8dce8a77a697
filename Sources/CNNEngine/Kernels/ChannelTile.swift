/// Consecutive output channels that one call of a microkernel computes.
struct ChannelTile {
  let first: Int
  let width: Int
  var channels: Range<Int> { first..<first + width }

  /// Splits `count` channels into tiles of the widths that microkernels are compiled for.
  static func tiles(for count: Int) -> [ChannelTile] {
    let widths = CPUFeatures.registers == 32 ? [8, 6, 4, 3, 2, 1] : [4, 3, 2, 1]
    var tiles: [ChannelTile] = []
    var first = 0
    while first < count {
      let rest = count - first
      // A tile of one channel leaves most registers unused: 7 is better split into 4 + 3 than into 6 + 1.
      let width = widths.first { $0 <= rest && rest - $0 != 1 } ?? 1
      tiles.append(ChannelTile(first: first, width: width))
      first += width
    }
    return tiles
  }
}

/// The dimensions that a microkernel sums over: input channels x kernel rows x kernel columns.
struct Reduction {
  let channels: Int
  /// Vectors from one input channel to the next.
  let channelStride: Int
  let rows: Int
  let rowStride: Int
  let columns: Int
  /// Kernel rows in the border of zeros, whose weights are skipped.
  var skippedRows = 0
  /// The columns of the map, counted from the first pixel's first tap; all others are zeros.
  var map = Int.min / 2..<Int.max / 2

  /// The kernel columns that overlap the map for any of `count` neighbouring pixels.
  @inline(__always)
  func columns(under pixel: Int, _ count: Int) -> Range<Int> {
    let first = max(0, map.lowerBound &- pixel &- (count &- 1))
    return first..<max(first, min(columns, map.upperBound &- pixel))
  }
}
