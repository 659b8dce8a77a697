import ConfigDecoding

/// The mean of each window. Explicit padding counts as zeros (PyTorch); "same" padding does not count (TensorFlow).
package struct AveragePool2D: Layer {
  package let window: Window

  package init(_ decoder: ConfigDecoder) { window = Window(decoder, isPool: true) }

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

  package func build(input: Shape, output: Shape) -> any Operation {
    AveragePoolOp(input: input, output: output, window: window)
  }
}

/// Average pooling bound to its shapes.
struct AveragePoolOp: FusibleOperation {
  let input: Shape
  let output: Shape
  let frame: PoolGeometry
  private let countsPadding: Bool

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output) = (input, output)
    frame = PoolGeometry(input: input, output: output, window: window)
    countsPadding = window.padding != .same
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { frame.inputRows(for: rows) }
  var rowsAreIndependent: Bool { frame.rowsAreIndependent }

  @inline(__always)
  private func weight(_ rows: Range<Int>, _ columns: Range<Int>) -> Lanes {
    let count = countsPadding ? frame.kernelRows * frame.kernelColumns : rows.count * columns.count
    return Lanes(repeating: 1 / Float(count))
  }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let x = buffers.x.row(block, channel, frame.inputRow(row))
      let y = buffers.y.row(block, channel, row)
      for column in 0..<output.width {
        let columns = frame.columns(column)
        let corner = x + frame.inputColumn(column)
        var sum = Lanes()
        for windowRow in rows {
          for windowColumn in columns { sum += corner[windowRow &* buffers.x.row &+ windowColumn] }
        }
        y[column] = sum * weight(rows, columns)
      }
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
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
