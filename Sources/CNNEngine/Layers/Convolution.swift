/// A convolution bound to its shapes: y `[N, O, OH, OW]` from x `[N, I, H, W]` and weights `[O, I, KH, KW]`.
struct Convolution: MixingLayer {
  let input: Shape
  let output: Shape
  private let window: Window
  private var forward: any Correlation
  /// The input gradient is a correlation of the output gradient, spread by the stride, with the filter turned.
  private var inputGradient: any Correlation
  private var weightGradient: any WeightGradient
  private(set) var bandSums: TapSums?

  init(input: Shape, output: Shape, window: Window) {
    (self.input, self.output, self.window) = (input, output, window)
    let (kernel, stride, border) = (window.kernel, window.stride, window.border(input))
    forward = Self.correlation(
      CorrelationShape(
        inputs: input.channels, output: output, kernel: kernel, stride: stride,
        border: (border.top, border.left), inputSize: (input.height, input.width)))
    inputGradient = Self.correlation(
      CorrelationShape(
        inputs: output.channels, output: input, kernel: kernel, stride: (1, 1),
        border: (kernel.rows - 1 - border.top, kernel.columns - 1 - border.left),
        inputSize: (
          Self.spread(output.height, by: stride.rows), Self.spread(output.width, by: stride.columns)
        )))
    let usesWinograd =
      forward is WinogradCorrelation && WinogradSums.pays(input: input, output: output, window: window)
    let taps = TapSums(input: input, output: output, window: window, border: (border.top, border.left))
    weightGradient =
      usesWinograd ? WinogradSums(input: input, output: output, border: (border.top, border.left)) : taps
    bandSums = taps.canSumAllInputs && !usesWinograd ? taps : nil
  }

  private static func correlation(_ shape: CorrelationShape) -> any Correlation {
    WinogradCorrelation.pays(for: shape) ? WinogradCorrelation(shape: shape) : DirectCorrelation(shape: shape)
  }

  /// The same convolution with all products written out, no Winograd.
  var direct: Convolution {
    var copy = self
    copy.forward = DirectCorrelation(shape: forward.shape)
    let border = forward.shape.border
    let taps = TapSums(input: input, output: output, window: window, border: border)
    copy.weightGradient = taps
    copy.bandSums = taps.canSumAllInputs ? taps : nil
    copy.inputGradient = DirectCorrelation(shape: inputGradient.shape)
    return copy
  }

  /// Pixels from the first to the last when they lie `stride` apart.
  private static func spread(_ count: Int, by stride: Int) -> Int { (count - 1) * stride + 1 }

  // MARK: Memory

  var inputLayout: MapLayout { forward.layout(around: (input.height, input.width)) }

  var outputGradientLayout: MapLayout {
    let size = (
      rows: Self.spread(output.height, by: window.stride.rows),
      columns: Self.spread(output.width, by: window.stride.columns)
    )
    var layout = inputGradient.layout(around: size, step: window.stride)
    layout.bottom = max(layout.bottom, weightGradient.reach.rows - output.height)
    layout.right = max(layout.right, weightGradient.reach.columns - output.width)
    return layout
  }

  var channelGroups: [Range<Int>] { forward.channelGroups }
  var rowMultiple: Int { forward.rowMultiple }
  var packedSize: (forward: Int, inputGradient: Int) { (forward.packedSize, inputGradient.packedSize) }

  func scratchSize(blocks: Int, training: Bool) -> Int {
    training
      ? max(forward.scratchSize, inputGradient.scratchSize, weightGradient.scratchSize) : forward.scratchSize
  }

  func memory(blocks: Int, training: Bool) -> Int {
    training ? max(weightGradient.memorySize, bandSums?.bandedMemorySize ?? 0) : 0
  }

  // MARK: Forward

  func packingPieces(training: Bool) -> Int {
    forward.shape.tiles.count + (training ? inputGradient.shape.tiles.count : 0)
  }

