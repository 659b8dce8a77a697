/// The mean of each window; explicit padding counts as zeros (PyTorch), "same" padding does not count (TensorFlow).
public struct AveragePool2D: PoolLayer {
  /// Kernel, stride and padding.
  public let window: Window

  /// A pool with any window.
  public init(window: Window) { self.window = window }

  /// `AveragePool`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    let countsPadding = window.padding == .same ? 0 : 1
    return [
      ONNXOperator(
        "AveragePool", window.onnxAttributes(input) + [.integer("count_include_pad", countsPadding)])
    ]
  }

  /// Computed band by band behind a convolution.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(AveragePoolOp(input: input, output: output, window: window))
  }
}

struct AveragePoolOp: FusibleOperation {
  let input: Shape
  let output: Shape
  let geometry: PoolGeometry
  private let countsPadding: Bool

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output) = (input, output)
    geometry = PoolGeometry(input: input, output: output, window: window)
    countsPadding = window.padding != .same
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { geometry.inputRows(for: rows) }
  var rowsAreIndependent: Bool { geometry.rowsAreIndependent }

  @inline(__always)
  private func weight(_ rows: Range<Int>, _ columns: Range<Int>) -> Lanes {
    let count = countsPadding ? geometry.kernelRows * geometry.kernelColumns : rows.count * columns.count
    return Lanes(repeating: 1 / Float(count))
  }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let rows = geometry.rows(row)
      let x = buffers.x.row(block, channel, geometry.inputRow(row))
      let y = buffers.y.row(block, channel, row)
      for column in 0..<output.width {
        let columns = geometry.columns(column)
        let corner = x + geometry.inputColumn(column)
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
    geometry.clear(dx, region)
    region.forEachRow { block, channel, row in
      let rows = geometry.rows(row)
      let gradient = dx.row(block, channel, 0) + geometry.inputRow(row) &* dx.row
      for column in 0..<output.width {
        let columns = geometry.columns(column)
        let corner = gradient + geometry.inputColumn(column)
        let part = dy.row(block, channel, row)[column] * weight(rows, columns)
        for windowRow in rows {
          for windowColumn in columns {
            corner[windowRow &* dx.row &+ windowColumn] += part
          }
        }
      }
    }
  }
}
