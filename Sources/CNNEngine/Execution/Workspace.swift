import CSIMD
import Randomness

/// The memory of a network: values, gradients, packed weights and scratch, allocated once for a batch size.
final class Workspace: @unchecked Sendable {
  let operations: [any Operation]
  /// The largest batch size.
  let capacity: Int
  let parameters: FlatTensorBuffer
  let gradients: FlatTensorBuffer?
  /// The operations that regularize activities, with their indices.
  let activityRegularizers: [(operation: ActivityRegularizerOp, index: Int)]
  /// What each regularizer adds to the loss, of weights first and then of activities.
  let regularizationLosses: UnsafeMutableBufferPointer<Double>
  /// The weights with folded batch norms, in evaluation.
  let foldedWeights: [FoldedWeights]
  /// The image, and its gradient where that is asked for.
  let image: FeatureMaps
  let imageGradient: FeatureMaps?
  /// The buffers `[worker][operation]`; those of worker 0 come first.
  let buffers: UnsafeMutablePointer<LayerBuffers>
  /// The buffers of each output.
  let outputs: UnsafeMutableBufferPointer<OutputBuffers>
  /// Whether each operation's output is still in memory, whole and unchanged, after the forward pass.
  let isIntact: [Bool]
  /// Per-step state, shared by all workers.
  let step: UnsafeMutablePointer<StepInfo>
  private let gradientSums: [(group: Int, sum: GradientSum)]
  private let furtherInputs: [UnsafeMutableBufferPointer<FurtherInput>]
  private let scratch: [UnsafeMutablePointer<Float>]
  private let arena: Arena

  init(
    graph: Graph, groups: [FusionGroup], model: Model, parameters: FlatTensorBuffer,
    gradients: FlatTensorBuffer?, capacity: Int, workers: Int, inputGradient: Bool, arena: Arena
  ) {
    let blocks = vectorCount(capacity)
    let isTraining = gradients != nil
    let plan = MemoryPlan(graph: graph, groups: groups, isTraining: isTraining, inputGradient: inputGradient)
    let maps = WorkerMaps(plan, blocks: blocks, workers: workers, arena: arena)
    func value(_ value: Int, _ worker: Int = 0) -> FeatureMaps {
      maps.maps(of: plan.values[value], shape: graph.shapes[value], worker: worker)
    }
    func gradient(_ buffer: Int?, _ value: Int, _ worker: Int = 0) -> FeatureMaps? {
      buffer.map { maps.maps(of: $0, shape: graph.shapes[value], worker: worker) }
    }

    let folded = graph.nodes.map { node in
      node.foldedNorm.map { FoldedWeights(node.parameters, norm: $0, arena: arena) }
    }
    foldedWeights = folded.compactMap { $0 }
    image = value(0)
    imageGradient = gradient(plan.imageGradient, 0)
    furtherInputs = graph.nodes.indices.map { index in
      let inputs = graph.nodes[index].inputs
      let further = UnsafeMutableBufferPointer<FurtherInput>.allocate(capacity: inputs.count - 1)
      for position in 1..<max(inputs.count, 1) {
        further.initializeElement(
          at: position - 1,
          to: FurtherInput(
            x: value(inputs[position]),
            dx: gradient(plan.inputGradients[index][position], inputs[position])))
      }
      return further
    }
    buffers = .allocate(capacity: max(graph.nodes.count * workers, 1))
    for (index, node) in graph.nodes.enumerated() {
      let operation = node.operation
      let weight = node.parameters.first?.offset ?? 0
      let bias = node.parameters.dropFirst().first?.offset
      let packed = operation.anchor?.packedSize ?? (forward: 0, inputGradient: 0)
      let gradientStart = gradients?.floats ?? parameters.floats
      let needsInputGradient = plan.inputGradients[index][0] != nil
      let packedWeights = arena.floats(packed.forward)
      let packedForGradient = arena.floats(isTraining && needsInputGradient ? packed.inputGradient : 0)
      let saved = arena.lanes(operation.savedSize(blocks: blocks, training: isTraining))
      for worker in 0..<workers {
        (buffers + (worker * graph.nodes.count + index)).initialize(
          to: LayerBuffers(
            x: value(node.inputs[0], worker), y: value(node.output, worker),
            dx: gradient(plan.inputGradients[index][0], node.inputs[0], worker),
            dy: gradient(plan.outputGradients[index], node.output, worker),
            further: UnsafeBufferPointer(furtherInputs[index]),
            weights: folded[index]?.weights ?? UnsafePointer(parameters.floats + weight),
            bias: folded[index]?.bias ?? bias.map { UnsafePointer(parameters.floats + $0) },
            weightGradient: gradientStart + weight, biasGradient: bias.map { gradientStart + $0 },
            state: parameters.floats + (node.state.first?.offset ?? 0), packed: packedWeights,
            packedForInputGradient: packedForGradient, saved: saved, stream: node.layer))
      }
    }
    outputs = .allocate(capacity: graph.outputs.count)
    for (index, output) in graph.outputs.enumerated() {
      outputs.initializeElement(
        at: index,
        to: OutputBuffers(
          scores: value(output), gradient: gradient(plan.lossGradients[index], output),
          labels: arena.lanes(blocks), losses: arena.lanes(blocks), predictions: arena.lanes(blocks)))
    }
    gradientSums = plan.accumulations.map { step in
      let shape = graph.shapes[step.value]
      return (
        step.group,
        GradientSum(
          shape: shape, reader: step.reader,
          contribution: maps.maps(of: step.contribution, shape: shape, worker: 0),
          sum: maps.maps(of: step.sum, shape: shape, worker: 0),
          result: maps.maps(of: step.result, shape: shape, worker: 0))
      )
    }
    isIntact = graph.nodes.map { plan.isIntact($0.output) }
    let operations = graph.nodes.map(\.operation)
    let scratchSize = operations.lazy.compactMap(\.anchor)
      .map { $0.scratchSize(blocks: blocks, training: isTraining) }.max()
    scratch = (0..<workers).map { _ in arena.floats(scratchSize ?? 0) }
    step = .allocate(capacity: 1)
    step.initialize(
      to: StepInfo(
        images: capacity, workers: workers, training: isTraining,
        random: CounterRandom(seed: 0, purpose: .dropout)))
    activityRegularizers = operations.enumerated().compactMap { index, operation in
      (operation as? ActivityRegularizerOp).map { ($0, index) }
    }
    regularizationLosses = .allocate(
      capacity: model.regularizedParameters.count + activityRegularizers.count)
    regularizationLosses.initialize(repeating: 0)
    self.operations = operations
    (self.parameters, self.gradients) = (parameters, gradients)
    self.capacity = capacity
    self.arena = arena
  }

