import CLanes

/// The weight gradient of a 3x3 convolution by the transpose of Winograd's F(4x4, 3x3).
///
/// With V = B^T d B of each input patch and D = A dy A^T of each tile of the output gradient, the gradient is
/// G^T [sum of D * V over tiles and images] G. One piece of work sums six of the 36 frequencies, a row of them, for
/// some output and input channels; lanes are added up once, at the end.
struct WinogradSums: WeightGradient {
  private let inputs: Int
  private let output: Shape
  private let border: (top: Int, left: Int)
  private let outputRanges: [Range<Int>]
  private let inputRanges: [Range<Int>]

  private static var tile: Int { WinogradTransform.tile }
  /// Tiles whose products are added to the sums at a time.
  private static let depth = 8
  /// Sums of one piece per frequency, and input channels among them: with the transforms they fit into an L2.
  private static let (sumsPerPiece, inputsPerPiece) = (2048, 64)

  /// Whether it takes less time than `TapSums`, by the multiply-adds of both and what transforms cost.
  static func pays(input: Shape, output: Shape, window: Window) -> Bool {
    guard window.kernel == (3, 3), window.stride == (1, 1) else { return false }
    let (inputs, outputs) = (input.channels, output.channels)
    guard inputs >= 8, outputs >= 8 else { return false }
    let tiles = ((output.height + tile - 1) / tile) * ((output.width + tile - 1) / tile)
    let cut = WinogradSums(input: input, output: output, border: (0, 0))
    let direct = output.height * output.width * 9 * inputs * outputs
    // In multiply-adds: six frequencies of a patch and of a tile, and a sum over lanes, once for about eight blocks.
    let transforms = 400 * inputs * cut.outputRanges.count + 300 * outputs * cut.inputRanges.count
    let winograd = tiles * (36 * inputs * outputs + transforms) + 25 * inputs * outputs
    return winograd * 5 < direct * 4
  }

  init(input: Shape, output: Shape, border: (top: Int, left: Int)) {
    (inputs, self.output, self.border) = (input.channels, output, border)
    let width = min(inputs, Self.inputsPerPiece)
    inputRanges = Self.ranges(of: inputs, width: width)
    outputRanges = Self.ranges(of: output.channels, width: max(4, Self.sumsPerPiece / width / 4 * 4))
  }

