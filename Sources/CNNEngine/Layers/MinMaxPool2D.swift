import CSIMD

/// The largest value of each window; padding never wins (PyTorch `MaxPool2d`).
public struct MaxPool2D: PoolLayer {
  /// Kernel, stride and padding.
  public let window: Window

  /// A pool with any window.
  public init(window: Window) { self.window = window }

  /// `MaxPool`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("MaxPool", window.onnxAttributes(input))]
  }

  /// Computed band by band behind a convolution, with a ReLU in front of it.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(MinMaxPoolOp(input: input, output: output, window: window, isMax: true))
  }
}

/// The smallest value of each window; padding never wins.
public struct MinPool2D: PoolLayer {
  /// Kernel, stride and padding.
  public let window: Window

  /// A pool with any window.
  public init(window: Window) { self.window = window }

  /// The negated `MaxPool` of the negated input: ONNX has no minimum over windows.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Neg"), ONNXOperator("MaxPool", window.onnxAttributes(input)), ONNXOperator("Neg")]
  }

  /// Computed band by band behind a convolution.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(MinMaxPoolOp(input: input, output: output, window: window, isMax: false))
  }
}

/// Max or min pooling, which saves the argmax of each window, the first of equals, for the backward pass.
///
/// Positions are compared as floats: the standard library compares integer vectors in a scalar loop.
struct MinMaxPoolOp: FusibleOperation {
  let input: Shape
  let output: Shape
  let geometry: PoolGeometry
  let isMax: Bool
  /// Whether a ReLU in front is part of the pool: max(0, x) of the largest x is the largest max(0, x), and where that
  /// is 0 the gradient is 0.
  var appliesReLU = false

  init(input: Shape, output: Shape, window: Window, isMax: Bool) {
    (self.input, self.output, self.isMax) = (input, output, isMax)
    geometry = PoolGeometry(input: input, output: output, window: window)
  }

  func inputRows(for rows: Range<Int>) -> Range<Int> { geometry.inputRows(for: rows) }
  var rowsAreIndependent: Bool { geometry.rowsAreIndependent }
  var savedOutput: SavedOutput { appliesReLU ? .sign : .nothing }
  func savedSize(blocks: Int, training: Bool) -> Int {
    ArgmaxBuffer.size(blocks * output.count, windowSize: geometry.windowSize)
  }

  private func argmax(_ block: Int, _ channel: Int, _ row: Int, _ buffers: LayerBuffers) -> ArgmaxBuffer {
    let first = ((block &* output.channels &+ channel) &* output.height &+ row) &* output.width
    return ArgmaxBuffer(buffers.saved, first: first, windowSize: geometry.windowSize)
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
    _ region: Region, _ buffers: LayerBuffers, training: Bool, _ isBetter: (Lanes, Lanes) -> LaneMask
  ) {
    let pairs = geometry.adjacentPairs
    region.forEachRow { block, channel, row in
      let rows = geometry.rows(row)
      let x = buffers.x.row(block, channel, geometry.inputRow(row))
      let y = buffers.y.row(block, channel, row)
      let argmax = argmax(block, channel, row, buffers)
      let fast = rows == 0..<2 ? pairs : 0
      if fast > 0 { PoolPairKernel.pool(x, x + buffers.x.row, y, training ? argmax : nil, fast, isBetter) }
      for column in fast..<output.width {
        pool(
          x + geometry.inputColumn(column), rows, geometry.columns(column), buffers.x.row,
          geometry.kernelColumns,
          training ? argmax : nil, column, &y[column], isBetter)
      }
      if appliesReLU { for column in 0..<output.width { y[column] = y[column].max(Lanes()) } }
    }
  }

  @inline(__always)
  private func pool(
    _ corner: UnsafeMutablePointer<Lanes>, _ rows: Range<Int>, _ columns: Range<Int>, _ rowStride: Int,
    _ kernelColumns: Int, _ argmax: ArgmaxBuffer?, _ column: Int, _ y: inout Lanes,
    _ isBetter: (Lanes, Lanes) -> LaneMask
  ) {
    var best = corner[rows.lowerBound &* rowStride &+ columns.lowerBound]
    var position = Lanes(repeating: Float(rows.lowerBound &* kernelColumns &+ columns.lowerBound))
    for row in rows {
      for column in columns {
        let candidate = corner[row &* rowStride &+ column]
        let replaces = isBetter(candidate, best)
        best = best.replacing(with: candidate, where: replaces)
        position = position.replacing(
          with: Lanes(repeating: Float(row &* kernelColumns &+ column)), where: replaces)
      }
    }
    y = best
    argmax?[column] = position
  }

