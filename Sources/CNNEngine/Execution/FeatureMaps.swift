/// How a boundary between two layers lies in memory: a border of zeros around each map, and gaps between pixels.
///
/// The border ("halo") makes padding free. `step` > 1 spreads the gradient of a strided convolution over the
/// pixels it came from, with zeros between, so that its input gradient is an ordinary convolution.
package struct MapLayout: Equatable, Sendable {
  var top = 0
  var left = 0
  var bottom = 0
  var right = 0
  var rowStep = 1
  var columnStep = 1

  static let dense = MapLayout()
}

/// A view of the activations (or gradients) of a batch: blocks of `[channel][row][column][lane]`.
struct FeatureMaps {
  /// The first pixel inside the halo of block 0, channel 0.
  var origin: UnsafeMutablePointer<Lanes>
  /// Distances in vectors of lanes.
  private(set) var column: Int
  private(set) var row: Int
  let channel: Int
  let block: Int
  /// The memory of maps of which only a band of one block is there, where `move(under:)` says.
  private let band: UnsafeMutablePointer<Lanes>?

  /// Vectors one block of `shape` takes in `layout`.
  static func blockSize(_ shape: Shape, _ layout: MapLayout) -> Int {
    shape.channels * channelSize(shape, layout)
  }

  init(_ memory: UnsafeMutablePointer<Lanes>, shape: Shape, layout: MapLayout) {
    column = layout.columnStep
    let pitch = layout.left + (shape.width - 1) * layout.columnStep + 1 + layout.right
    row = pitch * layout.rowStep
    channel = Self.channelSize(shape, layout)
    block = shape.channels * channel
    origin = memory + layout.top * pitch + layout.left
    band = nil
  }

  /// Maps of which a worker keeps `rows` rows of some channels of one block at a time.
  init(band memory: UnsafeMutablePointer<Lanes>, rows: Int, width: Int) {
    (column, row, channel, block) = (1, width, rows * width, 0)
    (origin, band) = (memory, memory)
  }

  var isWhole: Bool { band == nil }

  /// Lets the band lie where `region` is; maps that are there as a whole stay.
  @inline(__always)
  mutating func move(under region: Region) {
    guard let band else { return }
    origin = band - (region.channels.lowerBound &* channel &+ region.rows.lowerBound &* row)
  }

  private static func channelSize(_ shape: Shape, _ layout: MapLayout) -> Int {
    let pitch = layout.left + (shape.width - 1) * layout.columnStep + 1 + layout.right
    return pitch * (layout.top + (shape.height - 1) * layout.rowStep + 1 + layout.bottom)
  }

  /// The same memory with the zeros between pixels as pixels of their own.
  func withoutGaps(rowStep: Int) -> FeatureMaps {
    var maps = self
    (maps.column, maps.row) = (1, row / rowStep)
    return maps
  }

  /// The sum of some rows of one channel of a block.
  @inline(__always)
  func sum(_ block: Int, channel: Int, rows: Range<Int>, columns: Int) -> Lanes {
    // Four sums side by side, because one chain of additions would wait for itself.
    var sums = InlineArray<4, Lanes>(repeating: Lanes())
    for row in rows {
      let pixels = self.row(block, channel, row)
      for column in 0..<columns { sums[unchecked: column & 3] += pixels[column &* self.column] }
    }
    return sums[0] + sums[1] + (sums[2] + sums[3])
  }

  /// The pixels of one row, `column` vectors apart.
  @inline(__always)
  func row(_ block: Int, _ channel: Int, _ row: Int) -> UnsafeMutablePointer<Lanes> {
    origin + (block &* self.block &+ channel &* self.channel &+ row &* self.row)
  }
}

/// A part of a layer's output: some blocks, some channels, some rows, every column.
struct Region {
  var blocks: Range<Int>
  var channels: Range<Int>
  var rows: Range<Int>

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
