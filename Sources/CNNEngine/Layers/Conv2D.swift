import ConfigDecoding

/// A two-dimensional convolution (cross-correlation, as in every framework), PyTorch's `Conv2d`.
public struct Conv2D: Layer {
  /// Output channels.
  public let filters: Int
  /// Kernel, stride and padding.
  public let window: Window
  /// The number of groups: output channels of a group see the input channels of that group alone.
  public let groups: Int
  /// Bias, initializers, regularizers.
  public let weights: WeightOptions
  /// The function of the outputs; nil for none.
  public let activation: (any Layer)?

  /// A convolution with a square kernel: `Conv2D(filters: 6, kernel: 5, padding: .same)`.
  public init(
    filters: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1, groups: Int = 1,
    activation: (any Layer)? = nil, weights: WeightOptions = WeightOptions()
  ) {
    let window = Window(
      kernel: (kernel, kernel), stride: (stride, stride), padding: padding, dilation: (dilation, dilation))
    self.init(filters: filters, window: window, groups: groups, activation: activation, weights: weights)
  }

  /// A convolution with any window.
  public init(
    filters: Int, window: Window, groups: Int = 1, activation: (any Layer)? = nil,
    weights: WeightOptions = WeightOptions()
  ) {
    (self.filters, self.window, self.groups) = (filters, window, groups)
    (self.activation, self.weights) = (activation, weights)
  }

  /// Reads `filters`, the keys of the window, `groups`, the keys of the weights and `activation`.
  public init(decoding decoder: ConfigDecoder) {
    filters = decoder.value("filters", .integer(.within(1...65536)), "output channels")
    window = Window(decoding: decoder, isPool: false)
    groups = decoder.value(
      "groups", .integer(.within(1...65536)), default: 1,
      "groups of channels that are convolved apart; as many as input channels for a depthwise convolution")
    weights = WeightOptions(decoding: decoder, output: "filter")
    activation = .decodeActivation(decoder)
  }

  /// `[C, H, W]` to `[filters, OH, OW]`.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let output = try window.outputShape(for: input, channels: filters, isPool: false)
    for (count, what) in [(input.channels, "input channels"), (filters, "filters")]
    where count % groups != 0 {
      let fitting = (1...min(input.channels, filters))
        .filter { input.channels % $0 == 0 && filters % $0 == 0 }.map(String.init)
      throw ShapeError(
        "groups \(groups) does not divide \(count) \(what); would fit: \(fitting.joined(separator: ", "))",
        fallback: output)
    }
    return output
  }

  /// A weight `[O, I / groups, KH, KW]` and a bias `[O]`.
  public func parameters(for input: Shape) -> [ParameterSpec] {
    let taps = window.kernel.rows * window.kernel.columns
    let inputs = input.channels / groups
    return weights.parameters(
      shape: [filters, inputs, window.kernel.rows, window.kernel.columns], fanIn: inputs * taps,
      fanOut: filters * taps)
  }

  /// The penalty on the outputs.
  public var activityRegularizer: ActivityRegularizer? { weights.activityRegularizer }

  /// One for each output pixel, input channel of its group, and tap.
  public func multiplyAdds(input: Shape, output: Shape) -> Int {
    output.count * (input.channels / groups) * window.kernel.rows * window.kernel.columns
  }

  /// The window's details, and whether there is a bias.
  public var details: LayerDetails {
    var details = window.details
    details.groups = groups == 1 ? nil : groups
    details.bias = weights.bias
    return details
  }

  /// `Conv`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    let grouping: [ONNXOperator.Attribute] = groups == 1 ? [] : [.integer("group", groups)]
    return [ONNXOperator("Conv", window.onnxAttributes(input) + grouping, takesWeights: true)]
  }

  /// By Winograd's algorithm where that is faster, else directly.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(Conv2DOp(input: input, output: output, window: window, groups: groups))
  }
}