  /// The buffers of every operation as a worker sees them.
  func buffers(of worker: Int) -> UnsafeMutablePointer<LayerBuffers> { buffers + worker &* operations.count }

  /// A worker's own scratch memory.
  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> { scratch[worker] }

  /// The sums of gradients that follow the backward pass of a fusion group, in order.
  func accumulations(afterGroup group: Int) -> [GradientSum] {
    gradientSums.filter { $0.group == group }.map(\.sum)
  }

  deinit {
    buffers.deallocate()
    outputs.deallocate()
    step.deallocate()
    regularizationLosses.deallocate()
    for inputs in furtherInputs { inputs.deallocate() }
  }
}

/// The maps of every buffer of a plan as each worker sees them.
private struct WorkerMaps {
  private let plan: MemoryPlan
  /// The start of each memory, or of each buffer's band of each worker.
  private var memories: [UnsafeMutablePointer<Lanes>?]
  private var bands: [Int: [FeatureMaps]] = [:]

  init(_ plan: MemoryPlan, blocks: Int, workers: Int, arena: Arena) {
    self.plan = plan
    memories = Array(repeating: nil, count: plan.memories)
    for (index, buffer) in plan.buffers.enumerated() {
      guard let owner = buffer.bandOwner else {
        if memories[buffer.memory] == nil {
          memories[buffer.memory] = arena.lanes(blocks * FeatureMaps.blockSize(buffer.shape, buffer.layout))
        }
        continue
      }
      let isValue = plan.values.contains(index)
      let (channels, rows) =
        isValue ? owner.band(behind: buffer.firstNode) : owner.gradientBand(behind: buffer.firstNode)
      let width = buffer.shape.width
      bands[index] = (0..<workers).map { _ in
        FeatureMaps(band: arena.lanes(channels * rows * width), rows: rows, width: width)
      }
    }
  }

  /// A buffer's memory as maps of `shape`.
  func maps(of buffer: Int, shape: Shape, worker: Int) -> FeatureMaps {
    if let bands = bands[buffer] { return bands[worker] }
    let memory = plan.buffers[buffer].memory
    guard let start = memories[memory] else { fatalError("a buffer without memory") }
    return FeatureMaps(start, shape: shape, layout: plan.buffers[buffer].layout)
  }
}

/// The sum of a value's gradient with the contribution of one more reader.
struct GradientSum {
  let shape: Shape
  /// The operation that the contribution comes from.
  let reader: Int
  let contribution: FeatureMaps
  let sum: FeatureMaps
  let result: FeatureMaps

  /// Adds one channel of a batch block.
  func add(_ block: Int, _ channel: Int) {
    for row in 0..<shape.height {
      let (a, b) = (sum.row(block, channel, row), contribution.row(block, channel, row))
      let target = result.row(block, channel, row)
      for column in 0..<shape.width {
        target[column] = a[column] + b[column]
      }
    }
  }
}
