import Configuration

/// Keeps the largest number of each window; padding never wins.
package struct MaxPool2D: Layer {
  package let window: Window

  package init(_ reader: ObjectReader) { window = Window(reader, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    ExtremePooling(input: input, output: output, window: window, keepsLargest: true)
  }
}

/// Keeps the smallest number of each window; padding never wins.
package struct MinPool2D: Layer {
  package let window: Window

  package init(_ reader: ObjectReader) { window = Window(reader, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    ExtremePooling(input: input, output: output, window: window, keepsLargest: false)
  }
}

/// Max or min pooling bound to its shapes; it remembers which place of the window won, the first of equals.
///
/// Places are kept as floating-point numbers: comparing whole-number lanes is a scalar loop in the standard library.
struct ExtremePooling: ChannelwiseLayer {
  let input: Shape
  let output: Shape
  let frame: PoolingFrame
  let keepsLargest: Bool
  /// Whether the gradient of outputs that are not positive is dropped, which saves a ReLU in front its own pass.
  var dropsNonpositive = false

  init(input: Shape, output: Shape, window: Window, keepsLargest: Bool) {
    (self.input, self.output, self.keepsLargest) = (input, output, keepsLargest)
    frame = PoolingFrame(input: input, output: output, window: window)
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { frame.inputRows(for: rows) }
  var rowsAreIndependent: Bool { frame.rowsAreIndependent }
  var outputNeed: OutputNeed { dropsNonpositive ? .sign : .nothing }
  func memory(blocks: Int) -> Int { blocks * output.count }

  private func winners(_ block: Int, _ channel: Int, _ row: Int, _ pass: LayerPass)
    -> UnsafeMutablePointer<Lanes>
  {
    pass.memory + ((block &* output.channels &+ channel) &* output.height &+ row) &* output.width
  }

  // MARK: Forward

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    if keepsLargest {
      pool(region, pass, training: step.training) { $0 .> $1 }
    } else {
      pool(region, pass, training: step.training) { $0 .< $1 }
    }
  }

  @inline(__always)
  private func pool(
    _ region: Region, _ pass: LayerPass, training: Bool, _ wins: (Lanes, Lanes) -> LaneMask
  ) {
    let pairs = frame.wholePairs
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let x = pass.x.row(block, channel, frame.inputRow(row))
      let y = pass.y.row(block, channel, row)
      let winners = winners(block, channel, row, pass)
      let fast = rows == 0..<2 ? pairs : 0
      for column in 0..<fast {
        pool(x + 2 &* column, 0..<2, 0..<2, pass.x.row, 2, training, &y[column], &winners[column], wins)
      }
      for column in fast..<output.width {
        pool(
          x + frame.inputColumn(column), rows, frame.columns(column), pass.x.row, frame.kernelColumns,
          training,
          &y[column], &winners[column], wins)
      }
    }
  }

  @inline(__always)
  private func pool(
    _ corner: UnsafeMutablePointer<Lanes>, _ rows: Range<Int>, _ columns: Range<Int>, _ rowStride: Int,
    _ kernelColumns: Int, _ training: Bool, _ y: inout Lanes, _ winner: inout Lanes,
    _ wins: (Lanes, Lanes) -> LaneMask
  ) {
    var best = corner[rows.lowerBound &* rowStride &+ columns.lowerBound]
    var place = Lanes(repeating: Float(rows.lowerBound &* kernelColumns &+ columns.lowerBound))
    for row in rows {
      for column in columns {
        let candidate = corner[row &* rowStride &+ column]
        let isBetter = wins(candidate, best)
        best = best.replacing(with: candidate, where: isBetter)
        place = place.replacing(
          with: Lanes(repeating: Float(row &* kernelColumns &+ column)), where: isBetter)
      }
    }
    y = best
    if training { winner = place }
  }

  // MARK: Backward

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx, let dy = pass.dy else { return }
    if !frame.windowsTile { frame.clear(dx, region) }
    let disjoint = frame.windowsAreDisjoint
    let pairs = frame.wholePairs
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let gradient = dx.row(block, channel, frame.inputRow(row))
      let upstream = dy.row(block, channel, row)
      let winners = winners(block, channel, row, pass)
      let y = pass.y.row(block, channel, row)
      let fast = rows == 0..<2 ? pairs : 0
      // The largest number is not positive: then ReLU gave 0, and no gradient passes.
      @inline(__always)
      func value(_ column: Int) -> Lanes {
        let value = upstream[column &* dy.column]
        return dropsNonpositive ? Lanes().replacing(with: value, where: y[column] .> 0) : value
      }
      for column in 0..<fast {
        spread(
          value(column), winners[column], gradient + 2 &* column &* dx.column, dx, 0..<2,
          0..<2,
          2, disjoint: true)
      }
      for column in fast..<output.width {
        spread(
          value(column), winners[column], gradient + frame.inputColumn(column) &* dx.column,
          dx, rows, frame.columns(column), frame.kernelColumns, disjoint: disjoint)
      }
    }
  }

  /// Gives the gradient to the place that won, and zero to the others.
  @inline(__always)
  private func spread(
    _ value: Lanes, _ winner: Lanes, _ corner: UnsafeMutablePointer<Lanes>, _ dx: FeatureMaps,
    _ rows: Range<Int>, _ columns: Range<Int>, _ kernelColumns: Int, disjoint: Bool
  ) {
    for row in rows {
      for column in columns {
        let place = Lanes(repeating: Float(row &* kernelColumns &+ column))
        let share = Lanes().replacing(with: value, where: winner .== place)
        let target = corner + (row &* dx.row &+ column &* dx.column)
        target.pointee = disjoint ? share : target.pointee + share
      }
    }
  }
}
