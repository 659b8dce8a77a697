/// The direct weight gradient: products of the output gradient with the input under each tap of the filter.
///
/// Sums are vectors, one for every tap, in memory that stays in the first-level cache: `[input][output][tap]` for some
/// outputs, and one more for each output's bias. They grow band by band, and their lanes are added up once, at the
/// end, so that the order of additions does not depend on the number of threads.
struct DirectWeightGradient: WeightGradientAlgorithm {
  /// Output channels that are summed together.
  let outputRanges: [Range<Int>]
  /// Input channels of a group.
  private let inputs: Int
  /// Output channels of a group.
  private let outputsPerGroup: Int
  private let output: Shape
  private let kernel: (rows: Int, columns: Int)
  private let stride: (rows: Int, columns: Int)
  private let border: (top: Int, left: Int)
  private let dilation: (rows: Int, columns: Int)
  private let rectangles: [TapRectangle]
  /// Rows of the output gradient that fit into the first-level cache with the input under them.
  private let bandRows: Int

  /// Bytes of those rows.
  private static let bandBytes = 24 * 1024
  /// The most inputs whose sums fit into the first-level cache.
  private static let maxInputs = 4

  init(
    input: Shape, output: Shape, window: Window, border: (top: Int, left: Int), groups: Int = 1
  ) {
    (inputs, self.output, self.border) = (input.channels / groups, output, border)
    (kernel, stride, dilation) = (window.kernel, window.stride, window.dilation)
    rectangles = TapRectangle.rectangles(
      rows: kernel.rows, columns: kernel.columns, dilation: window.dilation)
    let count = output.channels / groups
    outputsPerGroup = count
    let preferred = rectangles.map(\.preferredChannels).max() ?? 1
    let width = min(preferred, count)
    outputRanges = (0..<groups).flatMap { group in
      Swift.stride(from: group * count, to: (group + 1) * count, by: width).map {
        $0..<min($0 + width, (group + 1) * count)
      }
    }
    let rowBytes = (output.width * preferred + input.width * stride.rows) * CPUFeatures.laneCount * 4
    bandRows = max(1, Self.bandBytes / rowBytes)
  }

  private var taps: Int { kernel.rows * kernel.columns }
  var widestRange: Int { outputRanges[0].count }

  // MARK: Whole output gradient

  /// Parts of the batch that are summed separately, so that with two threads each reads the maps that it has written.
  /// With many channels products take so long that it makes no difference.
  private var parts: Int { inputs < 16 ? 2 : 1 }

  func tasks(_ step: StepInfo) -> Int { parts * outputRanges.count * inputs }
  var readExtent: (rows: Int, columns: Int) { (output.height, output.width) }
  var sumsBiases: Bool { parts > 1 }
  var scratchSize: Int { widestRange * (min(inputs, Self.maxInputs) * taps + 1) * CPUFeatures.laneCount }
  var memorySize: Int { parts > 1 ? memorySize(parts: parts) : 0 }

  func sum(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dy = buffers.dy else { return }
    let (rest, input) = task.quotientAndRemainder(dividingBy: inputs)
    let (part, range) = rest.quotientAndRemainder(dividingBy: outputRanges.count)
    let outputs = outputRanges[range]
    let sumsBiases = sumsBiases && input == 0 && buffers.biasGradient != nil
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let biases = sums + outputs.count &* taps
    for index in 0..<outputs.count &* (taps &+ 1) { sums[index] = Lanes() }
    let bands = (output.height + bandRows - 1) / bandRows
    for band in (0..<step.blocks * bands).part(part, of: parts) {
      let (block, band) = band.quotientAndRemainder(dividingBy: bands)
      let rows = band &* bandRows..<min((band &+ 1) &* bandRows, output.height)
      add(rows, ofBlock: block, outputs, input: input, buffers.x, dy, sums)
      if sumsBiases { add(rows, ofBlock: block, outputs, dy, biases) }
    }
    let target = buffers.saved.floats + part &* sumCount(output.channels)
    for output in 0..<outputs.count {
      let channel = outputs.lowerBound &+ output
      let target = parts > 1 ? target + sumCount(channel) : buffers.weightGradient + channel &* inputs &* taps
      addLanes(of: sums + output &* taps, taps, into: target + input &* taps)
      if sumsBiases { target[inputs &* taps] = biases[output].laneSum() }
    }
  }

  var finishingTasks: Int { parts > 1 ? output.channels : 0 }
  func finish(_ channel: Int, _ buffers: LayerBuffers) { finish(channel, chunks: parts, buffers) }

