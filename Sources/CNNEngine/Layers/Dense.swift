import CSIMD
import ConfigDecoding

/// A fully connected layer, y = x W^T + b (PyTorch `Linear`, Keras `Dense`).
public struct Dense: Layer {
  /// Output features.
  public let units: Int
  /// Bias, initializers, regularizers.
  public let weights: WeightOptions
  /// The function of the outputs; nil for none.
  public let activation: (any Layer)?

  /// A layer of `units` outputs.
  public init(units: Int, activation: (any Layer)? = nil, weights: WeightOptions = WeightOptions()) {
    (self.units, self.activation, self.weights) = (units, activation, weights)
  }

  /// Reads `units` and the keys of the weights.
  public init(decoding decoder: ConfigDecoder) {
    units = decoder.value("units", .integer(.within(1...1_000_000)), "output features")
    weights = WeightOptions(decoding: decoder, output: "unit")
    activation = .decodeActivation(decoder)
  }

  /// `[F]` to `[units]`.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.isFlat else {
      throw ShapeError(
        "needs flat features, not a \(input) map; "
          + "put { \"type\": \"flatten\" } before it (\(input.count) features)", fallback: Shape([units]))
    }
    return Shape([units])
  }

  /// A weight `[units, F]` and a bias `[units]`.
  public func parameters(for input: Shape) -> [ParameterSpec] {
    weights.parameters(shape: [units, input.count], fanIn: input.count, fanOut: units)
  }

  /// The penalty on the outputs.
  public var activityRegularizer: ActivityRegularizer? { weights.activityRegularizer }

  /// One for each weight.
  public func multiplyAdds(input: Shape, output: Shape) -> Int { input.count * output.count }

  /// Whether there is a bias.
  public var details: LayerDetails { LayerDetails(bias: weights.bias) }

  /// `Gemm` with the weight transposed.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Gemm", [.integer("transB", 1)], takesWeights: true)]
  }

  /// Reads the weights in place, without packing.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(DenseOp(input: input, output: output))
  }
}

/// Computes y `[N, U]` from x `[N, F]` and weights `[U, F]`.
///
/// A microkernel computes several batch blocks at once, as a convolution's computes several pixels, so that each weight is
/// loaded once for all of them.
struct DenseOp: AnchorOperation {
  let input: Shape
  let output: Shape
  private let unitTiles: [ChannelTile]
  private let featureTiles: [ChannelTile]
  private var features: Int { input.count }
  private var units: Int { output.count }

  /// Feature tiles of an input gradient task.
  private static let tilesPerTask = 8
  /// Vectors of features of a weight gradient task.
  private static var vectorsPerTask: Int { CPUFeatures.registers == 32 ? 3 : 2 }
  private static var featuresPerTask: Int { vectorsPerTask * CPUFeatures.laneCount }

  init(input: Shape, output: Shape) {
    (self.input, self.output) = (input, output)
    unitTiles = ChannelTile.tiles(for: output.count)
    featureTiles = ChannelTile.tiles(for: input.count)
  }

  var channelGroups: [Range<Int>] { unitTiles.map(\.channels) }
  var savesInput: Bool { true }
  var maxBlocksPerTask: Int { WeightStrides.maxBlocks }
  func scratchSize(blocks: Int, training: Bool) -> Int {
    training ? blocks * CPUFeatures.laneCount * Self.featuresPerTask : 0
  }

