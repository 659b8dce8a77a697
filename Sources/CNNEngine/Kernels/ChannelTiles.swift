/// Some neighbouring output channels that one register tile computes together.
struct ChannelTile {
  let first: Int
  let width: Int
  var channels: Range<Int> { first..<first + width }

  /// Cuts `count` channels into tiles whose widths the kernels are compiled for.
  static func tiles(for count: Int) -> [ChannelTile] {
    let widths = CPUFeatures.registers == 32 ? [8, 6, 4, 3, 2, 1] : [4, 3, 2, 1]
    var tiles: [ChannelTile] = []
    var first = 0
    while first < count {
      let rest = count - first
      // A lone last channel would waste most of its tile: 7 is better cut into 4 + 3 than into 6 + 1.
      let width = widths.first { $0 <= rest && rest - $0 != 1 } ?? 1
      tiles.append(ChannelTile(first: first, width: width))
      first += width
    }
    return tiles
  }
}

/// The numbers a tile sums over: input channels x kernel rows x kernel columns.
struct Reduction {
  let channels: Int
  /// Distance between input channels in vectors.
  let channelStride: Int
  let rows: Int
  let rowStride: Int
  let columns: Int
  /// Kernel rows that lie in the border of zeros and are left out: their weights are stepped over.
  var skippedRows = 0
  /// The columns that lie on the map, counted from the first pixel's first tap: beyond are zeros.
  var map = Int.min / 2..<Int.max / 2

  /// The filter's columns that meet the map under any of `count` neighbouring pixels.
  @inline(__always)
  func columns(under pixel: Int, _ count: Int) -> Range<Int> {
    let first = max(0, map.lowerBound &- pixel &- (count &- 1))
    return first..<max(first, min(columns, map.upperBound &- pixel))
  }
}
