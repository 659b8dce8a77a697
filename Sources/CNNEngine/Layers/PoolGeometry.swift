/// Where the windows of a pool lie on its input, clipped at the borders.
struct PoolGeometry: Sendable {
  let height: Int
  let width: Int
  let kernelRows: Int
  let kernelColumns: Int
  let strideRows: Int
  let strideColumns: Int
  let top: Int
  let left: Int
  private let outputHeight: Int
  private let outputWidth: Int

  init(input: Shape, output: Shape, window: Window) {
    (height, width) = (input.height, input.width)
    (outputHeight, outputWidth) = (output.height, output.width)
    (kernelRows, kernelColumns) = window.kernel
    (strideRows, strideColumns) = window.stride
    let border = window.border(input)
    (top, left) = (border.top, border.left)
  }

  /// Pixels of a window.
  var places: Int { kernelRows * kernelColumns }

  /// The input row under the first row of window `row`; it lies outside the map when there is padding.
  @inline(__always)
  func inputRow(_ row: Int) -> Int { row &* strideRows &- top }

  @inline(__always)
  func inputColumn(_ column: Int) -> Int { column &* strideColumns &- left }

  /// The rows of window `row` that lie on the map.
  @inline(__always)
  func rows(_ row: Int) -> Range<Int> {
    let first = inputRow(row)
    return max(0, 0 &- first)..<min(kernelRows, height &- first)
  }

  /// The columns of window `column` that lie on the map.
  @inline(__always)
  func columns(_ column: Int) -> Range<Int> {
    let first = inputColumn(column)
    return max(0, 0 &- first)..<min(kernelColumns, width &- first)
  }

  /// The rows that some windows stand for, with those no window covers, so that bands leave none out.
  func inputRows(for rows: Range<Int>) -> Range<Int> {
    max(0, inputRow(rows.lowerBound))..<(rows.upperBound == outputHeight ? height : inputRow(rows.upperBound))
  }

  var rowsAreIndependent: Bool { strideRows >= kernelRows }
  var windowsAreDisjoint: Bool { rowsAreIndependent && strideColumns >= kernelColumns }
  /// Whether every pixel lies in exactly one window.
  var windowsTile: Bool {
    (strideRows, strideColumns) == (kernelRows, kernelColumns) && inputRow(outputHeight) >= height
      && inputColumn(outputWidth) >= width
  }

  /// Windows in a row that are 2 x 2, side by side and wholly on the map: the common case, with a path of its own.
  var wholePairs: Int {
    let isPair = kernelRows == 2 && kernelColumns == 2 && strideColumns == 2 && strideRows >= 2
    return isPair && left == 0 && top == 0 ? width / 2 : 0
  }

  /// Sets the gradient of the channels of `region` to zero, for windows that overlap or leave pixels out.
  func clear(_ dx: FeatureMaps, _ region: Region) {
    var whole = region
    whole.rows = inputRows(for: region.rows)
    whole.forEachRow { block, channel, row in
      let gradient = dx.row(block, channel, row)
      for column in 0..<width { gradient[column &* dx.column] = Lanes() }
    }
  }
}

extension Window {
  /// The output of a pool: as many channels as its input; every window must touch the map.
  func pooledShape(for input: Shape) throws(ShapeError) -> Shape {
    let output = try outputShape(for: input, channels: input.channels, isPool: true)
    let border = border(input)
    let (rows, columns) = (max(border.top, border.bottom), max(border.left, border.right))
    guard rows < kernel.rows, columns < kernel.columns else {
      throw ShapeError(
        "padding \(rows < kernel.rows ? columns : rows) is not smaller than the "
          + "\(kernel.rows)x\(kernel.columns) pool: a window would lie outside the map", fallback: output)
    }
    return output
  }
}
