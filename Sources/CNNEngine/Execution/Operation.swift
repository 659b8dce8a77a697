import Randomness

/// What an operation's backward pass reads of its output: an in-place operation behind it must leave that intact.
package enum SavedOutput: Comparable, Sendable {
  case nothing, sign, value
}

/// A layer bound to its shapes; it keeps no state, all of that is in the buffers of a `LayerBuffers`.
///
/// Every operation is an `AnchorOperation`, which starts a fusion group, or a `FusibleOperation`, which joins one.
protocol Operation: Sendable {
  /// The operation, if it is one; a requirement, since a cast to a protocol searches the whole program.
  var anchor: (any AnchorOperation)? { get }
  /// The operation, if it is one.
  var fusible: (any FusibleOperation)? { get }
  /// One image's input.
  var input: Shape { get }
  /// One image's output.
  var output: Shape { get }
  /// The border of zeros the operation reads around its input.
  var inputLayout: MapLayout { get }
  /// The layout in which the operation reads its output's gradient.
  var outputGradientLayout: MapLayout { get }
  /// Whether the output may overwrite the input.
  var worksInPlace: Bool { get }
  /// Whether the input gradient may overwrite the output gradient.
  var gradientWorksInPlace: Bool { get }
  /// Whether every input gradient is the output gradient, so that they can share memory.
  var passesGradientOn: Bool { get }
  /// Whether it can turn finite values into one that is not.
  var canOverflow: Bool { get }
  /// Whether the order of its inputs makes no difference.
  var isCommutative: Bool { get }
  /// Whether the backward pass reads the inputs.
  var savesInput: Bool { get }
  /// What the backward pass reads of the output.
  var savedOutput: SavedOutput { get }
  /// Whether, in place, a positive value stays positive, or becomes 0 where its gradient is 0, too.
  var preservesSign: Bool { get }
  /// Vectors saved by the forward pass for the backward pass, for `blocks` batch blocks.
  func savedSize(blocks: Int, training: Bool) -> Int
}

extension Operation {
  var anchor: (any AnchorOperation)? { nil }
  var fusible: (any FusibleOperation)? { nil }
  var inputLayout: MapLayout { .dense }
  var outputGradientLayout: MapLayout { .dense }
  var worksInPlace: Bool { false }
  var gradientWorksInPlace: Bool { worksInPlace }
  var passesGradientOn: Bool { false }
  var canOverflow: Bool { false }
  var isCommutative: Bool { false }
  var savesInput: Bool { false }
  var savedOutput: SavedOutput { .nothing }
  var preservesSign: Bool { false }
  func savedSize(blocks: Int, training: Bool) -> Int { 0 }
}

/// An operation whose outputs in one channel depend on the same channel of its input alone.
///
/// It runs on each band of the feature map that the operation in front has just written, while that is in the cache.
protocol FusibleOperation: Operation {
  /// The input rows that `rows` of the output are computed from.
  func inputRows(for rows: Range<Int>) -> Range<Int>
  /// Whether no two output rows read the same input row, so that bands of rows can be computed independently.
  var rowsAreIndependent: Bool { get }
  /// Computes `region` of the output.
  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo)
  /// Computes the input gradient of the rows that `region` of the output was computed from.
  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo)
}

extension FusibleOperation {
  var fusible: (any FusibleOperation)? { self }
  func inputRows(for rows: Range<Int>) -> Range<Int> { rows }
  var rowsAreIndependent: Bool { true }
}

/// An operation that combines channels, or reorders values: the first of a fusion group.
protocol AnchorOperation: Operation {
  /// Ranges of output channels that are computed as separate tasks.
  var channelGroups: [Range<Int>] { get }
  /// The most batch blocks of a task; with more than one, no map of the group can be a band.
  var maxBlocksPerTask: Int { get }
  /// Whether a channel can only be computed from that channel of the whole batch: a task is then a channel group of all
  /// batch blocks.
  var needsWholeBatch: Bool { get }
  /// Rows of output are computed in multiples of this, counted from the first.
  var rowMultiple: Int { get }
  /// Floats of packed weights for the forward pass and for the input gradient.
  var packedSize: (forward: Int, inputGradient: Int) { get }
  /// Floats of scratch memory per worker.
  func scratchSize(blocks: Int, training: Bool) -> Int

  /// Tasks of packing the weights, which have changed since the last step.
  func packingTasks(training: Bool) -> Int
  func pack(_ task: Int, _ buffers: LayerBuffers)

