import ConfigDecoding
import CSIMD

/// Keeps the largest number of each window; padding never wins.
package struct MaxPool2D: Layer {
  package let window: Window

  package init(_ decoder: ConfigDecoder) { window = Window(decoder, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("MaxPool", window.attributes(input))]
  }

  package func build(input: Shape, output: Shape) -> any Operation {
    MinMaxPoolOp(input: input, output: output, window: window, isMax: true)
  }
}

/// Keeps the smallest number of each window; padding never wins.
package struct MinPool2D: Layer {
  package let window: Window

  package init(_ decoder: ConfigDecoder) { window = Window(decoder, isPool: true) }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try window.pooledShape(for: input)
  }

  package var details: LayerDetails { window.details }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    // ONNX has no minimum over windows.
    [
      ONNXOperator("Neg"), ONNXOperator("MaxPool", window.attributes(input)), ONNXOperator("Neg"),
    ]
  }

  package func build(input: Shape, output: Shape) -> any Operation {
    MinMaxPoolOp(input: input, output: output, window: window, isMax: false)
  }
}

/// Max or min pooling bound to its shapes; it remembers which place of the window won, the first of equals.
///
/// ArgmaxBuffer are compared as floating-point numbers: comparing whole-number lanes is a scalar loop in the standard library.
struct MinMaxPoolOp: FusibleOperation {
  let input: Shape
  let output: Shape
  let frame: PoolGeometry
  let isMax: Bool
  /// Whether there is a ReLU in front, which this layer does on its way: max(0, x) of the largest x is the largest
  /// max(0, x), and where that is 0 no gradient passes.
  var appliesReLU = false

  init(input: Shape, output: Shape, window: Window, isMax: Bool) {
    (self.input, self.output, self.isMax) = (input, output, isMax)
    frame = PoolGeometry(input: input, output: output, window: window)
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { frame.inputRows(for: rows) }
  var rowsAreIndependent: Bool { frame.rowsAreIndependent }
  var savedOutput: SavedOutput { appliesReLU ? .sign : .nothing }
  func memory(blocks: Int, training: Bool) -> Int {
    ArgmaxBuffer.size(blocks * output.count, windowSize: frame.places)
  }

  private func argmax(_ block: Int, _ channel: Int, _ row: Int, _ buffers: LayerBuffers) -> ArgmaxBuffer {
    let first = ((block &* output.channels &+ channel) &* output.height &+ row) &* output.width
    return ArgmaxBuffer(buffers.memory, first: first, windowSize: frame.places)
  }

  // MARK: Forward

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    if isMax {
      pool(region, buffers, training: step.training) { $0 .> $1 }
    } else {
      pool(region, buffers, training: step.training) { $0 .< $1 }
    }
  }

