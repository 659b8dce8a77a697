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
      (shape.output.width - 1) * shape.stride.columns + (shape.kernel.columns - 1) * shape.dilation.columns + 1
    )
  }
  var packedSize: Int { shape.output.channels * shape.inputs * shape.taps }
  var scratchSize: Int { 0 }

  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>) {
    if filter.isTransposed {
      // The rows of a group's outputs begin behind those of the groups before it.
      let group = shape.group(of: tile.first)
      let weights = filter.weights + group * (filter.outputs - 1) * filter.inputs * filter.taps
      WeightPacking.inputGradient(
        tile, weights: weights, outputs: filter.outputs, inputs: filter.inputs, taps: filter.taps,
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
    // With a stride or a dilation, output pixels do not correspond to map columns; then no tap is skipped.
    let isDense = shape.stride.columns == 1 && shape.dilation.columns == 1
    let dilation = shape.dilation.rows
    let map =
      isDense
      ? shape.border.left..<shape.border.left &+ shape.inputSize.columns : Int.min / 2..<Int.max / 2
    for tile in shape.tiles where region.channels.contains(tile.first) {
      let weights = weights + tile.first &* shape.inputs &* shape.taps
      let corner = corner + shape.group(of: tile.first) &* shape.inputs &* x.channel
      for block in region.blocks {
        for row in region.rows {
          let top = row &* shape.stride.rows &- shape.border.top
          // The filter rows on the map; the others are multiplied with zeros and skipped.
          let (above, within) = (max(0, 0 &- top), max(0, shape.inputSize.rows &- top))
          let first = min((above &+ dilation &- 1) / dilation, shape.kernel.rows)
          let count = max(0, min(shape.kernel.rows, (within &+ dilation &- 1) / dilation) &- first)
          let reduction = Reduction(
            channels: shape.inputs, channelStride: x.channel, rows: count, rowStride: dilation &* x.row,
            columns: shape.kernel.columns, columnStride: shape.dilation.columns,
            skippedRows: shape.kernel.rows &- count, map: map)
          computeRow(
            tile: tile.width, x: corner + (block &* x.block &+ (top &+ first &* dilation) &* x.row),
            xStep: shape.stride.columns, reduction: reduction,
            weights: weights + first &* shape.kernel.columns &* tile.width,
            bias: bias.map { $0 + tile.first }, y: y.row(block, tile.first, row), yStep: y.column,
            yChannel: y.channel, pixels: shape.output.width)
        }
      }
    }
  }
}
