import Configuration

/// A two-dimensional convolution (cross-correlation, as every framework computes it).
package struct Conv2D: Layer {
  let filters: Int
  package let window: Window
  private let weights: WeightOptions

  package init(_ reader: ObjectReader) {
    filters = reader.value("filters", .integer(.within(1...65536)), "output channels")
    window = Window(reader, isPool: false)
    weights = WeightOptions(reader, output: "filter")
  }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.outputShape(for: input, channels: filters, isPool: false)
  }

  package func parameters(for input: Shape) -> [ParameterSpec] {
    let taps = window.kernel.rows * window.kernel.columns
    return weights.parameters(
      shape: [filters, input.channels, window.kernel.rows, window.kernel.columns],
      fanIn: input.channels * taps, fanOut: filters * taps)
  }

  package var activityPenalty: ActivityPenalty? { weights.activityPenalty }

  package func multiplyAdds(input: Shape, output: Shape) -> Int {
    output.count * input.channels * window.kernel.rows * window.kernel.columns
  }

  package var details: LayerDetails {
    var details = window.details
    details.bias = weights.hasBias
    return details
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    Convolution(input: input, output: output, window: window)
  }
}

/// A convolution bound to its shapes: y `[N, O, OH, OW]` from x `[N, I, H, W]` and weights `[O, I, KH, KW]`.
struct Convolution: MixingLayer {
  let input: Shape
  let output: Shape
  let window: Window
  let border: (top: Int, left: Int, bottom: Int, right: Int)
  let outputTiles: [ChannelTile]
  let inputTiles: [ChannelTile]
  private let tapPieces: [TapPiece]