  @inline(__always)
  private func pool(
    _ region: Region, _ buffers: LayerBuffers, training: Bool, _ wins: (Lanes, Lanes) -> LaneMask
  ) {
    let pairs = frame.wholePairs
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let x = buffers.x.row(block, channel, frame.inputRow(row))
      let y = buffers.y.row(block, channel, row)
      let argmax = argmax(block, channel, row, buffers)
      let fast = rows == 0..<2 ? pairs : 0
      if fast > 0 { PoolPairKernel.pool(x, x + buffers.x.row, y, training ? argmax : nil, fast, wins) }
      for column in fast..<output.width {
        pool(
          x + frame.inputColumn(column), rows, frame.columns(column), buffers.x.row, frame.kernelColumns,
          training ? argmax : nil, column, &y[column], wins)
      }
      if appliesReLU { for column in 0..<output.width { y[column] = y[column].max(Lanes()) } }
    }
  }

  @inline(__always)
  private func pool(
    _ corner: UnsafeMutablePointer<Lanes>, _ rows: Range<Int>, _ columns: Range<Int>, _ rowStride: Int,
    _ kernelColumns: Int, _ argmax: ArgmaxBuffer?, _ column: Int, _ y: inout Lanes,
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
    argmax?[column] = place
  }

  // MARK: Backward

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    if !frame.windowsTile { frame.clear(dx, region) }
    let disjoint = frame.windowsAreDisjoint
    let pairs = dx.column == 1 && dy.column == 1 ? frame.wholePairs : 0
    region.forEachRow { block, channel, row in
      let rows = frame.rows(row)
      let gradient = dx.row(block, channel, frame.inputRow(row))
      let upstream = dy.row(block, channel, row)
      let argmax = argmax(block, channel, row, buffers)
      let y = buffers.y.row(block, channel, row)
      let fast = rows == 0..<2 ? pairs : 0
      if fast > 0 {
        PoolPairKernel.spread(upstream, argmax, appliesReLU ? y : nil, gradient, gradient + dx.row, fast)
      }
      for column in fast..<output.width {
        let value = upstream[column &* dy.column]
        // The largest number is not positive: then ReLU gave 0, and no gradient passes.
        let share = appliesReLU ? Lanes().replacing(with: value, where: y[column] .> 0) : value
        spread(
          share, argmax[column], gradient + frame.inputColumn(column) &* dx.column, dx, rows,
          frame.columns(column), frame.kernelColumns, disjoint: disjoint)
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

/// The places that won in a row of windows: a byte for each lane, if the window has no more places than that.
private struct ArgmaxBuffer {
  private let memory: UnsafeMutableRawPointer
  private let areBytes: Bool

  /// Whether a byte can tell the places of a window apart.
  private static func areBytes(_ windowSize: Int) -> Bool { windowSize <= 256 }

  /// Vectors of memory for `count` windows of some places.
  static func size(_ count: Int, windowSize: Int) -> Int {
    let floatSize = MemoryLayout<Float>.size
    return areBytes(windowSize) ? (count + floatSize - 1) / floatSize : count
  }

  /// The places from window `first` on.
  @inline(__always)
  init(_ start: UnsafeMutablePointer<Lanes>, first: Int, windowSize: Int) {
    areBytes = Self.areBytes(windowSize)
    memory =
      areBytes
      ? UnsafeMutableRawPointer(start) + first &* CPUFeatures.laneCount
      : UnsafeMutableRawPointer(start + first)
  }

  @inline(__always)
  subscript(column: Int) -> Lanes {
    get { areBytes ? lanes_of_integers(lanes_of_bytes(bytes(column))) : numbers[column] }
    nonmutating set {
      if areBytes {
        store_lanes_as_bytes(lanes_truncated(newValue), bytes(column), Int64(CPUFeatures.laneCount))
      } else {
        numbers[column] = newValue
      }
    }
  }

  @inline(__always)
  private func bytes(_ column: Int) -> UnsafeMutablePointer<UInt8> {
    memory.assumingMemoryBound(to: UInt8.self) + column &* CPUFeatures.laneCount
  }

  @inline(__always)
  private var numbers: UnsafeMutablePointer<Lanes> { memory.assumingMemoryBound(to: Lanes.self) }
}

/// A row of 2x2 windows side by side, the common case.
private enum PoolPairKernel {
  /// Writes the winner of each window and, in training, its place.
  @inline(__always)
  static func pool(
    _ upper: UnsafePointer<Lanes>, _ lower: UnsafePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>,
    _ argmax: ArgmaxBuffer?, _ count: Int, _ wins: (Lanes, Lanes) -> LaneMask
  ) {
    if let argmax {
      for column in 0..<count {
        let (a, b) = (upper[2 &* column], upper[2 &* column &+ 1])
        let (c, d) = (lower[2 &* column], lower[2 &* column &+ 1])
        let (second, fourth) = (wins(b, a), wins(d, c))
        let above = a.replacing(with: b, where: second)
        let below = c.replacing(with: d, where: fourth)
        let placeAbove = Lanes().replacing(with: 1, where: second)
        let placeBelow = Lanes(repeating: 2).replacing(with: 3, where: fourth)
        let isBelow = wins(below, above)
        y[column] = above.replacing(with: below, where: isBelow)
        argmax[column] = placeAbove.replacing(with: placeBelow, where: isBelow)
      }
    } else {
      for column in 0..<count {
        let (a, b) = (upper[2 &* column], upper[2 &* column &+ 1])
        let (c, d) = (lower[2 &* column], lower[2 &* column &+ 1])
        let above = a.replacing(with: b, where: wins(b, a))
        let below = c.replacing(with: d, where: wins(d, c))
        y[column] = above.replacing(with: below, where: wins(below, above))
      }
    }
  }

  /// Gives the gradient of each window to the place that won; where `y` is given and not positive, to none.
  @inline(never)
  static func spread(
    _ dy: UnsafePointer<Lanes>, _ argmax: ArgmaxBuffer, _ y: UnsafePointer<Lanes>?,
    _ upper: UnsafeMutablePointer<Lanes>, _ lower: UnsafeMutablePointer<Lanes>, _ count: Int
  ) {
    for column in 0..<count {
      var share = dy[column]
      if let y { share = Lanes().replacing(with: share, where: y[column] .> 0) }
      let winner = argmax[column]
      upper[2 &* column] = Lanes().replacing(with: share, where: winner .== 0)
      upper[2 &* column &+ 1] = Lanes().replacing(with: share, where: winner .== 1)
      lower[2 &* column] = Lanes().replacing(with: share, where: winner .== 2)
      lower[2 &* column &+ 1] = Lanes().replacing(with: share, where: winner .== 3)
    }
  }
}
