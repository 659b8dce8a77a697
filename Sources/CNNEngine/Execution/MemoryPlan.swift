/// Which buffer holds each value and each gradient, and when.
///
/// Time is counted in fusion groups: their forward passes, the losses, their backward passes in reverse order. A buffer
/// is in use from its first to its last group; two buffers that are never in use together share their memory.
struct MemoryPlan {
  /// Memory for one value, or for several in turn.
  struct Buffer {
    let shape: Shape
    let layout: MapLayout
    /// The times of the first and the last use.
    var first: Int
    var last: Int
    /// The values that it holds, or whose gradients it holds.
    var values: Set<Int>
    /// The fusion group whose workers hold a band of it; nil for the whole batch.
    var bandOwner: FusionGroup?
    /// The index of the first node whose output it holds.
    var firstNode: Int
    /// The number of its memory; buffers with the same number share it.
    var memory = 0
  }

  /// A contribution to the gradient of a value with several readers, which is added to the sum of those before it.
  struct Accumulation {
    /// The fusion group whose backward pass computes the contribution.
    let group: Int
    /// The node whose backward pass that is.
    let reader: Int
    let value: Int
    let contribution: Int
    let sum: Int
    /// The buffer of the new sum: `sum` itself, unless another value needs that unchanged.
    let result: Int
  }

  var buffers: [Buffer] = []
  /// The buffer of each value.
  var values: [Int]
  /// The buffer of each node's output gradient; nil where none is needed.
  var outputGradients: [Int?]
  /// The buffer of each of a node's input gradients.
  var inputGradients: [[Int?]]
  /// The buffer of the image's gradient.
  var imageGradient: Int?
  /// The buffer of the gradient that each loss writes.
  var lossGradients: [Int?]
  var accumulations: [Accumulation] = []
  /// The number of memories.
  var memories = 0

  let graph: Graph
  let groups: [FusionGroup]
  /// The fusion group of each node.
  let groupOfNode: [Int]
  let isTraining: Bool
  var valueLayouts: [MapLayout]
  var gradientLayouts: [MapLayout]
  /// Whether a value's gradient is needed: an earlier layer has parameters, or the image's gradient is asked for.
  var needsGradient: [Bool]
  /// The values held by the buffer of each gradient that is still needed.
  var holders: [Int: Set<Int>] = [:]
  /// The present buffer of each value's gradient.
  var gradients: [Int?]
  /// The buffers that the present group's accumulations will read, once all of its operations are done.
  var pending: Set<Int> = []

  init(graph: Graph, groups: [FusionGroup], isTraining: Bool, inputGradient: Bool) {
    (self.graph, self.groups, self.isTraining) = (graph, groups, isTraining)
    groupOfNode = groups.enumerated().flatMap { number, group in group.operations.map { _ in number } }
    let count = graph.shapes.count
    values = Array(repeating: 0, count: count)
    outputGradients = Array(repeating: nil, count: graph.nodes.count)
    inputGradients = graph.nodes.map { Array(repeating: nil, count: $0.inputs.count) }
    lossGradients = Array(repeating: nil, count: graph.outputs.count)
    valueLayouts = Array(repeating: .dense, count: count)
    gradientLayouts = valueLayouts
    needsGradient = Array(repeating: false, count: count)
    gradients = Array(repeating: nil, count: count)
    planValues()
    if isTraining {
      planGradientLayouts(inputGradient: inputGradient)
      planGradients(inputGradient: inputGradient)
    }
    placeBands()
    assignMemory()
  }

  /// The layout of a buffer's maps.
  func layout(of buffer: Int) -> MapLayout { buffers[buffer].layout }

  // MARK: Time

  var lossTime: Int { groups.count }
  func backwardTime(ofGroup group: Int) -> Int { 2 * groups.count - group }
  static let forever = Int.max
}