  // MARK: Backward

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    if !geometry.windowsTile { geometry.clear(dx, region) }
    let disjoint = geometry.windowsAreDisjoint
    let pairs = geometry.adjacentPairs
    region.forEachRow { block, channel, row in
      let rows = geometry.rows(row)
      let gradient = dx.row(block, channel, geometry.inputRow(row))
      let upstream = dy.row(block, channel, row)
      let argmax = argmax(block, channel, row, buffers)
      let y = buffers.y.row(block, channel, row)
      let fast = rows == 0..<2 ? pairs : 0
      if fast > 0 {
        PoolPairKernel.spread(upstream, argmax, appliesReLU ? y : nil, gradient, gradient + dx.row, fast)
      }
      for column in fast..<output.width {
        let value = upstream[column]
        // Where the largest value is not positive, ReLU is 0 and so is the gradient.
        let part = appliesReLU ? Lanes().replacing(with: value, where: y[column] .> 0) : value
        spread(
          part, argmax[column], gradient + geometry.inputColumn(column), dx, rows,
          geometry.columns(column), geometry.kernelColumns, disjoint: disjoint)
      }
    }
  }

  /// Adds the gradient at the argmax, and zero at the other positions.
  @inline(__always)
  private func spread(
    _ value: Lanes, _ argmax: Lanes, _ corner: UnsafeMutablePointer<Lanes>, _ dx: FeatureMaps,
    _ rows: Range<Int>, _ columns: Range<Int>, _ kernelColumns: Int, disjoint: Bool
  ) {
    for row in rows {
      for column in columns {
        let position = Lanes(repeating: Float(row &* kernelColumns &+ column))
        let part = Lanes().replacing(with: value, where: argmax .== position)
        let target = corner + (row &* dx.row &+ column)
        target.pointee = disjoint ? part : target.pointee + part
      }
    }
  }
}

/// The argmax of each window of a row: a byte per image where the window has at most 256 pixels, else a float.
private struct ArgmaxBuffer {
  private let memory: UnsafeMutableRawPointer
  private let storesBytes: Bool

  /// Whether a byte can hold every position.
  private static func fitsByte(_ windowSize: Int) -> Bool { windowSize <= 256 }

  /// Vectors of memory for `count` windows.
  static func size(_ count: Int, windowSize: Int) -> Int {
    let floatSize = MemoryLayout<Float>.size
    return fitsByte(windowSize) ? (count + floatSize - 1) / floatSize : count
  }

  /// The positions from window `first` on.
  @inline(__always)
  init(_ start: UnsafeMutablePointer<Lanes>, first: Int, windowSize: Int) {
    storesBytes = Self.fitsByte(windowSize)
    memory =
      storesBytes
      ? UnsafeMutableRawPointer(start) + first &* CPUFeatures.laneCount
      : UnsafeMutableRawPointer(start + first)
  }

  @inline(__always)
  subscript(column: Int) -> Lanes {
    get { storesBytes ? lanes_of_integers(lanes_of_bytes(bytes(column))) : numbers[column] }
    nonmutating set {
      if storesBytes {
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

/// The kernel for a row of adjacent 2x2 windows, the common case.
private enum PoolPairKernel {
  /// Writes the argmax of each window and, in training, its place.
  @inline(__always)
  static func pool(
    _ upper: UnsafePointer<Lanes>, _ lower: UnsafePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>,
    _ argmax: ArgmaxBuffer?, _ count: Int, _ isBetter: (Lanes, Lanes) -> LaneMask
  ) {
    if let argmax {
      for column in 0..<count {
        let (a, b) = (upper[2 &* column], upper[2 &* column &+ 1])
        let (c, d) = (lower[2 &* column], lower[2 &* column &+ 1])
        let (second, fourth) = (isBetter(b, a), isBetter(d, c))
        let above = a.replacing(with: b, where: second)
        let below = c.replacing(with: d, where: fourth)
        let positionAbove = Lanes().replacing(with: 1, where: second)
        let positionBelow = Lanes(repeating: 2).replacing(with: 3, where: fourth)
        let isBelow = isBetter(below, above)
        y[column] = above.replacing(with: below, where: isBelow)
        argmax[column] = positionAbove.replacing(with: positionBelow, where: isBelow)
      }
    } else {
      for column in 0..<count {
        let (a, b) = (upper[2 &* column], upper[2 &* column &+ 1])
        let (c, d) = (lower[2 &* column], lower[2 &* column &+ 1])
        let above = a.replacing(with: b, where: isBetter(b, a))
        let below = c.replacing(with: d, where: isBetter(d, c))
        y[column] = above.replacing(with: below, where: isBetter(below, above))
      }
    }
  }

  /// Writes the gradient of each window at its argmax; where `y` is given and not positive, zero everywhere.
  @inline(never)
  static func spread(
    _ dy: UnsafePointer<Lanes>, _ argmax: ArgmaxBuffer, _ y: UnsafePointer<Lanes>?,
    _ upper: UnsafeMutablePointer<Lanes>, _ lower: UnsafeMutablePointer<Lanes>, _ count: Int
  ) {
    for column in 0..<count {
      var part = dy[column]
      if let y { part = Lanes().replacing(with: part, where: y[column] .> 0) }
      let position = argmax[column]
      upper[2 &* column] = Lanes().replacing(with: part, where: position .== 0)
      upper[2 &* column &+ 1] = Lanes().replacing(with: part, where: position .== 1)
      lower[2 &* column] = Lanes().replacing(with: part, where: position .== 2)
      lower[2 &* column &+ 1] = Lanes().replacing(with: part, where: position .== 3)
    }
  }
}
