import CSIMD

/// The weight gradient of a 3x3 convolution by the transpose of Winograd's F(4x4, 3x3).
///
/// With V = B^T d B of each input patch and D = A dy A^T of each tile of the output gradient, the gradient is
/// G^T [sum of D * V over tiles and images] G. One task sums some rows of the 6x6 frequencies for some output
/// and input channels: V is transposed from images to channels, so that the sums over tiles and images are those of a
/// dense layer's weight gradient.
struct WinogradWeightGradient: WeightGradientAlgorithm {
  private let inputs: Int
  private let output: Shape
  private let border: (top: Int, left: Int)
  private let outputRanges: [Range<Int>]
  private let inputRanges: [Range<Int>]

  private static var tile: Int { WinogradTransform.tile }
  /// Tiles that are transformed at a time.
  private static let depth = 2
  /// The most channels of a task, whose transforms and sums fit into an L2 cache.
  private static let channelsPerTask = 64
  /// Vectors of input channels that are multiplied together.
  private static let width = 2

  /// Whether it takes less time than `DirectWeightGradient`, by the multiply-adds of both and of the transforms.
  static func isFaster(input: Shape, output: Shape, window: Window) -> Bool {
    guard window.kernel == (3, 3), window.stride == (1, 1), window.dilation == (1, 1) else { return false }
    let (inputs, outputs) = (input.channels, output.channels)
    guard inputs >= 8, outputs >= 8 else { return false }
    let tiles = ((output.height + tile - 1) / tile) * ((output.width + tile - 1) / tile)
    let algorithm = WinogradWeightGradient(input: input, output: output, border: (0, 0))
    let direct = output.height * output.width * 9 * inputs * outputs
    // In multiply-adds: six frequencies of a patch and of a tile.
    let transforms = 500 * inputs * algorithm.outputRanges.count + 400 * outputs * algorithm.inputRanges.count
    let winograd = tiles * (36 * Self.roundedUp(inputs) * outputs + transforms)
    return winograd * 5 < direct * 4
  }

  /// `count` rounded up to whole vectors.
  private static func roundedUp(_ count: Int) -> Int {
    (count + CPUFeatures.laneCount - 1) / CPUFeatures.laneCount * CPUFeatures.laneCount
  }

  init(input: Shape, output: Shape, border: (top: Int, left: Int)) {
    (inputs, self.output, self.border) = (input.channels, output, border)
    inputRanges = Self.ranges(of: inputs)
    outputRanges = Self.ranges(of: output.channels)
  }