  /// Weight gradients that one piece of work sums: a rectangle of taps for a few output channels.
  private struct TapPiece {
    let rectangle: TapRectangle
    let outputs: Range<Int>
  }

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output, self.window) = (input, output, window)
    border = window.border(input)
    outputTiles = ChannelTile.tiles(for: output.channels)
    inputTiles = ChannelTile.tiles(for: input.channels)
    tapPieces = TapRectangle.rectangles(rows: window.kernel.rows, columns: window.kernel.columns).flatMap {
      rectangle in
      rectangle.channelRanges(output.channels).map { TapPiece(rectangle: rectangle, outputs: $0) }
    }
  }

  private var filter: Int { input.channels * window.kernel.rows * window.kernel.columns }

  // MARK: Memory

  var inputLayout: MapLayout {
    MapLayout(top: border.top, left: border.left, bottom: border.bottom, right: border.right)
  }

  /// The input gradient is a convolution of the output gradient, spread by the stride, with a border of its own.
  var outputGradientLayout: MapLayout {
    let spreadRows = (output.height - 1) * window.stride.rows + 1
    let spreadColumns = (output.width - 1) * window.stride.columns + 1
    return MapLayout(
      top: max(0, window.kernel.rows - 1 - border.top),
      left: max(0, window.kernel.columns - 1 - border.left),
      bottom: max(0, input.height + border.top - spreadRows),
      right: max(0, input.width + border.left - spreadColumns),
      rowStep: window.stride.rows, columnStep: window.stride.columns)
  }

  var channelGroups: [Range<Int>] { outputTiles.map(\.channels) }

  var packedSize: (forward: Int, inputGradient: Int) {
    let count = output.channels * filter
    return (count, count)
  }

  // MARK: Forward

  func packingPieces(training: Bool) -> Int { outputTiles.count + (training ? inputTiles.count : 0) }

  func pack(_ piece: Int, _ pass: LayerPass) {
    if piece < outputTiles.count {
      WeightPacking.forward(
        outputTiles[piece], weights: pass.weights, reduction: filter, into: pass.packed)
    } else if pass.dx != nil {
      WeightPacking.inputGradient(
        inputTiles[piece - outputTiles.count], weights: pass.weights, outputs: output.channels,
        inputs: input.channels, kernelRows: window.kernel.rows, kernelColumns: window.kernel.columns,
        into: pass.packedForInputGradient)
    }
  }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    let corner = pass.x.origin - border.left
    for tile in outputTiles where region.channels.contains(tile.first) {
      let weights = pass.packed + tile.first &* filter
      let bias = pass.bias.map { $0 + tile.first }
      for block in region.blocks {
        for row in region.rows {
          let top = row &* window.stride.rows &- border.top
          let taps = taps(from: top, height: input.height)
          let reduction = Reduction(
            channels: input.channels, channelStride: pass.x.channel, rows: taps.count,
            rowStride: pass.x.row, columns: window.kernel.columns,
            skippedRows: window.kernel.rows &- taps.count)
          computeRow(
            tile: tile.width,
            x: corner + (block &* pass.x.block &+ (top &+ taps.lowerBound) &* pass.x.row),
            xStep: window.stride.columns, reduction: reduction,
            weights: weights + taps.lowerBound &* window.kernel.columns &* tile.width, bias: bias,
            y: pass.y.row(block, tile.first, row), yStep: pass.y.column, yChannel: pass.y.channel,
            pixels: output.width)
        }
      }
    }
  }

  /// The kernel rows that lie on a map of `height` rows when the first one lies on row `top`.
  @inline(__always)
  private func taps(from top: Int, height: Int) -> Range<Int> {
    let first = min(max(0, 0 &- top), window.kernel.rows)
    return first..<max(first, min(window.kernel.rows, height &- top))
  }

  // MARK: Backward

  func backwardPieces(_ pass: LayerPass, _ step: StepInfo) -> Int {
    let inputGradient = pass.dx == nil ? 0 : inputTiles.count * step.blocks
    return inputGradient + tapPieces.count * input.channels + (pass.biasGradient == nil ? 0 : output.channels)
  }

  func backward(_ piece: Int, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dy = pass.dy else { return }
    var piece = piece
    if let dx = pass.dx {
      let pieces = inputTiles.count &* step.blocks
      if piece < pieces {
        inputGradient(inputTiles[piece % inputTiles.count], block: piece / inputTiles.count, dx, dy, pass)
        return
      }
      piece -= pieces
    }
    let pieces = tapPieces.count &* input.channels
    if piece < pieces {
      weightGradient(tapPieces[piece / input.channels], channel: piece % input.channels, dy, pass, step)
    } else if let biasGradient = pass.biasGradient {
      biasGradient[piece - pieces] = sumOfGradient(dy, channel: piece - pieces, step)
    }
  }

  private func inputGradient(
    _ tile: ChannelTile, block: Int, _ dx: FeatureMaps, _ dy: FeatureMaps, _ pass: LayerPass
  ) {
    // One row down in dx is one row down in the spread dy, whose rows lie rowStep pitches apart.
    let pitch = dy.row / window.stride.rows
    let spreadRows = (output.height &- 1) &* window.stride.rows &+ 1
    let corner = dy.origin + (border.left &- (window.kernel.columns &- 1))
    let weights =
      pass.packedForInputGradient + tile.first &* output.channels &* window.kernel.rows
      &* window.kernel.columns
    for row in 0..<input.height {
      let top = row &+ border.top &- (window.kernel.rows &- 1)
      let taps = taps(from: top, height: spreadRows)
      let reduction = Reduction(
        channels: output.channels, channelStride: dy.channel, rows: taps.count, rowStride: pitch,
        columns: window.kernel.columns, skippedRows: window.kernel.rows &- taps.count)
      computeRow(
        tile: tile.width, x: corner + (block &* dy.block &+ (top &+ taps.lowerBound) &* pitch), xStep: 1,
        reduction: reduction, weights: weights + taps.lowerBound &* window.kernel.columns &* tile.width,
        bias: nil, y: dx.row(block, tile.first, row), yStep: dx.column, yChannel: dx.channel,
        pixels: input.width)
    }
  }

  private func weightGradient(
    _ piece: TapPiece, channel: Int, _ dy: FeatureMaps, _ pass: LayerPass, _ step: StepInfo
  ) {
    let rectangle = piece.rectangle
    let x = pass.x
    let first =
      x.origin
      + (channel &* x.channel &+ (rectangle.row &- border.top) &* x.row &+ rectangle.column &- border.left)
    let taps = window.kernel.rows &* window.kernel.columns
    let gradient =
      pass.weightGradient
      + (piece.outputs.lowerBound &* filter &+ channel &* taps &+ rectangle.row &* window.kernel.columns
        &+ rectangle.column)
    let kernel = rectangle.kernel(channels: piece.outputs.count)
    kernel(
      first, x, window.stride.rows, window.stride.columns,
      dy.origin + piece.outputs.lowerBound &* dy.channel, dy, step.blocks, output.height, output.width,
      gradient, window.kernel.columns, filter)
  }

  private func sumOfGradient(_ dy: FeatureMaps, channel: Int, _ step: StepInfo) -> Float {
    // Four sums side by side, because one chain of additions would wait for itself.
    var sums = InlineArray<4, Lanes>(repeating: Lanes())
    for block in 0..<step.blocks {
      for row in 0..<output.height {
        let pixels = dy.row(block, channel, row)
        for column in 0..<output.width { sums[unchecked: column & 3] += pixels[column &* dy.column] }
      }
    }
    return (sums[0] + sums[1] + (sums[2] + sums[3])).laneSum()
  }
}
