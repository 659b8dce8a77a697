import Configuration

/// Keeps the largest number of each window; padding never wins.
package struct MaxPool2D: Layer, PoolingRule {
  package let window: Window

  package init(_ reader: ObjectReader) { window = Window(reader, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    ExtremePooling<MaxPool2D>(input: input, output: output, window: window)
  }

  @inline(__always)
  static func wins(_ candidate: Lanes, over best: Lanes) -> LaneMask { candidate .> best }
}

/// Keeps the smallest number of each window; padding never wins.
package struct MinPool2D: Layer, PoolingRule {
  package let window: Window

  package init(_ reader: ObjectReader) { window = Window(reader, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    ExtremePooling<MinPool2D>(input: input, output: output, window: window)
  }

  @inline(__always)
  static func wins(_ candidate: Lanes, over best: Lanes) -> LaneMask { candidate .< best }
}

/// Which of two numbers a pool keeps.
protocol PoolingRule: Sendable {
  static func wins(_ candidate: Lanes, over best: Lanes) -> LaneMask
}

/// Max or min pooling bound to its shapes; it remembers which place of the window won, the first of equals.
struct ExtremePooling<Rule: PoolingRule>: ChannelwiseLayer {
  let input: Shape
  let output: Shape
  let frame: PoolingFrame

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output) = (input, output)
    frame = PoolingFrame(input: input, output: output, window: window)
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { frame.inputRows(for: rows) }
  var rowsAreIndependent: Bool { frame.rowsAreIndependent }
  func memory(blocks: Int) -> Int { blocks * output.count }

  private func winners(_ block: Int, _ channel: Int, _ row: Int, _ pass: LayerPass)
    -> UnsafeMutablePointer<IntegerLanes>
  {
    let offset = ((block &* output.channels &+ channel) &* output.height &+ row) &* output.width
    return UnsafeMutableRawPointer(pass.memory + offset).assumingMemoryBound(to: IntegerLanes.self)
  }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let x = pass.x.row(block, channel, frame.inputRow(row))
      let y = pass.y.row(block, channel, row)
      let winners = winners(block, channel, row, pass)
      for column in 0..<output.width {
        let columns = frame.columns(column)
        let corner = x + frame.inputColumn(column)
        if rows == 0..<2, columns == 0..<2 {
          pool(corner, 0..<2, 0..<2, pass.x.row, step.training, &y[column], &winners[column])
        } else {
          pool(corner, rows, columns, pass.x.row, step.training, &y[column], &winners[column])
        }
      }
    }
  }

  @inline(__always)
  private func pool(
    _ corner: UnsafeMutablePointer<Lanes>, _ rows: Range<Int>, _ columns: Range<Int>, _ rowStride: Int,
    _ training: Bool, _ y: inout Lanes, _ winner: inout IntegerLanes
  ) {
    var best = corner[rows.lowerBound &* rowStride &+ columns.lowerBound]
    var place = IntegerLanes(repeating: Int32(rows.lowerBound &* frame.kernelColumns &+ columns.lowerBound))
    for row in rows {
      for column in columns {
        let candidate = corner[row &* rowStride &+ column]
        let wins = Rule.wins(candidate, over: best)
        best = best.replacing(with: candidate, where: wins)
        if training {
          place = place.replacing(with: Int32(row &* frame.kernelColumns &+ column), where: wins)
        }
      }
    }
    y = best
    if training { winner = place }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx, let dy = pass.dy else { return }
    if !frame.windowsTile { frame.clear(dx, region) }
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let gradient = dx.row(block, channel, 0) + frame.inputRow(row) &* dx.row
      let upstream = dy.row(block, channel, row)
      let winners = winners(block, channel, row, pass)
      for column in 0..<output.width {
        let value = upstream[column &* dy.column]
        let winner = winners[column]
        let corner = gradient + frame.inputColumn(column) &* dx.column
        for windowRow in rows {
          for windowColumn in frame.columns(column) {
            let place = Int32(windowRow &* frame.kernelColumns &+ windowColumn)
            let share = Lanes().replacing(with: value, where: winner .== place)
            let target = corner + (windowRow &* dx.row &+ windowColumn &* dx.column)
            target.pointee = frame.windowsAreDisjoint ? share : target.pointee + share
          }
        }
      }
    }
  }
}