  func pack(_ piece: Int, _ pass: LayerPass) {
    let count = forward.shape.tiles.count
    guard piece < count || pass.dx != nil else { return }
    let filter = Filter(
      weights: pass.weights, outputs: output.channels, inputs: input.channels,
      taps: window.kernel.rows * window.kernel.columns, isTransposed: piece >= count)
    if piece < count {
      forward.pack(forward.shape.tiles[piece], filter, into: pass.packed)
    } else {
      inputGradient.pack(
        inputGradient.shape.tiles[piece - count], filter, into: pass.packedForInputGradient)
    }
  }

  func forward(
    _ region: Region, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    forward.compute(region, x: pass.x, weights: pass.packed, bias: pass.bias, y: pass.y, scratch: scratch)
  }

  // MARK: Backward

  /// How the input gradient is cut: for each block into groups of channels, and these into bands of rows.
  private func inputGradientCut(_ step: StepInfo) -> (groups: Int, rows: RowCut) {
    let (groups, multiple) = (inputGradient.channelGroups.count, inputGradient.rowMultiple)
    let rows = RowCut(
      rows: input.height, multiple: multiple, whole: step.blocks * groups, isFine: multiple > 1)
    return (groups, rows)
  }

  private func inputGradientPieces(_ pass: LayerPass, _ step: StepInfo) -> Int {
    let cut = inputGradientCut(step)
    return pass.dx == nil ? 0 : step.blocks * cut.groups * cut.rows.parts
  }

  func backwardPieces(_ pass: LayerPass, _ step: StepInfo) -> WorkItems {
    WorkItems(
      weightGradient.pieces(step), inputGradientPieces(pass, step),
      pass.biasGradient == nil || weightGradient.sumsBiases ? 0 : output.channels)
  }

  func backwardPass(of piece: Int, _ pass: LayerPass, _ step: StepInfo) -> StepPass {
    let piece = piece - weightGradient.pieces(step)
    return 0..<inputGradientPieces(pass, step) ~= piece ? .inputGradient : .weightGradient
  }

  func backward(_ piece: Int, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dy = pass.dy else { return }
    // The largest pieces come first, so that the workers are done at the same time.
    let (sums, pieces) = (weightGradient.pieces(step), inputGradientPieces(pass, step))
    if piece < sums {
      weightGradient.sum(piece, pass, step, scratch: scratch)
    } else if piece < sums + pieces {
      inputGradient(piece - sums, dy, pass, step, scratch)
    } else if let biasGradient = pass.biasGradient {
      let channel = piece - sums - pieces
      biasGradient[channel] = sumOfGradient(dy, channel: channel, step)
    }
  }

  var finishingPieces: Int { weightGradient.finishingPieces }

  func finish(_ piece: Int, _ pass: LayerPass) {
    weightGradient.finish(piece, pass)
  }

  private func inputGradient(
    _ piece: Int, _ dy: FeatureMaps, _ pass: LayerPass, _ step: StepInfo,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let dx = pass.dx else { return }
    let cut = inputGradientCut(step)
    let (rest, band) = piece.quotientAndRemainder(dividingBy: cut.rows.parts)
    let (block, group) = rest.quotientAndRemainder(dividingBy: cut.groups)
    let region = Region(
      blocks: block..<block + 1, channels: inputGradient.channelGroups[group], rows: cut.rows[band])
    inputGradient.compute(
      region, x: dy.withoutGaps(rowStep: window.stride.rows), weights: pass.packedForInputGradient,
      bias: nil, y: dx, scratch: scratch)
  }

  private func sumOfGradient(_ dy: FeatureMaps, channel: Int, _ step: StepInfo) -> Float {
    var sum = Lanes()
    for block in 0..<step.blocks {
      sum += dy.sum(block, channel: channel, rows: 0..<output.height, columns: output.width)
    }
    return sum.laneSum()
  }
}
