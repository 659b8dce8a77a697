/// The input gradient of a convolution with a stride, without multiplying by the zeros between its windows.
///
/// The pixels of the input with the same remainder of (row, column) by the stride are one phase. The taps that reach them
/// are the same for all, so that each phase is a dense convolution of the output gradient with some taps of the rotated
/// filter. The terms of each sum, and their order, are those of one convolution over the gradient spread by the stride.
struct StridedInputGradient: ConvolutionAlgorithm {
  let shape: ConvolutionShape
  let channelGroups: [Range<Int>]
  private let rows: [Phase]
  private let columns: [Phase]
  private let columnExtent: Int

  /// The taps of one dimension that reach every `stride`-th pixel, and where they read.
  private struct Phase {
    /// The first of the taps, in pixels of the filter, and their number.
    let firstTap: Int
    let count: Int
    /// The output under the first tap, of the rotated filter, for the phase's first pixel.
    let start: Int
  }

  /// - Parameters:
  ///   - shape: the input gradient as a convolution over the spread output gradient; its kernel is the filter's, its
  ///     dilation too.
  ///   - border: rows and columns of the border before the input of the forward pass.
  ///   - stride: the stride of the forward pass.
  init(
    shape: ConvolutionShape, border: (top: Int, left: Int), stride: (rows: Int, columns: Int)
  ) {
    self.shape = shape
    channelGroups = shape.tiles.map(\.channels)
    rows = Self.phases(
      extent: (shape.kernel.rows - 1) * shape.dilation.rows + 1, stride: stride.rows, border: border.top)
    columnExtent = (shape.kernel.columns - 1) * shape.dilation.columns + 1
    columns = Self.phases(extent: columnExtent, stride: stride.columns, border: border.left)
  }

  private static func phases(extent: Int, stride: Int, border: Int) -> [Phase] {
    (0..<stride).map { pixel in
      let first = (pixel + border) % stride
      let count = max(0, (extent - first + stride - 1) / stride)
      return Phase(firstTap: first, count: count, start: (pixel + border - first) / stride - (count - 1))
    }
  }

  // MARK: Memory

  var rowMultiple: Int { 1 }
  var packedSize: Int { shape.output.channels * packedTaps }
  var scratchSize: Int { 0 }

  /// Packed weights of an output channel, of all phases.
  private var packedTaps: Int {
    shape.inputs * rows.reduce(0) { $0 + $1.count } * columns.reduce(0) { $0 + $1.count }
  }

  var readExtent: (rows: Int, columns: Int) { (shape.inputSize.rows, shape.inputSize.columns) }

  /// What the phases read beyond a map of `size`.
  func layout(around size: (rows: Int, columns: Int)) -> MapLayout {
    func border(
      _ phases: [Phase], _ pixels: Int, _ size: Int
    ) -> (before: Int, after: Int) {
      var (before, after) = (0, 0)
      for (index, phase) in phases.enumerated() where phase.count > 0 && index < pixels {
        let last = (pixels - 1 - index) / phases.count
        before = max(before, -phase.start)
        after = max(after, phase.start + last + phase.count - size)
      }
      return (before, after)
    }
    let vertical = border(rows, shape.output.height, size.rows)
    let horizontal = border(columns, shape.output.width, size.columns)
    return MapLayout(
      top: vertical.before, left: horizontal.before, bottom: vertical.after, right: horizontal.after)
  }

  // MARK: Weights

  /// Packs `[phase][reduction][tile width]`; a dilated filter has zeros between its taps.
  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>) {
    let group = shape.group(of: tile.first)
    let weights = filter.weights + group * (filter.outputs - 1) * filter.inputs * filter.taps
    var target = packed + tile.first * packedTaps
    for row in rows {
      for column in columns {
        for input in 0..<shape.inputs {
          for rowTap in (0..<row.count).reversed() {
            for columnTap in (0..<column.count).reversed() {
              let tap = self.tap(
                row.firstTap + rowTap * rows.count, column.firstTap + columnTap * columns.count)
              for output in 0..<tile.width {
                let place = (input * filter.inputs + tile.first + output) * filter.taps
                target[output] = tap.map { weights[place + $0] } ?? 0
              }
              target += tile.width
            }
          }
        }
      }
    }
  }

  /// The index of the tap at a pixel of the filter; nil between the taps of a dilated one.
  private func tap(_ row: Int, _ column: Int) -> Int? {
    let (rowTap, rowRest) = row.quotientAndRemainder(dividingBy: shape.dilation.rows)
    let (columnTap, columnRest) = column.quotientAndRemainder(dividingBy: shape.dilation.columns)
    return rowRest == 0 && columnRest == 0 ? rowTap * shape.kernel.columns + columnTap : nil
  }

  // MARK: Maps

  func compute(
    _ region: Region, x: FeatureMaps, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    y: FeatureMaps, scratch: UnsafeMutablePointer<Float>
  ) {
    let everything = Int.min / 2..<Int.max / 2
    let columnTaps = columns.reduce(0) { $0 + $1.count }
    for tile in shape.tiles where region.channels.contains(tile.first) {
      let weights = weights + tile.first &* packedTaps
      let firstInput = shape.group(of: tile.first) &* shape.inputs
      for block in region.blocks {
        for row in region.rows {
          let (position, phase) = row.quotientAndRemainder(dividingBy: rows.count)
          let taps = rows[phase]
          var before = 0
          for earlier in 0..<phase { before += rows[earlier].count }
          var part = weights + before &* columnTaps &* shape.inputs &* tile.width
          for column in 0..<min(columns.count, shape.output.width) {
            let columnPhase = columns[column]
            let reduction = Reduction(
              channels: shape.inputs, channelStride: x.channel, rows: taps.count, rowStride: x.row,
              columns: columnPhase.count, map: everything)
            computeRow(
              tile: tile.width,
              x: x.row(block, firstInput, position &+ taps.start) + columnPhase.start, xStep: 1,
              reduction: reduction, weights: part, bias: nil,
              y: y.row(block, tile.first, row) + column, yStep: columns.count,
              yChannel: y.channel, pixels: (shape.output.width &- column &- 1) / columns.count &+ 1)
            part += shape.inputs &* taps.count &* columnPhase.count &* tile.width
          }
        }
      }
    }
  }
}
