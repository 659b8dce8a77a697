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
      (shape.output.height - 1) * shape.stride.rows + shape.kernel.rows,
      (shape.output.width - 1) * shape.stride.columns + shape.kernel.columns
    )
  }
  var packedSize: Int { shape.output.channels * shape.inputs * shape.taps }
  var scratchSize: Int { 0 }

  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>) {
    if filter.isTransposed {
      WeightPacking.inputGradient(
        tile, weights: filter.weights, outputs: filter.outputs, inputs: filter.inputs, taps: filter.taps,
        into: packed)
    } else {
      WeightPacking.forward(
        tile, weights: filter.weights, reduction: filter.inputs * filter.taps, into: packed)
    }
  }

  func compute(
    _ region: Region, x: FeatureMaps, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    y: FeatureMaps, scratch: UnsafeMutablePointer<Float>
  ) {
    let corner = x.origin - shape.border.left
    // With a stride, output pixels do not correspond to map columns; then no tap is skipped.
    let isDense = shape.stride.columns == 1
    let map =
      isDense
      ? shape.border.left..<shape.border.left &+ shape.inputSize.columns : Int.min / 2..<Int.max / 2
    for tile in shape.tiles where region.channels.contains(tile.first) {
      let weights = weights + tile.first &* shape.inputs &* shape.taps
      for block in region.blocks {
        for row in region.rows {
          let top = row &* shape.stride.rows &- shape.border.top
          // The filter rows on the map; the others are multiplied with zeros and skipped.
          let first = min(max(0, 0 &- top), shape.kernel.rows)
          let count = max(0, min(shape.kernel.rows, shape.inputSize.rows &- top) &- first)
          let reduction = Reduction(
            channels: shape.inputs, channelStride: x.channel, rows: count, rowStride: x.row,
            columns: shape.kernel.columns, skippedRows: shape.kernel.rows &- count, map: map)
          computeRow(
            tile: tile.width, x: corner + (block &* x.block &+ (top &+ first) &* x.row),
            xStep: shape.stride.columns, reduction: reduction,
            weights: weights + first &* shape.kernel.columns &* tile.width,
            bias: bias.map { $0 + tile.first }, y: y.row(block, tile.first, row), yStep: y.column,
            yChannel: y.channel, pixels: shape.output.width)
        }
      }
    }
  }
}
