/// The position of each window of a pool on its input, clipped at the edges of the map.
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
  var windowSize: Int { kernelRows * kernelColumns }

  /// The input row under the first row of window `row`, outside the map where there is padding.
  @inline(__always)
  func inputRow(_ row: Int) -> Int { row &* strideRows &- top }

  @inline(__always)
  func inputColumn(_ column: Int) -> Int { column &* strideColumns &- left }

  /// The rows of window `row` that are on the map.
  @inline(__always)
  func rows(_ row: Int) -> Range<Int> {
    let first = inputRow(row)
    return max(0, 0 &- first)..<min(kernelRows, height &- first)
  }

  /// The columns of window `column` that are on the map.
  @inline(__always)
  func columns(_ column: Int) -> Range<Int> {
    let first = inputColumn(column)
    return max(0, 0 &- first)..<min(kernelColumns, width &- first)
  }

  /// The input rows of some windows, together with those that no window covers, so that bands cover all rows.
  func inputRows(for rows: Range<Int>) -> Range<Int> {
    max(0, inputRow(rows.lowerBound))..<(rows.upperBound == outputHeight ? height : inputRow(rows.upperBound))
  }

  var rowsAreIndependent: Bool { strideRows >= kernelRows }
  var windowsAreDisjoint: Bool { rowsAreIndependent && strideColumns >= kernelColumns }
  /// Whether every pixel is in exactly one window.
  var windowsTile: Bool {
    (strideRows, strideColumns) == (kernelRows, kernelColumns) && inputRow(outputHeight) >= height
      && inputColumn(outputWidth) >= width
  }

  /// Windows of a row that are 2x2, adjacent and entirely on the map: the common case has a kernel of its own.
  var adjacentPairs: Int {
    let isPair = kernelRows == 2 && kernelColumns == 2 && strideColumns == 2 && strideRows >= 2
    return isPair && left == 0 && top == 0 ? width / 2 : 0
  }

  /// Sets the gradient of the channels of `region` to zero, for windows that overlap or leave pixels out.
  func clear(_ dx: FeatureMaps, _ region: Region) {
    var whole = region
    whole.rows = inputRows(for: region.rows)
    whole.forEachRow { block, channel, row in
      let gradient = dx.row(block, channel, row)
      for column in 0..<width { gradient[column] = Lanes() }
    }
  }
}