  private static func ranges(of count: Int, width: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: width).map { $0..<min($0 + width, count) }
  }

  private var tileRows: Int { (output.height + Self.tile - 1) / Self.tile }
  private var tileColumns: Int { (output.width + Self.tile - 1) / Self.tile }
  private var tiles: Int { tileRows * tileColumns }
  private var widestInput: Int { inputRanges[0].count }
  private var widestOutput: Int { outputRanges[0].count }

  /// It reads the output gradient in whole tiles.
  var reach: (rows: Int, columns: Int) { (tileRows * Self.tile, tileColumns * Self.tile) }

  var pieces: Int { 6 * outputRanges.count * inputRanges.count }

  var scratchSize: Int {
    let transformed = 6 * Self.depth * (widestInput + widestOutput)
    return (6 * widestInput * widestOutput + transformed + tileColumns * Self.tile + 2) * LaneCPU.laneCount
  }

  /// The gradient of the transformed filters, `[frequency][output][input]`.
  var memorySize: Int { WinogradTransform.frequencies * vectors + 1 }
  private var vectors: Int { (output.channels * inputs + LaneCPU.laneCount - 1) / LaneCPU.laneCount }

  // MARK: Sums

  func sum(
    _ piece: Int, x: FeatureMaps, dy: FeatureMaps, blocks: Int, gradient: UnsafeMutablePointer<Float>,
    memory: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Float>
  ) {
    let (rest, inputRange) = piece.quotientAndRemainder(dividingBy: inputRanges.count)
    let (frequencyRow, outputRange) = rest.quotientAndRemainder(dividingBy: outputRanges.count)
    switch frequencyRow {
    case 0: sum(FrequencyRow<0>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    case 1: sum(FrequencyRow<1>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    case 2: sum(FrequencyRow<2>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    case 3: sum(FrequencyRow<3>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    case 4: sum(FrequencyRow<4>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    default: sum(FrequencyRow<5>.self, outputRange, inputRange, x, dy, blocks, memory, scratch)
    }
  }

  @inline(__always)
  private func sum<let I: Int>(
    _ row: FrequencyRow<I>.Type, _ outputRange: Int, _ inputRange: Int, _ x: FeatureMaps, _ dy: FeatureMaps,
    _ blocks: Int, _ memory: UnsafeMutablePointer<Lanes>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let (outputs, inputs) = (outputRanges[outputRange], inputRanges[inputRange])
    let (depth, sumCount) = (Self.depth, outputs.count &* inputs.count)
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let patches = sums + 6 &* widestInput &* widestOutput
    let slopes = patches + 6 &* depth &* widestInput
    let line = slopes + 6 &* depth &* widestOutput
    for index in 0..<6 &* sumCount { sums[index] = Lanes() }
    let count = blocks &* tiles
    var first = 0
    while first < count {
      let taken = min(depth, count &- first)
      var next = first
      while next < first &+ taken {
        let (block, tile) = next.quotientAndRemainder(dividingBy: tiles)
        let (tileRow, tileColumn) = tile.quotientAndRemainder(dividingBy: tileColumns)
        let run = min(tileColumns &- tileColumn, first &+ taken &- next)
        let (top, left) = (tileRow &* Self.tile, tileColumn &* Self.tile)
        row.patches(
          x.row(block, inputs.lowerBound, top &- border.top) + (left &- border.left), x, inputs.count, run,
          line, patches + (next &- first), depth)
        row.slopes(
          dy.row(block, outputs.lowerBound, top) + left, dy, outputs.count, run, line,
          slopes + (next &- first), depth)
        next &+= run
      }
      for frequency in 0..<6 {
        addProducts(
          slopes + frequency &* outputs.count &* depth, outputs.count,
          patches + frequency &* inputs.count &* depth, inputs.count, taken, sums + frequency &* sumCount)
      }
      first &+= taken
    }
    for frequency in 0..<6 {
      for output in 0..<outputs.count {
        let place =
          (memory + (6 &* I &+ frequency) &* vectors).floats
          + ((outputs.lowerBound &+ output) &* self.inputs &+ inputs.lowerBound)
        addLanes(of: sums + (frequency &* outputs.count &+ output) &* inputs.count, inputs.count, into: place)
      }
    }
  }

  /// sums `[outputs][inputs]` += slopes `[outputs][tile]` times patches `[inputs][tile]`.
  private func addProducts(
    _ slopes: UnsafePointer<Lanes>, _ outputs: Int, _ patches: UnsafePointer<Lanes>, _ inputs: Int,
    _ tiles: Int, _ sums: UnsafeMutablePointer<Lanes>
  ) {
    let depth = Self.depth
    var output = 0
    while output < outputs {
      let height = outputs &- output >= 4 ? 4 : 1
      var input = 0
      while input < inputs {
        let left = inputs &- input
        let width = left >= 4 && LaneCPU.registers == 32 ? 4 : left >= 2 ? 2 : 1
        let (d, v) = (slopes + output &* depth, patches + input &* depth)
        let place = sums + (output &* inputs &+ input)
        switch (height, width) {
        case (4, 4): ProductTile<4, 4>.add(d, v, depth, tiles, place, inputs)
        case (4, 2): ProductTile<4, 2>.add(d, v, depth, tiles, place, inputs)
        case (4, _): ProductTile<4, 1>.add(d, v, depth, tiles, place, inputs)
        case (_, 4): ProductTile<1, 4>.add(d, v, depth, tiles, place, inputs)
        case (_, 2): ProductTile<1, 2>.add(d, v, depth, tiles, place, inputs)
        default: ProductTile<1, 1>.add(d, v, depth, tiles, place, inputs)
        }
        input &+= width
      }
      output &+= height
    }
  }

  // MARK: Filters

  var finishingPieces: Int { output.channels }

  /// Turns the sums of one output channel into the gradient of its filters, G^T dU G.
  func finish(
    _ channel: Int, memory: UnsafeMutablePointer<Lanes>, gradient: UnsafeMutablePointer<Float>
  ) {
    let lanes = LaneCPU.laneCount
    let source = UnsafeRawPointer(memory.floats + channel &* inputs)
    let target = gradient + channel &* inputs &* 9
    @inline(__always)
    func u(_ frequency: Int, _ input: Int) -> Lanes {
      source.loadUnaligned(fromByteOffset: (frequency &* vectors &* lanes &+ input) &* 4, as: Lanes.self)
    }
    for input in stride(from: 0, to: inputs, by: lanes) {
      var rows = InlineArray<18, Lanes>(repeating: Lanes())
      for column in 0..<6 {
        let three = WinogradTransform.filterGradient(
          (
            u(column, input), u(column &+ 6, input), u(column &+ 12, input), u(column &+ 18, input),
            u(column &+ 24, input), u(column &+ 30, input)
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

/// Row `I` of the transforms, six frequencies side by side.
private enum FrequencyRow<let I: Int> {
  /// Row `I` of B^T d B for a run of tiles, `[frequency][channel][tile]` with tiles `depth` vectors apart.
  @inline(never)
  static func patches(
    _ corner: UnsafePointer<Lanes>, _ x: FeatureMaps, _ channels: Int, _ run: Int,
    _ line: UnsafeMutablePointer<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ depth: Int
  ) {
    let (row, frequency) = (x.row, channels &* depth)
    for channel in 0..<channels {
      let d = corner + channel &* x.channel
      for column in 0..<4 &* run &+ 2 {
        let d = d + column
        let six = WinogradTransform.input(
          (d[0], d[row], d[2 &* row], d[3 &* row], d[4 &* row], d[5 &* row]))
        line[column] = pick(six)
        for row in inputRows { prefetch(d + (x.channel &+ row &* x.row)) }
      }
      for tile in 0..<run {
        let d = line + 4 &* tile
        store(
          WinogradTransform.input((d[0], d[1], d[2], d[3], d[4], d[5])),
          target + (channel &* depth &+ tile), frequency)
      }
    }
  }

  /// Row `I` of A dy A^T for a run of tiles.
  @inline(never)
  static func slopes(
    _ corner: UnsafePointer<Lanes>, _ dy: FeatureMaps, _ channels: Int, _ run: Int,
    _ line: UnsafeMutablePointer<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ depth: Int
  ) {
    let (row, frequency) = (dy.row, channels &* depth)
    for channel in 0..<channels {
      let d = corner + channel &* dy.channel
      for column in 0..<4 &* run {
        let d = d + column
        line[column] = pick(WinogradTransform.outputGradient((d[0], d[row], d[2 &* row], d[3 &* row])))
        for row in slopeRows { prefetch(d + (dy.channel &+ row &* dy.row)) }
      }
      for tile in 0..<run {
        let d = line + 4 &* tile
        store(
          WinogradTransform.outputGradient((d[0], d[1], d[2], d[3])), target + (channel &* depth &+ tile),
          frequency)
      }
    }
  }

  /// The rows of a patch and of a tile that row `I` is made from.
  @inline(__always)
  private static var inputRows: StrideTo<Int> {
    I == 0
      ? stride(from: 0, to: 6, by: 2) : I == 5 ? stride(from: 1, to: 6, by: 2) : stride(from: 1, to: 5, by: 1)
  }

  @inline(__always)
  private static var slopeRows: Range<Int> { I == 0 ? 0..<1 : I == 5 ? 3..<4 : 0..<4 }

  @inline(__always)
  private static func pick(_ six: Six<Lanes>) -> Lanes {
    I == 0 ? six.0 : I == 1 ? six.1 : I == 2 ? six.2 : I == 3 ? six.3 : I == 4 ? six.4 : six.5
  }

  @inline(__always)
  private static func store(_ six: Six<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ frequency: Int) {
    target[0] = six.0
    target[frequency] = six.1
    target[2 &* frequency] = six.2
    target[3 &* frequency] = six.3
    target[4 &* frequency] = six.4
    target[5 &* frequency] = six.5
  }
}

/// Products of `O` output channels with `C` input channels, summed over tiles in registers.
private enum ProductTile<let O: Int, let C: Int> {
  @inline(never)
  static func add(
    _ slopes: UnsafePointer<Lanes>, _ patches: UnsafePointer<Lanes>, _ depth: Int, _ tiles: Int,
    _ target: UnsafeMutablePointer<Lanes>, _ rowLength: Int
  ) {
    var sums = InlineArray<O, InlineArray<C, Lanes>>(repeating: InlineArray(repeating: Lanes()))
    for o in 0..<O {
      for c in 0..<C { sums[unchecked: o][unchecked: c] = target[o &* rowLength &+ c] }
    }
    for tile in 0..<tiles {
      var factors = InlineArray<O, Lanes>(repeating: Lanes())
      for o in 0..<O { factors[unchecked: o] = slopes[o &* depth &+ tile] }
      for c in 0..<C {
        let value = patches[c &* depth &+ tile]
        for o in 0..<O { sums[unchecked: o][unchecked: c].addProduct(factors[unchecked: o], value) }
      }
    }
    for o in 0..<O {
      for c in 0..<C { target[o &* rowLength &+ c] = sums[unchecked: o][unchecked: c] }
    }
  }
}
