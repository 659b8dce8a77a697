import CSIMD
import Randomness

/// The memory of a network: activations, gradients, packed weights and scratch, allocated once for a batch size.
///
/// Value `v` is the input of operation `v`, and the last value the output of the last operation. Two consecutive values
/// share a buffer where the operation between them works in place. A value inside a fusion group that the backward pass
/// does not read exists as one band per worker only.
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
  /// The buffers `[worker][operation]`; those of worker 0 come first.
  let buffers: UnsafeMutablePointer<LayerBuffers>
  /// Per-step state, shared by all workers.
  let step: UnsafeMutablePointer<StepInfo>
  private let scratch: [UnsafeMutablePointer<Float>]
  /// The class of each image, one vector per batch block.
  let labels: UnsafeMutablePointer<Lanes>
  /// The loss of each image, one vector per batch block.
  let losses: UnsafeMutablePointer<Lanes>
  /// The class with the highest score of each image, one vector per batch block.
  let predictions: UnsafeMutablePointer<Lanes>
  private let arena: Arena

  init(
    operations: [PlannedOperation], groups: [FusionGroup], model: Model, parameters: FlatTensorBuffer,
    gradients: FlatTensorBuffer?,
    capacity: Int, workers: Int, inputGradient: Bool = false
  ) {
    let layers = operations.map(\.operation)
    let blocks = vectorCount(capacity)
    let isTraining = gradients != nil
    let plan = MemoryPlan(
      layers: layers, groups: groups, hasParameters: operations.map { !$0.parameters.isEmpty },
      isTraining: isTraining, inputGradient: inputGradient)
    let arena = Arena()

    func shape(_ value: Int) -> Shape { value == 0 ? model.input : layers[value - 1].output }

    /// The buffer of each value, the same for values that share it.
    func memory(
      _ layouts: [MapLayout], shared: [Bool], needed: (Int) -> Bool
    ) -> [UnsafeMutablePointer<Lanes>?] {
      var starts: [UnsafeMutablePointer<Lanes>?] = []
      for value in layouts.indices {
        if value > 0, shared[value - 1], let last = starts[value - 1] {
          starts.append(last)
        } else {
          let size = blocks * FeatureMaps.blockSize(shape(value), layouts[value])
          starts.append(needed(value) ? arena.lanes(size) : nil)
        }
      }
      return starts
    }
    let valueMemory = memory(plan.valueLayouts, shared: plan.sharedValues) { plan.bandOwners[$0] == nil }
    let gradientMemory = memory(plan.gradientLayouts, shared: plan.sharedGradients) {
      isTraining && plan.needsGradient[$0] && plan.gradientBandOwners[$0] == nil
    }
    /// The maps of every value as one worker sees them; nil where there are none.
    func maps(
      _ starts: [UnsafeMutablePointer<Lanes>?], _ layouts: [MapLayout], shared: [Bool],
      band: (_ value: Int) -> (channels: Int, rows: Int)?
    ) -> [FeatureMaps?] {
      var maps: [FeatureMaps?] = []
      for value in layouts.indices {
        if let start = starts[value] {
          maps.append(FeatureMaps(start, shape: shape(value), layout: layouts[value]))
        } else if value > 0, shared[value - 1] {
          maps.append(maps[value - 1])
        } else if let (channels, rows) = band(value) {
          let width = shape(value).width
          maps.append(FeatureMaps(band: arena.lanes(channels * rows * width), rows: rows, width: width))
        } else {
          maps.append(nil)
        }
      }
      return maps
    }

    buffers = .allocate(capacity: max(layers.count * workers, 1))
    for worker in 0..<workers {
      let values = maps(valueMemory, plan.valueLayouts, shared: plan.sharedValues) {
        plan.bandOwners[$0]?.band(behind: $0 - 1)
      }
      let gradientMaps = maps(gradientMemory, plan.gradientLayouts, shared: plan.sharedGradients) {
        plan.gradientBandOwners[$0]?.gradientBand(behind: $0 - 1)
      }
      for (index, operation) in operations.enumerated() {
        guard let x = values[index], let y = values[index + 1] else {
          fatalError("an operation without maps")
        }
        let place = buffers + (worker * layers.count + index)
        guard worker == 0 else {
          place.initialize(to: buffers[index])
          (place.pointee.x, place.pointee.y) = (x, y)
          (place.pointee.dx, place.pointee.dy) = (gradientMaps[index], gradientMaps[index + 1])
          continue
        }
        let weight = operation.parameters.first?.offset ?? 0
        let bias = operation.parameters.dropFirst().first?.offset
        let packed =
          (operation.operation as? any AnchorOperation)?.packedSize ?? (forward: 0, inputGradient: 0)
        let gradient = gradients?.floats ?? parameters.floats
        place.initialize(
          to: LayerBuffers(
            x: x, y: y, dx: gradientMaps[index], dy: gradientMaps[index + 1],
            weights: parameters.floats + weight, bias: bias.map { UnsafePointer(parameters.floats + $0) },
            weightGradient: gradient + weight, biasGradient: bias.map { gradient + $0 },
            packed: arena.floats(packed.forward),
            packedForInputGradient: arena.floats(
              isTraining && gradientMaps[index] != nil ? packed.inputGradient : 0),
            saved: arena.lanes(operation.operation.savedSize(blocks: blocks, training: isTraining)),
            index: index))
      }
    }
    let scratchSize = layers.lazy.compactMap { $0 as? any AnchorOperation }
      .map { $0.scratchSize(blocks: blocks, training: isTraining) }.max()
    scratch = (0..<workers).map { _ in arena.floats(scratchSize ?? 0) }
    step = .allocate(capacity: 1)
    step.initialize(
      to: StepInfo(
        images: capacity, workers: workers, training: isTraining,
        random: CounterRandom(seed: 0, purpose: .dropout)))
    labels = arena.lanes(blocks)
    predictions = arena.lanes(blocks)
    losses = arena.lanes(blocks)
    activityRegularizers = layers.enumerated().compactMap { index, operation in
      (operation as? ActivityRegularizerOp).map { ($0, index) }
    }
    regularizationLosses = .allocate(
      capacity: model.regularizedParameters.count + activityRegularizers.count)
    regularizationLosses.initialize(repeating: 0)
    self.operations = layers
    (self.parameters, self.gradients) = (parameters, gradients)
    self.capacity = capacity
    self.arena = arena
  }

  /// The buffers of every operation as a worker sees them.
  func buffers(of worker: Int) -> UnsafeMutablePointer<LayerBuffers> { buffers + worker &* operations.count }

  /// A worker's own scratch memory.
  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> { scratch[worker] }

  deinit {
    buffers.deallocate()
    step.deallocate()
    regularizationLosses.deallocate()
  }
}