/// Computes y `[N, O, OH, OW]` from x `[N, I, H, W]` and weights `[O, I / groups, KH, KW]`.
struct Conv2DOp: AnchorOperation {
  let input: Shape
  let output: Shape
  private let window: Window
  private let groups: Int
  private var forward: any ConvolutionAlgorithm
  /// The input gradient is a convolution of the output gradient with the rotated filter.
  private var inputGradient: any ConvolutionAlgorithm
  private var weightGradient: any WeightGradientAlgorithm
  private(set) var bandedWeightGradient: DirectWeightGradient?

  init(input: Shape, output: Shape, window: Window, groups: Int = 1) {
    (self.input, self.output, self.window, self.groups) = (input, output, window, groups)
    let (extent, dilation, border) = (window.extent, window.dilation, window.border(input))
    forward = Self.algorithm(
      ConvolutionShape(
        inputs: input.channels / groups, output: output, kernel: window.kernel, stride: window.stride,
        border: (border.top, border.left), inputSize: (input.height, input.width), dilation: dilation,
        groups: groups))
    inputGradient = Self.inputGradient(
      ConvolutionShape(
        inputs: output.channels / groups, output: input, kernel: window.kernel, stride: (1, 1),
        border: (extent.rows - 1 - border.top, extent.columns - 1 - border.left),
        inputSize: (output.height, output.width), dilation: dilation, groups: groups),
      stride: window.stride, border: (border.top, border.left))
    let usesWinograd =
      forward is WinogradConvolution
      && WinogradWeightGradient.isFaster(input: input, output: output, window: window)
    let taps = DirectWeightGradient(
      input: input, output: output, window: window, border: (border.top, border.left), groups: groups)
    weightGradient =
      usesWinograd
      ? WinogradWeightGradient(input: input, output: output, border: (border.top, border.left)) : taps
    bandedWeightGradient = taps.canSumAllInputs && !usesWinograd ? taps : nil
  }

  private static func algorithm(_ shape: ConvolutionShape) -> any ConvolutionAlgorithm {
    WinogradConvolution.isFaster(for: shape)
      ? WinogradConvolution(shape: shape) : DirectConvolution(shape: shape)
  }

  private static func inputGradient(
    _ shape: ConvolutionShape, stride: (rows: Int, columns: Int), border: (top: Int, left: Int)
  ) -> any ConvolutionAlgorithm {
    stride == (1, 1)
      ? algorithm(shape) : StridedInputGradient(shape: shape, border: border, stride: stride)
  }

  /// The same convolution without Winograd's algorithm.
  var direct: Conv2DOp {
    var copy = self
    copy.forward = DirectConvolution(shape: forward.shape)
    let border = forward.shape.border
    let taps = DirectWeightGradient(
      input: input, output: output, window: window, border: border, groups: groups)
    copy.weightGradient = taps
    copy.bandedWeightGradient = taps.canSumAllInputs ? taps : nil
    if inputGradient is WinogradConvolution {
      copy.inputGradient = DirectConvolution(shape: inputGradient.shape)
    }
    return copy
  }

  // MARK: Memory

  var savesInput: Bool { true }

  var inputLayout: MapLayout { forward.layout(around: (input.height, input.width)) }

  var outputGradientLayout: MapLayout {
    var layout = inputGradient.layout(around: (output.height, output.width))
    layout.bottom = max(layout.bottom, weightGradient.readExtent.rows - output.height)
    layout.right = max(layout.right, weightGradient.readExtent.columns - output.width)
    return layout
  }

  var channelGroups: [Range<Int>] { forward.channelGroups }
  var rowMultiple: Int { forward.rowMultiple }
  var packedSize: (forward: Int, inputGradient: Int) { (forward.packedSize, inputGradient.packedSize) }

  func scratchSize(blocks: Int, training: Bool) -> Int {
    training
      ? max(forward.scratchSize, inputGradient.scratchSize, weightGradient.scratchSize) : forward.scratchSize
  }

