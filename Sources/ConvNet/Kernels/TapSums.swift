/// The weight gradient as it is written: products of the output's gradient with what each tap of the filter saw.
///
/// Sums are vectors, one for every tap, in memory that stays in the first-level cache: `[input][output][tap]` for some
/// outputs, and one more for each output's bias. They grow band by band, and their lanes are added up once, at the
/// end, so a gradient has one order of additions whatever the number of threads.
struct TapSums: WeightGradient {
  /// Output channels that are summed together.
  let outputRanges: [Range<Int>]
  private let inputs: Int
  private let output: Shape
  private let kernel: (rows: Int, columns: Int)
  private let stride: (rows: Int, columns: Int)
  private let border: (top: Int, left: Int)
  private let rectangles: [TapRectangle]
  /// Rows of the output's gradient that stay in the first-level cache, with the input under them.
  private let bandRows: Int

  /// Bytes of those rows.
  private static let bandBytes = 24 * 1024
  /// The most inputs whose sums stay in the first-level cache together.
  private static let mostInputs = 4

  init(input: Shape, output: Shape, window: Window, border: (top: Int, left: Int)) {
    (inputs, self.output, self.border) = (input.channels, output, border)
    (kernel, stride) = (window.kernel, window.stride)
    rectangles = TapRectangle.rectangles(rows: kernel.rows, columns: kernel.columns)
    let width = rectangles.map(\.preferredChannels).max() ?? 1
    outputRanges = Swift.stride(from: 0, to: output.channels, by: width).map {
      $0..<min($0 + width, output.channels)
    }
    let rowBytes = (output.width * width + input.width * stride.rows) * LaneCPU.laneCount * 4
    bandRows = max(1, Self.bandBytes / rowBytes)
  }

  private var taps: Int { kernel.rows * kernel.columns }
  var widestRange: Int { outputRanges[0].count }

  // MARK: The gradient as a whole

  func pieces(_ step: StepInfo) -> Int { outputRanges.count * inputs }
  var reach: (rows: Int, columns: Int) { (output.height, output.width) }
  var scratchSize: Int { widestRange * (min(inputs, Self.mostInputs) * taps + 1) * LaneCPU.laneCount }
  var memorySize: Int { 0 }
  var finishingPieces: Int { 0 }
  func finish(
    _ piece: Int, memory: UnsafeMutablePointer<Lanes>, gradient: UnsafeMutablePointer<Float>
  ) {}

  func sum(
    _ piece: Int, x: FeatureMaps, dy: FeatureMaps, step: StepInfo, gradient: UnsafeMutablePointer<Float>,
    memory: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Float>
  ) {
    let (range, input) = piece.quotientAndRemainder(dividingBy: inputs)
    let outputs = outputRanges[range]
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    for index in 0..<outputs.count &* taps { sums[index] = Lanes() }
    for block in 0..<step.blocks {
      for row in Swift.stride(from: 0, to: output.height, by: bandRows) {
        let rows = row..<min(row &+ bandRows, output.height)
        add(rows, ofBlock: block, outputs, input: input, x, dy, sums)
      }
    }
    for output in 0..<outputs.count {
      let target = gradient + ((outputs.lowerBound &+ output) &* inputs &+ input) &* taps
      addLanes(of: sums + output &* taps, taps, into: target)
    }
  }

  /// Adds the products of some rows of the gradient of `outputs` with one input channel.
  @inline(__always)
  private func add(
    _ rows: Range<Int>, ofBlock block: Int, _ outputs: Range<Int>, input: Int, _ x: FeatureMaps,
    _ dy: FeatureMaps, _ sums: UnsafeMutablePointer<Lanes>
  ) {
    let corner = x.row(block, input, rows.lowerBound &* stride.rows &- border.top) - border.left
    for rectangle in rectangles {
      let place = rectangle.row &* kernel.columns &+ rectangle.column
      var output = 0
      while output < outputs.count {
        let channels = rectangle.channels(of: outputs.count &- output)
        let band = TapBand(
          x: corner + (rectangle.row &* x.row &+ rectangle.column), xRow: x.row, stride: stride,
          dy: dy.row(block, outputs.lowerBound &+ output, rows.lowerBound), dyChannel: dy.channel,
          dyRow: dy.row, dyColumn: dy.column, rows: rows.count, columns: self.output.width,
          sums: sums + (output &* taps &+ place), filter: taps, filterColumns: kernel.columns)
        rectangle.kernel(channels: channels)(band)
        output &+= channels
      }
    }
  }

  // MARK: The gradient in bands

  /// Whether the sums of all inputs stay in the first-level cache together.
  var canSumAllInputs: Bool { inputs <= Self.mostInputs }

  /// The most parts of the batch that are summed apart, so that there is work for many threads.
  var mostChunks: Int { max(1, 32 / outputRanges.count) }

  /// Vectors that are kept until all parts of the batch are summed.
  var bandedMemorySize: Int {
    (mostChunks * sumCount(output.channels) + LaneCPU.laneCount - 1) / LaneCPU.laneCount
  }

  /// Sums of some outputs, those of their biases included.
  private func sumCount(_ outputs: Int) -> Int { outputs &* (inputs &* taps &+ 1) }

  /// Sets the sums of `outputs` to zero.
  func clear(_ scratch: UnsafeMutablePointer<Float>, _ outputs: Range<Int>) {
    scratch.update(repeating: 0, count: sumCount(outputs.count) &* LaneCPU.laneCount)
  }

  /// Adds the products of a region of the output's gradient with all inputs, and the gradient itself for the biases.
  func add(_ region: Region, _ pass: LayerPass, _ scratch: UnsafeMutablePointer<Float>) {
    guard let dy = pass.dy else { return }
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let outputs = region.channels
    for block in region.blocks {
      for input in 0..<inputs {
        add(
          region.rows, ofBlock: block, outputs, input: input, pass.x, dy,
          sums + input &* outputs.count &* taps)
      }
      guard pass.biasGradient != nil else { continue }
      let biases = sums + inputs &* outputs.count &* taps
      for output in 0..<outputs.count {
        biases[output] += dy.sum(
          block, channel: outputs.lowerBound &+ output, rows: region.rows, columns: self.output.width)
      }
    }
  }

  /// Adds up the lanes of the sums of `outputs` over one part of the batch: `[part][output][input, tap; bias]`.
  func keep(
    _ scratch: UnsafeMutablePointer<Float>, _ outputs: Range<Int>, chunk: Int, _ pass: LayerPass
  ) {
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let part = pass.memory.floats + chunk &* sumCount(output.channels)
    for output in 0..<outputs.count {
      let target = part + sumCount(outputs.lowerBound &+ output)
      for input in 0..<inputs {
        let source = sums + (input &* outputs.count &+ output) &* taps
        addLanes(of: source, taps, into: target + input &* taps)
      }
      target[inputs &* taps] = sums[inputs &* outputs.count &* taps &+ output].laneSum()
    }
  }

  /// Adds up the parts of the batch.
  func finish(chunks: Int, _ pass: LayerPass) {
    let (sums, count, filter) = (pass.memory.floats, sumCount(output.channels), inputs &* taps)
    for chunk in 1..<chunks {
      let part = sums + chunk &* count
      for index in 0..<count { sums[index] += part[index] }
    }
    for output in 0..<output.channels {
      let sum = sums + sumCount(output)
      (pass.weightGradient + output &* filter).update(from: sum, count: filter)
      pass.biasGradient?[output] = sum[filter]
    }
  }
}