  /// Adds rows of the gradient of `outputs` to the sums of their biases.
  @inline(__always)
  private func add(
    _ rows: Range<Int>, ofBlock block: Int, _ outputs: Range<Int>, _ dy: FeatureMaps,
    _ biases: UnsafeMutablePointer<Lanes>
  ) {
    for output in 0..<outputs.count {
      biases[output] += dy.sum(
        block, channel: outputs.lowerBound &+ output, rows: rows, columns: self.output.width)
    }
  }

  /// Adds the products of some rows of the gradient of `outputs` with one input channel.
  @inline(__always)
  private func add(
    _ rows: Range<Int>, ofBlock block: Int, _ outputs: Range<Int>, input: Int, _ x: FeatureMaps,
    _ dy: FeatureMaps, _ sums: UnsafeMutablePointer<Lanes>
  ) {
    let isGrouped = outputsPerGroup < output.channels
    let channel = isGrouped ? outputs.lowerBound / outputsPerGroup &* inputs &+ input : input
    let corner = x.row(block, channel, rows.lowerBound &* stride.rows &- border.top) - border.left
    for rectangle in rectangles {
      let place = rectangle.row &* kernel.columns &+ rectangle.column
      var output = 0
      while output < outputs.count {
        let channels = rectangle.channels(of: outputs.count &- output)
        let band = WeightGradientBand(
          x: corner + (rectangle.row &* dilation.rows &* x.row &+ rectangle.column &* dilation.columns),
          xRow: x.row, stride: stride,
          dy: dy.row(block, outputs.lowerBound &+ output, rows.lowerBound), dyChannel: dy.channel,
          dyRow: dy.row, rows: rows.count, columns: self.output.width,
          sums: sums + (output &* taps &+ place), filter: taps, filterColumns: kernel.columns)
        rectangle.kernel(channels: channels)(band)
        output &+= channels
      }
    }
  }

  // MARK: Banded output gradient

  /// Whether the sums of all inputs fit into the first-level cache.
  var canSumAllInputs: Bool { inputs <= Self.maxInputs }

  /// The most chunks of the batch that are summed separately, to have tasks for many threads.
  var maxChunks: Int { max(1, 32 / outputRanges.count) }

  var bandedMemorySize: Int { memorySize(parts: maxChunks) }

  /// Vectors of partial sums, `[part][output][input, tap; bias]`.
  private func memorySize(parts: Int) -> Int {
    (parts * sumCount(output.channels) + CPUFeatures.laneCount - 1) / CPUFeatures.laneCount
  }

  /// The number of sums of some outputs, biases included.
  private func sumCount(_ outputs: Int) -> Int { outputs &* (inputs &* taps &+ 1) }

  /// Sets the sums of `outputs` to zero.
  func clear(_ scratch: UnsafeMutablePointer<Float>, _ outputs: Range<Int>) {
    scratch.update(repeating: 0, count: sumCount(outputs.count) &* CPUFeatures.laneCount)
  }

  /// Adds the products of a region of the output gradient with all inputs, and the gradient itself for the biases.
  func add(_ region: Region, _ buffers: LayerBuffers, _ scratch: UnsafeMutablePointer<Float>) {
    guard let dy = buffers.dy else { return }
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let outputs = region.channels
    for block in region.blocks {
      for input in 0..<inputs {
        add(
          region.rows, ofBlock: block, outputs, input: input, buffers.x, dy,
          sums + input &* outputs.count &* taps)
      }
      guard buffers.biasGradient != nil else { continue }
      add(region.rows, ofBlock: block, outputs, dy, sums + inputs &* outputs.count &* taps)
    }
  }

  /// Adds up the lanes of the sums of `outputs` over one chunk of the batch.
  func save(
    _ scratch: UnsafeMutablePointer<Float>, _ outputs: Range<Int>, chunk: Int, _ buffers: LayerBuffers
  ) {
    let sums = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    let part = buffers.saved.floats + chunk &* sumCount(output.channels)
    for output in 0..<outputs.count {
      let target = part + sumCount(outputs.lowerBound &+ output)
      for input in 0..<inputs {
        let source = sums + (input &* outputs.count &+ output) &* taps
        addLanes(of: source, taps, into: target + input &* taps)
      }
      target[inputs &* taps] = sums[inputs &* outputs.count &* taps &+ output].laneSum()
    }
  }

  /// Adds up the chunks of the batch for one output channel.
  func finish(_ channel: Int, chunks: Int, _ buffers: LayerBuffers) {
    let (count, filter) = (sumCount(output.channels), inputs &* taps)
    let sums = buffers.saved.floats + sumCount(channel)
    for chunk in 1..<max(chunks, 1) {
      for index in 0..<filter &+ 1 { sums[index] += sums[chunk &* count &+ index] }
    }
    (buffers.weightGradient + channel &* filter).update(from: sums, count: filter)
    buffers.biasGradient?[channel] = sums[filter]
  }
}