  func savedSize(blocks: Int, training: Bool) -> Int {
    training ? max(weightGradient.memorySize, bandedWeightGradient?.bandedMemorySize ?? 0) : 0
  }

  // MARK: Forward

  func packingTasks(training: Bool) -> Int {
    forward.shape.tiles.count + (training ? inputGradient.shape.tiles.count : 0)
  }

  func pack(_ task: Int, _ buffers: LayerBuffers) {
    let count = forward.shape.tiles.count
    guard task < count || buffers.dx != nil else { return }
    let filter = Filter(
      weights: buffers.weights, outputs: output.channels / groups, inputs: input.channels / groups,
      taps: window.kernel.rows * window.kernel.columns, isTransposed: task >= count)
    if task < count {
      forward.pack(forward.shape.tiles[task], filter, into: buffers.packed)
    } else {
      inputGradient.pack(
        inputGradient.shape.tiles[task - count], filter, into: buffers.packedForInputGradient)
    }
  }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    forward.compute(
      region, x: buffers.x, weights: buffers.packed, bias: buffers.bias, y: buffers.y, scratch: scratch)
  }

  // MARK: Backward

  /// How the input gradient of a batch block is split into tasks: by channel groups, and these by bands of rows.
  private func inputGradientSplit(_ step: StepInfo) -> (groups: Int, rows: RowBands) {
    let (groups, multiple) = (inputGradient.channelGroups.count, inputGradient.rowMultiple)
    let rows = RowBands(
      rows: input.height, multiple: multiple, wholeTasks: step.blocks * groups, isFine: multiple > 1)
    return (groups, rows)
  }

  private func inputGradientTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> Int {
    let split = inputGradientSplit(step)
    return buffers.dx == nil ? 0 : step.blocks * split.groups * split.rows.count
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(
      weightGradient.tasks(step), inputGradientTasks(buffers, step),
      buffers.biasGradient == nil || weightGradient.sumsBiases ? 0 : output.channels)
  }

  func profiledPass(of task: Int, _ buffers: LayerBuffers, _ step: StepInfo) -> ProfiledPass {
    let task = task - weightGradient.tasks(step)
    return 0..<inputGradientTasks(buffers, step) ~= task ? .inputGradient : .weightGradient
  }

  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dy = buffers.dy else { return }
    // The longest tasks come first, so that the workers finish at about the same time.
    let (sums, tasks) = (weightGradient.tasks(step), inputGradientTasks(buffers, step))
    if task < sums {
      weightGradient.sum(task, buffers, step, scratch: scratch)
    } else if task < sums + tasks {
      inputGradient(task - sums, dy, buffers, step, scratch)
    } else if let biasGradient = buffers.biasGradient {
      let channel = task - sums - tasks
      biasGradient[channel] = biasGradientSum(dy, channel: channel, step)
    }
  }

  var finishingTasks: Int { weightGradient.finishingTasks }

  func finish(_ task: Int, _ buffers: LayerBuffers) {
    weightGradient.finish(task, buffers)
  }

  private func inputGradient(
    _ task: Int, _ dy: FeatureMaps, _ buffers: LayerBuffers, _ step: StepInfo,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let dx = buffers.dx else { return }
    let split = inputGradientSplit(step)
    let (rest, band) = task.quotientAndRemainder(dividingBy: split.rows.count)
    let (block, group) = rest.quotientAndRemainder(dividingBy: split.groups)
    let region = Region(
      blocks: block..<block + 1, channels: inputGradient.channelGroups[group], rows: split.rows[band])
    inputGradient.compute(
      region, x: dy, weights: buffers.packedForInputGradient, bias: nil, y: dx, scratch: scratch)
  }

  private func biasGradientSum(_ dy: FeatureMaps, channel: Int, _ step: StepInfo) -> Float {
    var sum = Lanes()
    for block in 0..<step.blocks {
      sum += dy.sum(block, channel: channel, rows: 0..<output.height, columns: output.width)
    }
    return sum.laneSum()
  }
}