  private static func ranges(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: channelsPerTask).map { $0..<min($0 + channelsPerTask, count) }
  }

  private var tileRows: Int { (output.height + Self.tile - 1) / Self.tile }
  private var tileColumns: Int { (output.width + Self.tile - 1) / Self.tile }
  private var tiles: Int { tileRows * tileColumns }

  /// It reads the output gradient in whole tiles.
  var readExtent: (rows: Int, columns: Int) { (tileRows * Self.tile, tileColumns * Self.tile) }

  func tasks(_ step: StepInfo) -> Int {
    6 / rowsPerTask(workers: step.workers) * outputRanges.count * inputRanges.count
  }

  /// Rows of frequencies of a task: as many as possible, since maps are read once per task, which takes longer than their
  /// transforms, while there is a task for every worker.
  private func rowsPerTask(workers: Int) -> Int {
    [3, 2].first { 6 / $0 * outputRanges.count * inputRanges.count >= workers } ?? 1
  }

  var sumsBiases: Bool { false }

  var scratchSize: Int {
    let channels = Self.roundedUp(inputRanges[0].count) + CPUFeatures.laneCount + outputRanges[0].count
    return (6 * Self.depth * channels + tileColumns * Self.tile + 2) * CPUFeatures.laneCount
  }

  /// The gradient of the transformed filters, `[frequency][output][input]` with inputs in whole vectors.
  var memorySize: Int { WinogradTransform.frequencies * output.channels * rowLength }
  private var rowLength: Int { Self.roundedUp(inputs) / CPUFeatures.laneCount }

  // MARK: Sums

  func sum(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dy = buffers.dy else { return }
    let (x, memory) = (buffers.x, buffers.saved)
    let (rest, inputRange) = task.quotientAndRemainder(dividingBy: inputRanges.count)
    let (rowRange, outputRange) = rest.quotientAndRemainder(dividingBy: outputRanges.count)
    let (outputs, inputs) = (outputRanges[outputRange], inputRanges[inputRange])
    let rowCount = rowsPerTask(workers: step.workers)
    let rows = rowRange &* rowCount..<(rowRange &+ 1) &* rowCount
    let sums = memory + (outputs.lowerBound &* rowLength &+ inputs.lowerBound / CPUFeatures.laneCount)
    for frequency in 6 &* rows.lowerBound..<6 &* rows.upperBound {
      for output in 0..<outputs.count {
        let row = sums + (frequency &* self.output.channels &+ output) &* rowLength
        for vector in 0..<Self.roundedUp(inputs.count) / CPUFeatures.laneCount { row[vector] = Lanes() }
      }
    }
    let count = step.blocks &* tiles
    for first in stride(from: 0, to: count, by: Self.depth) {
      let range = first..<min(first &+ Self.depth, count)
      for row in rows {
        let sums = sums + 6 &* row &* output.channels &* rowLength
        switch row {
        case 0: add(WinogradTransformRow<0>.self, range, outputs, inputs, x, dy, sums, scratch)
        case 1: add(WinogradTransformRow<1>.self, range, outputs, inputs, x, dy, sums, scratch)
        case 2: add(WinogradTransformRow<2>.self, range, outputs, inputs, x, dy, sums, scratch)
        case 3: add(WinogradTransformRow<3>.self, range, outputs, inputs, x, dy, sums, scratch)
        case 4: add(WinogradTransformRow<4>.self, range, outputs, inputs, x, dy, sums, scratch)
        case 5: add(WinogradTransformRow<5>.self, range, outputs, inputs, x, dy, sums, scratch)
        default: fatalError("a transform has no row \(row)")
        }
      }
    }
  }

  /// Adds a row of frequencies of some tiles.
  @inline(__always)
  private func add<let I: Int>(
    _ row: WinogradTransformRow<I>.Type, _ range: Range<Int>, _ outputs: Range<Int>, _ inputs: Range<Int>,
    _ x: FeatureMaps, _ dy: FeatureMaps, _ sums: UnsafeMutablePointer<Lanes>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let (depth, lanes) = (Self.depth, CPUFeatures.laneCount)
    // [frequency][tile][lane][channel] in groups of `width` vectors of channels
    let patches = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    // [frequency][tile][channel]
    let gradients = patches + 6 &* depth &* Self.roundedUp(inputs.count)
    let vector = gradients + 6 &* depth &* outputs.count
    let line = vector + 6 &* depth &* lanes
    var next = range.lowerBound
    while next < range.upperBound {
      let (block, tile) = next.quotientAndRemainder(dividingBy: tiles)
      let (tileRow, tileColumn) = tile.quotientAndRemainder(dividingBy: tileColumns)
      let (run, place) = (min(tileColumns &- tileColumn, range.upperBound &- next), next &- range.lowerBound)
      let (top, left) = (tileRow &* Self.tile, tileColumn &* Self.tile)
      row.outputGradients(
        dy.row(block, outputs.lowerBound, top) + left, dy, outputs.count, run, line,
        gradients + place &* outputs.count, depth &* outputs.count)
      for channel in stride(from: 0, to: inputs.count, by: lanes) {
        let channels = min(lanes, inputs.count &- channel)
        row.patches(
          x.row(block, inputs.lowerBound &+ channel, top &- border.top) + (left &- border.left), x,
          channels, run, line, vector, depth &* lanes)
        transposeTiles(vector, run, place, channel, inputs.count, patches)
      }
      next &+= run
    }
    for frequency in 0..<6 {
      addProducts(
        gradients + frequency &* depth &* outputs.count, outputs.count,
        patches + frequency &* depth &* Self.roundedUp(inputs.count), inputs.count, range.count,
        sums + frequency &* output.channels &* rowLength)
    }
  }

  /// Transposes a vector of channels of `run` tiles from `[frequency][tile][channel][image]` to `[image][channel]`.
  private func transposeTiles(
    _ vector: UnsafePointer<Lanes>, _ run: Int, _ tile: Int, _ channel: Int, _ channels: Int,
    _ patches: UnsafeMutablePointer<Lanes>
  ) {
    let (depth, lanes) = (Self.depth, CPUFeatures.laneCount)
    let group = channel / (lanes &* Self.width) &* lanes &* Self.width
    let width = min(Self.roundedUp(channels) &- group, lanes &* Self.width)
    for frequency in 0..<6 {
      let target =
        patches + (frequency &* depth &* Self.roundedUp(channels) &+ depth &* group &+ tile &* width)
      for part in 0..<run {
        transpose(
          vector + (frequency &* depth &+ part) &* lanes, lanes,
          to: (target + part &* width).floats + (channel &- group), rowLength: width)
      }
    }
  }

  /// Adds output gradients `[tile][output]` times patches `[tile][image][input]`, summed over tiles and images, to
  /// `[output][input]`.
  private func addProducts(
    _ gradients: UnsafePointer<Lanes>, _ outputs: Int, _ patches: UnsafePointer<Lanes>, _ inputs: Int,
    _ tiles: Int, _ sums: UnsafeMutablePointer<Lanes>
  ) {
    let lanes = CPUFeatures.laneCount
    for input in stride(from: 0, to: inputs, by: Self.width &* lanes) {
      var output = 0
      while output < outputs {
        let left = outputs &- output
        let height = left >= 8 && CPUFeatures.registers == 32 ? 8 : left >= 4 ? 4 : 1
        let (d, v) = (gradients + output, patches + Self.depth &* input)
        let target = sums + (output &* rowLength &+ input / lanes)
        @inline(__always)
        func add<let O: Int, let V: Int>(_ tile: OuterProductMicrokernel<O, V>.Type) {
          // Tile by tile: sums of short sums have smaller rounding errors.
          for index in 0..<tiles {
            tile.add(
              features: v + index &* lanes &* V, dy: d + index &* outputs, dyBlock: outputs, blocks: 1,
              to: target, rowLength: rowLength)
          }
        }
        switch (height, inputs &- input > lanes) {
        case (8, true): add(OuterProductMicrokernel<8, 2>.self)
        case (8, false): add(OuterProductMicrokernel<8, 1>.self)
        case (4, true): add(OuterProductMicrokernel<4, 2>.self)
        case (4, false): add(OuterProductMicrokernel<4, 1>.self)
        case (1, true): add(OuterProductMicrokernel<1, 2>.self)
        case (1, false): add(OuterProductMicrokernel<1, 1>.self)
        default: fatalError("no microkernel for \(height) outputs")
        }
        output &+= height
      }
    }
  }

  // MARK: Filters

  var finishingTasks: Int { output.channels }

  /// Transforms the sums of one output channel into the gradient of its filters, G^T dU G.
  func finish(_ channel: Int, _ buffers: LayerBuffers) {
    let lanes = CPUFeatures.laneCount
    let source = buffers.saved + channel &* rowLength
    let target = buffers.weightGradient + channel &* inputs &* 9
    let frequency = output.channels &* rowLength
    for input in stride(from: 0, to: inputs, by: lanes) {
      @inline(__always)
      func u(_ row: Int, _ column: Int) -> Lanes {
        source[(6 &* row &+ column) &* frequency &+ input / lanes]
      }
      var rows = InlineArray<18, Lanes>(repeating: Lanes())
      for column in 0..<6 {
        let three = WinogradTransform.filterGradient(
          (
            u(0, column), u(1, column), u(2, column), u(3, column), u(4, column), u(5, column)
          ))
        rows[unchecked: column] = three.0
        rows[unchecked: 6 &+ column] = three.1
        rows[unchecked: 12 &+ column] = three.2
      }
      for row in 0..<3 {
        let first = 6 &* row
        let three = WinogradTransform.filterGradient(
          (
            rows[unchecked: first], rows[unchecked: first &+ 1], rows[unchecked: first &+ 2],
            rows[unchecked: first &+ 3], rows[unchecked: first &+ 4], rows[unchecked: first &+ 5]
          ))
        for lane in 0..<min(lanes, inputs &- input) {
          let place = target + ((input &+ lane) &* 9 &+ row &* 3)
          place[0] = three.0[lane]
          place[1] = three.1[lane]
          place[2] = three.2[lane]
        }
      }
    }
  }
}
