import Randomness

/// What a layer's backward pass reads of its output: what works in place behind it must leave that alone.
package enum SavedOutput: Comparable, Sendable {
  case nothing, sign, value
}

/// A layer bound to its shapes, as far as the workspace lays out its memory; all its state lies outside, in the
/// buffers of a `LayerBuffers`. Every built layer is a `FusibleOperation` or a `AnchorOperation`.
package protocol Operation: Sendable {
  var input: Shape { get }
  var output: Shape { get }
  /// The border of zeros this layer wants around its input.
  var inputLayout: MapLayout { get }
  /// The layout this layer wants its output's gradient in.
  var outputGradientLayout: MapLayout { get }
  /// Whether the output may take the place of the input.
  var worksInPlace: Bool { get }
  /// What the backward pass reads of the output.
  var savedOutput: SavedOutput { get }
  /// Whether, in place, a positive number stays positive, or becomes 0 where no gradient passes.
  var preservesSign: Bool { get }
  /// Vectors the layer keeps from the forward to the backward pass of `blocks` blocks.
  func memory(blocks: Int, training: Bool) -> Int
}

extension Operation {
  var inputLayout: MapLayout { .dense }
  var outputGradientLayout: MapLayout { .dense }
  var worksInPlace: Bool { false }
  var savedOutput: SavedOutput { .nothing }
  var preservesSign: Bool { false }
  func memory(blocks: Int, training: Bool) -> Int { 0 }
}

/// A layer whose outputs in one channel depend on the same channel of its input alone.
///
/// Such layers run on the part of the map their predecessor has just written, while it is in the cache.
protocol FusibleOperation: Operation {
  /// The input rows that `rows` of the output are made from.
  func inputRows(for rows: Range<Int>) -> Range<Int>
  /// Whether no input row serves two output rows, so that rows can be worked on apart.
  var rowsAreIndependent: Bool { get }
  func forward(_ region: Region, _ pass: LayerBuffers, _ step: StepInfo)
  /// Turns the gradient of `region` of the output into that of the input rows it was made from.
  func backward(_ region: Region, _ pass: LayerBuffers, _ step: StepInfo)
}

extension FusibleOperation {
  func inputRows(for rows: Range<Int>) -> Range<Int> { rows }
  var rowsAreIndependent: Bool { true }
}

/// A layer that mixes channels; channelwise layers follow it on the regions it writes.
protocol AnchorOperation: Operation {
  /// Ranges of output channels that are computed apart.
  var channelGroups: [Range<Int>] { get }
  /// The most blocks that a task spans; with more than one, no map behind it can be kept for a band only.
  var maxBlocksPerTask: Int { get }
  /// Rows of output are best computed in multiples of this, counted from the first.
  var rowMultiple: Int { get }
  /// Floats of packed weights for the forward pass and for the input gradient.
  var packedSize: (forward: Int, inputGradient: Int) { get }
  /// Floats of scratch memory each worker needs.
  func scratchSize(blocks: Int, training: Bool) -> Int

  /// Tasks of packing; the weights have changed since the last step.
  func packingTasks(training: Bool) -> Int
  func pack(_ task: Int, _ pass: LayerBuffers)

  func forward(
    _ region: Region, _ pass: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)

  /// Tasks of the backward pass: input gradient, weight gradient and bias gradient, in any order.
  func backwardTasks(_ pass: LayerBuffers, _ step: StepInfo) -> TaskRange
  func backward(_ task: Int, _ pass: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)

  /// What a task of the backward pass computes, for those who time it.
  func backwardPass(of task: Int, _ pass: LayerBuffers, _ step: StepInfo) -> ProfiledPass

  /// How the weight gradient is summed from bands of the output's gradient; nil if that is wanted as a whole.
  var bandSums: DirectWeightGradient? { get }

  /// Tasks of what is left to do once the backward pass has done all of its tasks.
  var finishingTasks: Int { get }
  func finish(_ task: Int, _ pass: LayerBuffers)
}

extension AnchorOperation {
  var channelGroups: [Range<Int>] { [0..<output.channels] }
  var maxBlocksPerTask: Int { 1 }
  var rowMultiple: Int { 1 }
  var packedSize: (forward: Int, inputGradient: Int) { (0, 0) }
  func scratchSize(blocks: Int, training: Bool) -> Int { 0 }
  func packingTasks(training: Bool) -> Int { 0 }
  func pack(_ task: Int, _ pass: LayerBuffers) {}
  func backwardPass(of task: Int, _ pass: LayerBuffers, _ step: StepInfo) -> ProfiledPass { .inputGradient }
  var bandSums: DirectWeightGradient? { nil }
  var finishingTasks: Int { 0 }
  func finish(_ task: Int, _ pass: LayerBuffers) {}
}

/// The buffers of one layer, allocated once per batch size.
struct LayerBuffers {
  var x: FeatureMaps
  var y: FeatureMaps
  /// The input's gradient; nil where nobody needs it.
  var dx: FeatureMaps?
  /// The output's gradient; nil in evaluation.
  var dy: FeatureMaps?
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let weightGradient: UnsafeMutablePointer<Float>
  let biasGradient: UnsafeMutablePointer<Float>?
  let packed: UnsafeMutablePointer<Float>
  let packedForInputGradient: UnsafeMutablePointer<Float>
  let memory: UnsafeMutablePointer<Lanes>
  /// The layer's number, which tells its random numbers from another's.
  let index: Int
}

/// What changes from step to step.
struct StepInfo {
  var images: Int
  let workers: Int
  var training: Bool
  var random: CounterRandom
  /// The batch that is being read; its pointers are good for that long.
  var batch: BatchReader?
  /// The generator of an epoch's new versions of the images, while they are made.
  var augmentation: CounterRandom?
  /// The learning rate of the update, and its number, from 1.
  var learningRate = 0.0
  var update = 0
  /// Where times are added up, if somebody wants to know.
  var clocks: ProfilerClocks?
  var blocks: Int { blockCount(images) }

  /// Vectors that are 1 for the images of `block` and 0 for the lanes beyond the last one.
  @inline(__always)
  func mask(block: Int) -> Lanes {
    var mask = Lanes()
    for lane in 0..<CPUFeatures.laneCount where block &* CPUFeatures.laneCount &+ lane < images {
      mask[lane] = 1
    }
    return mask
  }
}
