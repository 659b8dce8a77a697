/// Direct convolution: every output row is computed from the input rows under its filter.
struct DirectConvolution: ConvolutionAlgorithm {
  let shape: ConvolutionShape
  let channelGroups: [Range<Int>]

  init(shape: ConvolutionShape) {
    self.shape = shape
    channelGroups = shape.tiles.map(\.channels)
  }

  var rowMultiple: Int { 1 }
  var readExtent: (rows: Int, columns: Int) {
    (
      (shape.output.height - 1) * shape.stride.rows + (shape.kernel.rows - 1) * shape.dilation.rows + 1,
      (shape.output.width - 1) * shape.stride.columns + (shape.kernel.columns - 1) * shape.dilation.columns
        + 1
    )
  }
  var packedSize: Int { shape.output.channels * packedTaps }
  var scratchSize: Int { 0 }

  /// Columns of the packed filter: between those of a dilated filter there are columns of zeros, so that its taps are
  /// neighbours for the microkernel.
  private var packedColumns: Int { (shape.kernel.columns - 1) * shape.dilation.columns + 1 }
  /// Packed weights of an output channel.
  private var packedTaps: Int { shape.inputs * shape.kernel.rows * packedColumns }

  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>) {
    // The rows of a group's outputs begin behind those of the groups before it.
    let group = filter.isTransposed ? shape.group(of: tile.first) : 0
    let weights = filter.weights + group * (filter.outputs - 1) * filter.inputs * filter.taps
    if shape.dilation.columns > 1 {
      packDilated(tile, filter, weights, into: packed)
    } else if filter.isTransposed {
      WeightPacking.inputGradient(
        tile, weights: weights, outputs: filter.outputs, inputs: filter.inputs, taps: filter.taps,
        into: packed)
    } else {
      WeightPacking.forward(tile, weights: weights, reduction: filter.inputs * filter.taps, into: packed)
    }
  }

  private func packDilated(
    _ tile: ChannelTile, _ filter: Filter, _ weights: UnsafePointer<Float>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let filter = Filter(
      weights: weights, outputs: filter.outputs, inputs: filter.inputs, taps: filter.taps,
      isTransposed: filter.isTransposed)
    let target = packed + tile.first * packedTaps
    target.update(repeating: 0, count: packedTaps * tile.width)
    for input in 0..<shape.inputs {
      for output in 0..<tile.width {
        let (first, step) = filter.taps(output: tile.first + output, input: input)
        for tap in 0..<shape.taps {
          let (row, column) = tap.quotientAndRemainder(dividingBy: shape.kernel.columns)
          let index = (input * shape.kernel.rows + row) * packedColumns + column * shape.dilation.columns
          target[index * tile.width + output] = first[tap * step]
        }
      }
    }
  }

  func compute(
    _ region: Region, x: FeatureMaps, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    y: FeatureMaps, scratch: UnsafeMutablePointer<Float>
  ) {
    let corner = x.origin - shape.border.left
    // With a stride, output pixels do not correspond to map columns; then no tap is skipped.
    let isDense = shape.stride.columns == 1
    let (dilation, columns, taps) = (shape.dilation.rows, packedColumns, packedTaps)
    let map =
      isDense
      ? shape.border.left..<shape.border.left &+ shape.inputSize.columns : Int.min / 2..<Int.max / 2
    for tile in shape.tiles where region.channels.contains(tile.first) {
      let weights = weights + tile.first &* taps
      let corner = corner + shape.group(of: tile.first) &* shape.inputs &* x.channel
      for block in region.blocks {
        for row in region.rows {
          let top = row &* shape.stride.rows &- shape.border.top
          // The filter rows on the map; the others are multiplied with zeros and skipped.
          var (above, within) = (max(0, 0 &- top), max(0, shape.inputSize.rows &- top))
          if dilation > 1 {
            (above, within) = ((above &+ dilation &- 1) / dilation, (within &+ dilation &- 1) / dilation)
          }
          let first = min(above, shape.kernel.rows)
          let count = max(0, min(shape.kernel.rows, within) &- first)
          let reduction = Reduction(
            channels: shape.inputs, channelStride: x.channel, rows: count, rowStride: dilation &* x.row,
            columns: columns, skippedRows: shape.kernel.rows &- count, map: map)
          computeRow(
            tile: tile.width, x: corner + (block &* x.block &+ (top &+ first &* dilation) &* x.row),
            xStep: shape.stride.columns, reduction: reduction,
            weights: weights + first &* columns &* tile.width,
            bias: bias.map { $0 + tile.first }, y: y.row(block, tile.first, row), yStep: 1,
            yChannel: y.channel, pixels: shape.output.width)
        }
      }
    }
  }
}