  /// Computes what the forward pass of some channels needs to know of the whole batch.
  func prepare(_ channels: Range<Int>, _ buffers: LayerBuffers, _ step: StepInfo)

  /// Computes `region` of the output.
  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)

  /// Tasks of the backward pass: input gradient, weight gradient and bias gradient, in any order.
  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange
  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)

  /// The pass that a backward task's time counts for in the profile.
  func profiledPass(of task: Int, _ buffers: LayerBuffers, _ step: StepInfo) -> ProfiledPass

  /// How the weight gradient is summed from bands of the output gradient; nil if it needs all of that at once.
  var bandedWeightGradient: DirectWeightGradient? { get }

  /// Tasks that combine partial results once all backward tasks are done.
  var finishingTasks: Int { get }
  func finish(_ task: Int, _ buffers: LayerBuffers)
}

extension AnchorOperation {
  var anchor: (any AnchorOperation)? { self }
  var canOverflow: Bool { true }
  var channelGroups: [Range<Int>] { [0..<output.channels] }
  var maxBlocksPerTask: Int { 1 }
  var needsWholeBatch: Bool { false }
  var rowMultiple: Int { 1 }
  var packedSize: (forward: Int, inputGradient: Int) { (0, 0) }
  func scratchSize(blocks: Int, training: Bool) -> Int { 0 }
  func packingTasks(training: Bool) -> Int { 0 }
  func pack(_ task: Int, _ buffers: LayerBuffers) {}
  func prepare(_ channels: Range<Int>, _ buffers: LayerBuffers, _ step: StepInfo) {}
  func profiledPass(of task: Int, _ buffers: LayerBuffers, _ step: StepInfo) -> ProfiledPass {
    .inputGradient
  }
  var bandedWeightGradient: DirectWeightGradient? { nil }
  var finishingTasks: Int { 0 }
  func finish(_ task: Int, _ buffers: LayerBuffers) {}
}

/// What a layer computes, bound to its shapes, as a value that only the engine looks into.
public struct LayerOperation: Sendable {
  let base: any Operation

  init(_ base: some Operation) { self.base = base }
}

/// A further input of an operation that reads several values, and its gradient.
struct FurtherInput {
  var x: FeatureMaps
  /// The input gradient; nil where it is not needed.
  var dx: FeatureMaps?
}

/// The buffers of one operation, allocated once per batch size.
struct LayerBuffers {
  var x: FeatureMaps
  var y: FeatureMaps
  /// The input gradient; nil where it is not needed.
  var dx: FeatureMaps?
  /// The output gradient; nil in evaluation.
  var dy: FeatureMaps?
  /// The inputs behind the first, `x`.
  let further: UnsafeBufferPointer<FurtherInput>
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let weightGradient: UnsafeMutablePointer<Float>
  let biasGradient: UnsafeMutablePointer<Float>?
  /// The first tensor of the layer's state.
  let state: UnsafeMutablePointer<Float>
  let packed: UnsafeMutablePointer<Float>
  let packedForInputGradient: UnsafeMutablePointer<Float>
  /// What the forward pass saves for the backward pass, and partial sums of the backward pass.
  let saved: UnsafeMutablePointer<Lanes>
  /// The number of the operation's layer in the config, the stream of its random numbers: no rewrite changes it.
  let stream: Int
}

/// Per-step state, shared by all workers.
struct StepInfo {
  /// Images of the batch.
  var images: Int
  let workers: Int
  var training: Bool
  /// The generator of dropout masks.
  var random: CounterRandom
  /// The batch while it is read; its pointers are valid only then.
  var batch: BatchReader?
  /// The epoch's generator of augmentations, while the batch is augmented.
  var augmentation: CounterRandom?
  /// The learning rate of the update, and its number, from 1.
  var learningRate = 0.0
  var update = 0
  /// Where times are added up, while profiling is on.
  var profiler: ProfilerClocks?
  var blocks: Int { vectorCount(images) }

  /// A vector of 1 for the images of `block` and of 0 for the lanes behind the last image.
  @inline(__always)
  func mask(block: Int) -> Lanes {
    var mask = Lanes()
    for lane in 0..<CPUFeatures.laneCount where block &* CPUFeatures.laneCount &+ lane < images {
      mask[lane] = 1
    }
    return mask
  }
}
