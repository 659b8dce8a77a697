/// The memory layout of a value: a border of zeros around each feature map, which makes padding free.
package struct MapLayout: Hashable, Sendable {
  var top = 0
  var left = 0
  var bottom = 0
  var right = 0

  static let dense = MapLayout()
}

/// A view of the activations or gradients of a batch: batch blocks of `[channel][row][column][image]`.
///
/// A batch block holds as many images as a vector has lanes. Within it the layout is CHWN with N = the vector's width,
/// so that every operation is a loop over whole vectors, whatever the sizes of the maps.
struct FeatureMaps {
  /// The first pixel inside the border of block 0, channel 0.
  var origin: UnsafeMutablePointer<Lanes>
  /// Strides in vectors; the pixels of a row are neighbours.
  let row: Int
  let channel: Int
  let block: Int
  /// The memory of a band: some rows and channels of one block, at the place that `moveBand(to:)` sets.
  private let band: UnsafeMutablePointer<Lanes>?

  /// Vectors of one block of `shape` in `layout`.
  static func blockSize(_ shape: Shape, _ layout: MapLayout) -> Int {
    shape.channels * channelSize(shape, layout)
  }

  init(_ memory: UnsafeMutablePointer<Lanes>, shape: Shape, layout: MapLayout) {
    row = layout.left + shape.width + layout.right
    channel = Self.channelSize(shape, layout)
    block = shape.channels * channel
    origin = memory + layout.top * row + layout.left
    band = nil
  }

  /// A band of `rows` rows of some channels of one block, which a worker has for itself.
  init(band memory: UnsafeMutablePointer<Lanes>, rows: Int, width: Int) {
    (row, channel, block) = (width, rows * width, 0)
    (origin, band) = (memory, memory)
  }

  /// Whether all of the batch is in memory, not only a band.
  var isWhole: Bool { band == nil }

  /// Moves a band to where `region` is; whole maps stay.
  @inline(__always)
  mutating func moveBand(to region: Region) {
    guard let band else { return }
    origin = band - (region.channels.lowerBound &* channel &+ region.rows.lowerBound &* row)
  }

  private static func channelSize(_ shape: Shape, _ layout: MapLayout) -> Int {
    (layout.left + shape.width + layout.right) * (layout.top + shape.height + layout.bottom)
  }

  /// The sum of some rows of one channel of a block.
  @inline(__always)
  func sum(_ block: Int, channel: Int, rows: Range<Int>, columns: Int) -> Lanes {
    // Four independent sums: one chain of additions would wait for its own latency.
    var sums = InlineArray<4, Lanes>(repeating: Lanes())
    for row in rows {
      let pixels = self.row(block, channel, row)
      for column in 0..<columns { sums[unchecked: column & 3] += pixels[column] }
    }
    return sums[0] + sums[1] + (sums[2] + sums[3])
  }

  /// The pixels of one row.
  @inline(__always)
  func row(_ block: Int, _ channel: Int, _ row: Int) -> UnsafeMutablePointer<Lanes> {
    origin + (block &* self.block &+ channel &* self.channel &+ row &* self.row)
  }

  /// The pixel with row-major index `index` in an image of `shape`.
  @inline(__always)
  func pixel(_ block: Int, _ index: Int, _ shape: Shape) -> UnsafeMutablePointer<Lanes> {
    let (line, column) = index.quotientAndRemainder(dividingBy: shape.width)
    let (channel, row) = line.quotientAndRemainder(dividingBy: shape.height)
    return self.row(block, channel, row) + column
  }
}

/// A part of a value: some batch blocks, some channels, some rows, every column.
struct Region {
  var blocks: Range<Int>
  var channels: Range<Int>
  var rows: Range<Int>

  /// The part of the region in one of its batch blocks.
  func block(_ block: Int) -> Region { Region(blocks: block..<block + 1, channels: channels, rows: rows) }

  /// Calls `body` with each block, channel and row.
  @inline(__always)
  func forEachRow(_ body: (_ block: Int, _ channel: Int, _ row: Int) -> Void) {
    for block in blocks {
      for channel in channels {
        for row in rows { body(block, channel, row) }
      }
    }
  }
}
