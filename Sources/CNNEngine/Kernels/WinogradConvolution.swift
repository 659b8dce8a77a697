import CSIMD

/// A 3x3 convolution by Winograd's F(4x4, 3x3), with a quarter of the multiplications of direct convolution.
///
/// A few tiles of the map are transformed for all input channels; then, for each tile of output channels, each of the 36
/// frequencies is a matrix product, `[outputs, inputs]` with `[inputs, tiles]`, by `ConvMicrokernel`; the outputs are
/// transformed back while they are in the cache.
struct WinogradConvolution: ConvolutionAlgorithm {
  let shape: ConvolutionShape
  let channelGroups: [Range<Int>]
  private let widestTile: Int

  init(shape: ConvolutionShape) {
    self.shape = shape
    channelGroups = [0..<shape.output.channels]
    widestTile = shape.tiles.map(\.width).max() ?? 0
  }

  private static var tile: Int { WinogradTransform.tile }
  private static var patch: Int { WinogradTransform.patch }
  private static var frequencies: Int { WinogradTransform.frequencies }

  /// The most vectors of the tiles' transformed inputs, a third of an L2 cache.
  private static let maxVectors = 5_000

  /// Whether it is estimated to be a fifth faster than direct convolution, by multiply-adds with those of the transforms.
  static func isFaster(for shape: ConvolutionShape) -> Bool {
    guard shape.kernel == (3, 3), shape.stride == (1, 1), shape.dilation == (1, 1), shape.groups == 1 else {
      return false
    }
    let (inputs, outputs) = (shape.inputs, shape.output.channels)
    let tiles = ((shape.output.height + tile - 1) / tile) * ((shape.output.width + tile - 1) / tile)
    let direct = shape.output.height * shape.output.width * 9 * inputs * outputs
    // Measured: transforming a patch of an input channel takes as long as 240 multiply-adds, a tile of an output 200.
    let winograd = tiles * (frequencies * inputs * outputs + 240 * inputs + 200 * outputs)
    return winograd * 5 < direct * 4
  }

  var rowMultiple: Int { Self.tile }
  var readExtent: (rows: Int, columns: Int) { (tileRows * Self.tile + 2, tileColumns * Self.tile + 2) }
  var packedSize: Int { Self.frequencies * shape.output.channels * shape.inputs }

  private var tileRows: Int { (shape.output.height + Self.tile - 1) / Self.tile }
  private var tileColumns: Int { (shape.output.width + Self.tile - 1) / Self.tile }
  private var tilesAtOnce: Int {
    min(tileRows * tileColumns, max(2, Self.maxVectors / (Self.frequencies * shape.inputs)))
  }

  var scratchSize: Int {
    let perTile = shape.inputs + widestTile
    let columns = Self.patch * (tileColumns * Self.tile + 2)
    return (Self.frequencies * (tilesAtOnce * perTile + 2) + columns) * CPUFeatures.laneCount
  }

  // MARK: Weights

