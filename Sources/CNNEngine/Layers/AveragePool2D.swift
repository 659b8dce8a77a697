import ConfigDecoding

/// The mean of each window. Explicit padding counts as zeros (PyTorch); "same" padding does not count (TensorFlow).
package struct AveragePool2D: Layer {
  package let window: Window

  package init(_ reader: ObjectReader) { window = Window(reader, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    let countsPadding = window.padding == .same ? 0 : 1
    return [
      ONNXOperator("AveragePool", window.attributes(input) + [.integer("count_include_pad", countsPadding)])
    ]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    AveragePooling(input: input, output: output, window: window)
  }
}

/// Average pooling bound to its shapes.
struct AveragePooling: ChannelwiseLayer {
  let input: Shape
  let output: Shape
  let frame: PoolingFrame
  private let countsPadding: Bool

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output) = (input, output)
    frame = PoolingFrame(input: input, output: output, window: window)
    countsPadding = window.padding != .same
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { frame.inputRows(for: rows) }
  var rowsAreIndependent: Bool { frame.rowsAreIndependent }

  @inline(__always)
  private func weight(_ rows: Range<Int>, _ columns: Range<Int>) -> Lanes {
    let count = countsPadding ? frame.kernelRows * frame.kernelColumns : rows.count * columns.count
    return Lanes(repeating: 1 / Float(count))
  }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let x = pass.x.row(block, channel, frame.inputRow(row))
      let y = pass.y.row(block, channel, row)
      for column in 0..<output.width {
        let columns = frame.columns(column)
        let corner = x + frame.inputColumn(column)
        var sum = Lanes()
        for windowRow in rows {
          for windowColumn in columns { sum += corner[windowRow &* pass.x.row &+ windowColumn] }
        }
        y[column] = sum * weight(rows, columns)
      }
    }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx, let dy = pass.dy else { return }
    frame.clear(dx, region)
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let gradient = dx.row(block, channel, 0) + frame.inputRow(row) &* dx.row
      for column in 0..<output.width {
        let columns = frame.columns(column)
        let corner = gradient + frame.inputColumn(column) &* dx.column
        let share = dy.row(block, channel, row)[column &* dy.column] * weight(rows, columns)
        for windowRow in rows {
          for windowColumn in columns {
            corner[windowRow &* dx.row &+ windowColumn &* dx.column] += share
          }
        }
      }
    }
  }
}