  // MARK: Forward

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for tile in unitTiles where region.channels.contains(tile.first) {
      computeOutputs(
        tile: tile.width, x: buffers.x.row(region.blocks.lowerBound, 0, 0), xStep: buffers.x.block,
        weights: buffers.weights + tile.first &* features,
        strides: WeightStrides(terms: features, term: 1, output: features),
        bias: buffers.bias.map { $0 + tile.first },
        y: buffers.y.row(region.blocks.lowerBound, tile.first, 0),
        yStep: buffers.y.block, yChannel: buffers.y.channel, blocks: region.blocks.count)
    }
  }

  // MARK: Backward

  /// How the input gradient is split into tasks: by ranges of batch blocks, and these by groups of feature tiles.
  private func inputGradientSplit(_ step: StepInfo) -> (blockRanges: Int, groups: Int) {
    (
      (step.blocks + maxBlocksPerTask - 1) / maxBlocksPerTask,
      (featureTiles.count + Self.tilesPerTask - 1) / Self.tilesPerTask
    )
  }

  private func inputGradientTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> Int {
    let split = inputGradientSplit(step)
    return buffers.dx == nil ? 0 : split.blockRanges * split.groups
  }

  private var weightGradientTasks: Int { (features + Self.featuresPerTask - 1) / Self.featuresPerTask }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(
      inputGradientTasks(buffers, step), weightGradientTasks, buffers.biasGradient == nil ? 0 : 1)
  }

  func profiledPass(of task: Int, _ buffers: LayerBuffers, _ step: StepInfo) -> ProfiledPass {
    task < inputGradientTasks(buffers, step) ? .inputGradient : .weightGradient
  }

  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dy = buffers.dy else { return }
    let tasks = inputGradientTasks(buffers, step)
    if task < tasks {
      inputGradient(task, dy, buffers, step)
    } else if task < tasks + weightGradientTasks {
      weightGradient((task - tasks) &* Self.featuresPerTask, dy, buffers, step, scratch)
    } else if let biasGradient = buffers.biasGradient {
      for unit in 0..<units {
        var sum = Lanes()
        for block in 0..<step.blocks { sum += dy.row(block, unit, 0)[0] }
        biasGradient[unit] = sum.laneSum()
      }
    }
  }

  private func inputGradient(_ task: Int, _ dy: FeatureMaps, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx else { return }
    let split = inputGradientSplit(step)
    let (blockRange, group) = task.quotientAndRemainder(dividingBy: split.groups)
    let blocks = (0..<step.blocks).part(blockRange, of: split.blockRanges)
    let tiles = group * Self.tilesPerTask..<min((group + 1) * Self.tilesPerTask, featureTiles.count)
    for tile in featureTiles[tiles] {
      computeOutputs(
        tile: tile.width, x: dy.row(blocks.lowerBound, 0, 0), xStep: dy.block,
        weights: buffers.weights + tile.first,
        strides: WeightStrides(terms: units, term: features, output: 1), bias: nil,
        y: dx.row(blocks.lowerBound, tile.first, 0), yStep: dx.block, yChannel: dx.channel,
        blocks: blocks.count)
    }
  }

  private func weightGradient(
    _ first: Int, _ dy: FeatureMaps, _ buffers: LayerBuffers, _ step: StepInfo,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let columns = min(Self.featuresPerTask, features &- first)
    transposeFeatures(first, columns, buffers.x, step, into: scratch)
    let transposed = UnsafeRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    for tile in unitTiles {
      let gradient = buffers.weightGradient + (tile.first &* features &+ first)
      let outputGradient = dy.row(0, tile.first, 0)
      sumOuterProducts(
        tile: tile.width, vectors: Self.vectorsPerTask, features: transposed, dy: outputGradient,
        dyChannel: dy.channel, dyBlock: dy.block, blocks: step.blocks, gradient: gradient,
        rowLength: features,
        columns: columns)
    }
  }

  /// Transposes some features from `[feature][image]` to `[image][featuresPerTask]`.
  private func transposeFeatures(
    _ first: Int, _ columns: Int, _ x: FeatureMaps, _ step: StepInfo, into rows: UnsafeMutablePointer<Float>
  ) {
    let (lanes, width) = (CPUFeatures.laneCount, Self.featuresPerTask)
    for block in 0..<step.blocks {
      let target = rows + block &* lanes &* width
      transpose(x.row(block, first, 0), columns, to: target, rowLength: width)
      for lane in 0..<lanes {
        for column in columns..<width { target[lane &* width &+ column] = 0 }
      }
    }
  }
}