  /// Packs `[frequency][input][tile width]`.
  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>) {
    typealias Eight = SIMD8<Float>
    let target = packed + tile.first &* Self.frequencies &* shape.inputs
    for input in 0..<shape.inputs {
      var taps = InlineArray<9, Eight>(repeating: Eight())
      for output in 0..<tile.width {
        let (first, step) = filter.taps(output: tile.first &+ output, input: input)
        for tap in 0..<9 { taps[unchecked: tap][output] = first[tap &* step] }
      }
      var columns = InlineArray<18, Eight>(repeating: Eight())
      for column in 0..<3 {
        let six = WinogradTransform.filter(
          (taps[unchecked: column], taps[unchecked: column &+ 3], taps[unchecked: column &+ 6]))
        columns[unchecked: column] = six.0
        columns[unchecked: column &+ 3] = six.1
        columns[unchecked: column &+ 6] = six.2
        columns[unchecked: column &+ 9] = six.3
        columns[unchecked: column &+ 12] = six.4
        columns[unchecked: column &+ 15] = six.5
      }
      for row in 0..<6 {
        let six = WinogradTransform.filter(
          (
            columns[unchecked: 3 &* row], columns[unchecked: 3 &* row &+ 1],
            columns[unchecked: 3 &* row &+ 2]
          ))
        @inline(__always)
        func store(_ column: Int, _ values: Eight) {
          let place = target + ((row &* 6 &+ column) &* shape.inputs &+ input) &* tile.width
          if tile.width == 8 {
            UnsafeMutableRawPointer(place).storeBytes(of: values, as: Eight.self)
          } else {
            for output in 0..<tile.width { place[output] = values[output] }
          }
        }
        store(0, six.0)
        store(1, six.1)
        store(2, six.2)
        store(3, six.3)
        store(4, six.4)
        store(5, six.5)
      }
    }
  }

  // MARK: Maps

  func compute(
    _ region: Region, x: FeatureMaps, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    y: FeatureMaps, scratch: UnsafeMutablePointer<Float>
  ) {
    let memory = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let firstRow = region.rows.lowerBound / Self.tile
    let rows = (region.rows.upperBound &+ Self.tile &- 1) / Self.tile &- firstRow
    let count = rows &* tileColumns
    for block in region.blocks {
      var first = 0
      while first < count {
        let tiles = min(tilesAtOnce, count &- first)
        let chunk = Chunk(
          first: firstRow &* tileColumns &+ first, count: tiles, tileColumns: tileColumns, memory: memory,
          patch: memory + Self.frequencies &* (tilesAtOnce &* (shape.inputs &+ widestTile) &+ 2),
          inputs: shape.inputs)
        transformInputs(chunk, x, block)
        multiply(chunk, region, weights, bias, y, block)
        first &+= tiles
      }
    }
  }

  /// Tiles that are transformed together, and their memory.
  private struct Chunk {
    let first: Int
    let count: Int
    let tileColumns: Int
    /// `[frequency][tile][input]`, with a vector between frequencies so that they are in different cache sets.
    let transformed: UnsafeMutablePointer<Lanes>
    let frequencyStride: Int
    /// `[frequency][output][tile]`, with a vector between frequencies, too.
    let products: UnsafeMutablePointer<Lanes>
    /// Patches after the transform of their columns.
    let patch: UnsafeMutablePointer<Lanes>

    init(
      first: Int, count: Int, tileColumns: Int, memory: UnsafeMutablePointer<Lanes>,
      patch: UnsafeMutablePointer<Lanes>, inputs: Int
    ) {
      (self.first, self.count, self.tileColumns, self.patch) = (first, count, tileColumns, patch)
      transformed = memory
      frequencyStride = count &* inputs &+ 1
      products = memory + WinogradTransform.frequencies &* frequencyStride
    }

    /// The first output row and column of a tile.
    @inline(__always)
    func position(of tile: Int) -> (row: Int, column: Int) {
      let (row, column) = (first &+ tile).quotientAndRemainder(dividingBy: tileColumns)
      return (row &* WinogradTransform.tile, column &* WinogradTransform.tile)
    }
  }

  private func transformInputs(_ chunk: Chunk, _ x: FeatureMaps, _ block: Int) {
    // Neighbouring tiles share two columns: the columns of a run of tiles in one row are transformed once.
    var tile = 0
    while tile < chunk.count {
      let place = chunk.position(of: tile)
      let run = min(chunk.count &- tile, tileColumns &- place.column / Self.tile)
      let columns = run &* Self.tile &+ 2
      var corner = x.row(block, 0, place.row &- shape.border.top) + (place.column &- shape.border.left)
      var target = chunk.transformed + tile &* shape.inputs
      for _ in 0..<shape.inputs {
        for column in 0..<columns {
          let d = corner + column
          for row in 0..<6 { prefetch(d + (x.channel &+ row &* x.row)) }
          let six = WinogradTransform.input(
            (d[0], d[x.row], d[2 &* x.row], d[3 &* x.row], d[4 &* x.row], d[5 &* x.row]))
          let place = chunk.patch + 6 &* column
          place[0] = six.0
          place[1] = six.1
          place[2] = six.2
          place[3] = six.3
          place[4] = six.4
          place[5] = six.5
        }
        for part in 0..<run {
          for row in 0..<6 {
            let d = chunk.patch + (24 &* part &+ row)
            let six = WinogradTransform.input((d[0], d[6], d[12], d[18], d[24], d[30]))
            let place = target + (part &* shape.inputs &+ 6 &* row &* chunk.frequencyStride)
            place[0] = six.0
            place[chunk.frequencyStride] = six.1
            place[2 &* chunk.frequencyStride] = six.2
            place[3 &* chunk.frequencyStride] = six.3
            place[4 &* chunk.frequencyStride] = six.4
            place[5 &* chunk.frequencyStride] = six.5
          }
        }
        corner += x.channel
        target += 1
      }
      tile &+= run
    }
  }

  private func multiply(
    _ chunk: Chunk, _ region: Region, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ y: FeatureMaps, _ block: Int
  ) {
    let reduction = Reduction(
      channels: 1, channelStride: 0, rows: 1, rowStride: 0, columns: shape.inputs)
    for tile in shape.tiles where region.channels.contains(tile.first) {
      let weights = weights + tile.first &* Self.frequencies &* shape.inputs
      prefetchOutputs(chunk, tile, region.rows, y, block)
      for frequency in 0..<Self.frequencies {
        computeRow(
          tile: tile.width, x: chunk.transformed + frequency &* chunk.frequencyStride, xStep: shape.inputs,
          reduction: reduction, weights: weights + frequency &* shape.inputs &* tile.width, bias: nil,
          y: chunk.products + frequency &* (tile.width &* chunk.count &+ 1), yStep: 1, yChannel: chunk.count,
          pixels: chunk.count)
      }
      for part in 0..<chunk.count {
        let place = chunk.position(of: part)
        for output in 0..<tile.width {
          let constant = Lanes(repeating: bias.map { $0[tile.first &+ output] } ?? 0)
          transformOutput(
            chunk.products + (output &* chunk.count &+ part), tile.width &* chunk.count &+ 1, place,
            region.rows, chunk.patch, constant, y, block, tile.first &+ output)
        }
      }
    }
  }

  /// Prefetches the cache lines that will be written, while the products are computed.
  private func prefetchOutputs(
    _ chunk: Chunk, _ tile: ChannelTile, _ rows: Range<Int>, _ y: FeatureMaps, _ block: Int
  ) {
    for part in 0..<chunk.count {
      let place = chunk.position(of: part)
      let columns = min(Self.tile, shape.output.width &- place.column)
      for channel in tile.channels {
        for row in max(place.row, rows.lowerBound)..<min(place.row &+ Self.tile, rows.upperBound) {
          let target = y.row(block, channel, row) + place.column
          for column in 0..<columns { prefetch_to_write(target + column) }
        }
      }
    }
  }

  @inline(__always)
  private func transformOutput(
    _ products: UnsafeMutablePointer<Lanes>, _ frequencyStride: Int, _ place: (row: Int, column: Int),
    _ rows: Range<Int>, _ patch: UnsafeMutablePointer<Lanes>, _ constant: Lanes, _ y: FeatureMaps,
    _ block: Int, _ channel: Int
  ) {
    for column in 0..<6 {
      let m = products + column &* frequencyStride
      let row = 6 &* frequencyStride
      let four = WinogradTransform.output(
        (m[0], m[row], m[2 &* row], m[3 &* row], m[4 &* row], m[5 &* row]))
      patch[column] = four.0
      patch[6 &+ column] = four.1
      patch[12 &+ column] = four.2
      patch[18 &+ column] = four.3
    }
    let columns = min(Self.tile, shape.output.width &- place.column)
    for row in max(place.row, rows.lowerBound)..<min(place.row &+ Self.tile, rows.upperBound) {
      let m = patch + 6 &* (row &- place.row)
      let four = WinogradTransform.output((m[0], m[1], m[2], m[3], m[4], m[5]))
      let target = y.row(block, channel, row) + place.column
      target[0] = four.0 + constant
      if columns > 1 { target[1] = four.1 + constant }
      if columns > 2 { target[2] = four.2 + constant }
      if columns > 3 { target[3] = four.3 + constant }
    }
  }
}