/// Which values share memory, and the layout of each.
private struct MemoryPlan {
  var valueLayouts: [MapLayout]
  var sharedValues: [Bool]
  var gradientLayouts: [MapLayout]
  var sharedGradients: [Bool]
  /// Whether a value's gradient is needed: an earlier layer has parameters, or the input's gradient is asked for.
  var needsGradient: [Bool]
  /// The fusion group whose workers hold a band of a value; nil for whole values.
  var bandOwners: [FusionGroup?]
  /// The fusion group whose workers hold a band of a value's gradient.
  var gradientBandOwners: [FusionGroup?]

  init(
    layers: [any Operation], groups: [FusionGroup], hasParameters: [Bool], isTraining: Bool,
    inputGradient: Bool
  ) {
    let count = layers.count
    valueLayouts = Array(repeating: .dense, count: count + 1)
    sharedValues = Array(repeating: false, count: count)
    gradientLayouts = valueLayouts
    sharedGradients = sharedValues
    needsGradient = Array(repeating: false, count: count + 1)
    bandOwners = Array(repeating: nil, count: count + 1)
    gradientBandOwners = bandOwners

    // A reshape can share memory only where there is no border between the maps.
    func canShare(_ layer: any Operation, _ layout: MapLayout) -> Bool {
      layer.worksInPlace && (layer.input == layer.output || layout == .dense)
    }
    let needs = Self.needs(layers)
    for index in (0..<count).reversed() {
      let isFree = needs[index] == .nothing || needs[index] == .sign && layers[index].preservesSign
      sharedValues[index] = isFree && canShare(layers[index], valueLayouts[index + 1])
      valueLayouts[index] = sharedValues[index] ? valueLayouts[index + 1] : layers[index].inputLayout
    }
    needsGradient[0] = inputGradient
    for index in 0..<count {
      needsGradient[index + 1] = needsGradient[index] || hasParameters[index]
      sharedGradients[index] = needsGradient[index] && canShare(layers[index], gradientLayouts[index])
      gradientLayouts[index + 1] =
        sharedGradients[index] ? gradientLayouts[index] : layers[index].outputGradientLayout
    }
    for group in groups {
      if group.canDiscard {
        for value in Self.inside(group, sharedValues, where: { !isTraining || needs[$0] == .nothing }) {
          bandOwners[value] = group
        }
      }
      if group.canSumInBands, !needsGradient[group.first] {
        for value in Self.inside(group, sharedGradients, where: { _ in true }) {
          gradientBandOwners[value] = group
        }
      }
    }
  }

  /// The values inside a group whose buffer no value outside shares, if a condition holds for all that share it.
  private static func inside(
    _ group: FusionGroup, _ shared: [Bool], where condition: (Int) -> Bool
  ) -> [Int] {
    let last = group.operations.upperBound
    var values: [Int] = []
    var first = group.operations.lowerBound + 1
    while first < last {
      var next = first + 1
      while next <= last, shared[next - 1] { next += 1 }
      let group = first..<next
      if next <= last, !shared[first - 1], group.allSatisfy(condition) { values += group }
      first = next
    }
    return values
  }
}

extension MemoryPlan {
  /// What the backward passes of earlier operations read of each value; an in-place operation inherits the need of its
  /// input.
  fileprivate static func needs(_ layers: [any Operation]) -> [SavedOutput] {
    var needs: [SavedOutput] = [.nothing]
    for layer in layers {
      let inherited: SavedOutput = layer.worksInPlace ? needs[needs.count - 1] : .nothing
      needs.append(max(layer.savedOutput, inherited))
    }
    return needs
  }
}

/// Zeroed, aligned memory that is freed all at once.
private final class Arena {
  private var chunks: [UnsafeMutableRawPointer] = []

  func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> {
    allocate(count * MemoryLayout<Lanes>.stride).bindMemory(to: Lanes.self, capacity: count)
  }

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    allocate(count * 4).bindMemory(to: Float.self, capacity: count)
  }

  private func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    // Allocated one by one, so that the address sanitizer sees the first byte beyond each.
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    chunk.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    chunks.append(chunk)
    return chunk
  }

  deinit { for chunk in chunks { chunk.deallocate() } }
}
