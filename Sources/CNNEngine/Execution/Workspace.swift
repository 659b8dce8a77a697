import CSIMD
import Randomness

/// The memory of a model at work: activations, gradients and packed weights, allocated once for a batch size.
///
/// Boundary `b` lies in front of operation `b`; the last one behind them all. Two neighbours share a buffer where
/// the operation between them works in place.
///
/// A boundary inside a stage that nobody comes back to is kept by each worker for the band it is working on.
final class Workspace: @unchecked Sendable {
  let operations: [any Operation]
  let capacity: Int
  /// The buffers of every operation as worker 0 sees them.
  let buffers: UnsafeMutablePointer<LayerBuffers>
  /// What changes from step to step.
  let step: UnsafeMutablePointer<StepInfo>
  private let scratch: [UnsafeMutablePointer<Float>]
  /// The class of each lane, one vector per block.
  let labels: UnsafeMutablePointer<Lanes>
  /// The loss of each image, one vector per block.
  let losses: UnsafeMutablePointer<Lanes>
  /// The class with the highest score, one vector per block.
  let predictions: UnsafeMutablePointer<Lanes>
  private let arena: Arena

  init(
    operations: [PlannedOperation], groups: [FusionGroup], input: Shape, parameters: FlatTensorBuffer,
    gradients: FlatTensorBuffer?,
    capacity: Int, workers: Int, inputGradient: Bool = false
  ) {
    let layers = operations.map(\.layer)
    let blocks = blockCount(capacity)
    let isTraining = gradients != nil
    let plan = MemoryPlan(
      layers: layers, groups: groups, hasParameters: operations.map { !$0.parameters.isEmpty },
      isTraining: isTraining, inputGradient: inputGradient)
    let arena = Arena()

    func shape(_ boundary: Int) -> Shape { boundary == 0 ? input : layers[boundary - 1].output }

    /// Where each boundary's maps begin, one memory for neighbours that share it.
    func memory(
      _ layouts: [MapLayout], shared: [Bool], needed: (Int) -> Bool
    ) -> [UnsafeMutablePointer<Lanes>?] {
      var starts: [UnsafeMutablePointer<Lanes>?] = []
      for boundary in layouts.indices {
        if boundary > 0, shared[boundary - 1], let last = starts[boundary - 1] {
          starts.append(last)
        } else {
          let size = blocks * FeatureMaps.blockSize(shape(boundary), layouts[boundary])
          starts.append(needed(boundary) ? arena.lanes(size) : nil)
        }
      }
      return starts
    }
    let valueMemory = memory(plan.valueLayouts, shared: plan.sharedValues) { plan.bandOwners[$0] == nil }
    let gradientMemory = memory(plan.gradientLayouts, shared: plan.sharedGradients) {
      isTraining && plan.needsGradient[$0] && plan.gradientBandOwners[$0] == nil
    }
    /// The maps of every boundary as one worker sees them; nil where there are none.
    func maps(
      _ starts: [UnsafeMutablePointer<Lanes>?], _ layouts: [MapLayout], shared: [Bool],
      band: (_ boundary: Int) -> (channels: Int, rows: Int)?
    ) -> [FeatureMaps?] {
      var maps: [FeatureMaps?] = []
      for boundary in layouts.indices {
        if let start = starts[boundary] {
          maps.append(FeatureMaps(start, shape: shape(boundary), layout: layouts[boundary]))
        } else if boundary > 0, shared[boundary - 1] {
          maps.append(maps[boundary - 1])
        } else if let (channels, rows) = band(boundary) {
          let width = shape(boundary).width
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
        guard let x = values[index], let y = values[index + 1] else { fatalError("a layer without maps") }
        let place = buffers + (worker * layers.count + index)
        guard worker == 0 else {
          place.initialize(to: buffers[index])
          (place.pointee.x, place.pointee.y) = (x, y)
          (place.pointee.dx, place.pointee.dy) = (gradientMaps[index], gradientMaps[index + 1])
          continue
        }
        let weight = operation.parameters.first?.offset ?? 0
        let bias = operation.parameters.dropFirst().first?.offset
        let packed = (operation.layer as? any AnchorOperation)?.packedSize ?? (forward: 0, inputGradient: 0)
        let gradient = gradients?.floats ?? parameters.floats
        place.initialize(
          to: LayerBuffers(
            x: x, y: y, dx: gradientMaps[index], dy: gradientMaps[index + 1],
            weights: parameters.floats + weight, bias: bias.map { UnsafePointer(parameters.floats + $0) },
            weightGradient: gradient + weight, biasGradient: bias.map { gradient + $0 },
            packed: arena.floats(packed.forward),
            packedForInputGradient: arena.floats(
              isTraining && gradientMaps[index] != nil ? packed.inputGradient : 0),
            memory: arena.lanes(operation.layer.memory(blocks: blocks, training: isTraining)), index: index))
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
    self.operations = layers
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
  }

  /// Computes the losses and guesses of one block from the last operation's outputs, and in training their gradient.
  func judge(_ block: Int, classes: Int, loss: any Loss, _ step: StepInfo) {
    let last = buffers[operations.count - 1]
    let mask = step.mask(block: block)
    let outputs = last.y.row(block, 0, 0)
    losses[block] =
      loss.evaluate(
        outputs, classes: classes, labels: labels[block], scale: mask / Float(step.images),
        dy: step.training ? last.dy?.row(block, 0, 0) : nil) * mask
    var best = outputs[0]
    var winner = Lanes()
    for label in 1..<max(classes, 1) {
      let wins = outputs[label] .> best
      best = best.replacing(with: outputs[label], where: wins)
      winner = winner.replacing(with: Lanes(repeating: Float(label)), where: wins)
    }
    predictions[block] = winner
  }
}

/// A layer at work, and the tensors it learns.
struct PlannedOperation {
  let name: String
  var layer: any Operation
  let parameters: [Parameter]
}

/// Which boundaries share memory, and how each lies there.
private struct MemoryPlan {
  var valueLayouts: [MapLayout]
  var sharedValues: [Bool]
  var gradientLayouts: [MapLayout]
  var sharedGradients: [Bool]
  /// Whether anything in front of a boundary learns.
  var needsGradient: [Bool]
  /// The stage that keeps a band of a boundary's values; nil where they are kept as a whole.
  var bandOwners: [FusionGroup?]
  /// The stage that keeps a band of a boundary's gradient.
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

    // A change of shape can share memory only where there is no border to step over.
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
        for boundary in Self.inside(group, sharedValues, where: { !isTraining || needs[$0] == .nothing }) {
          bandOwners[boundary] = group
        }
      }
      if group.canSumInBands, !needsGradient[group.first] {
        for boundary in Self.inside(group, sharedGradients, where: { _ in true }) {
          gradientBandOwners[boundary] = group
        }
      }
    }
  }

  /// The boundaries inside a stage whose memory nobody outside shares, where all that share it fulfil a condition.
  private static func inside(
    _ group: FusionGroup, _ shared: [Bool], where condition: (Int) -> Bool
  ) -> [Int] {
    let last = group.operations.upperBound
    var boundaries: [Int] = []
    var first = group.operations.lowerBound + 1
    while first < last {
      var next = first + 1
      while next <= last, shared[next - 1] { next += 1 }
      let group = first..<next
      if next <= last, !shared[first - 1], group.allSatisfy(condition) { boundaries += group }
      first = next
    }
    return boundaries
  }
}

extension MemoryPlan {
  /// What the layers in front of each boundary still have to read there: a need lasts as long as its buffer is shared.
  fileprivate static func needs(_ layers: [any Operation]) -> [SavedOutput] {
    var needs: [SavedOutput] = [.nothing]
    for layer in layers {
      let inherited: SavedOutput = layer.worksInPlace ? needs[needs.count - 1] : .nothing
      needs.append(max(layer.savedOutput, inherited))
    }
    return needs
  }
}

/// Zeroed, aligned memory that is freed as a whole.
private final class Arena {
  private var chunks: [UnsafeMutableRawPointer] = []

  func lanes(_ count: Int) -> UnsafeMutablePointer<Lanes> {
    allocate(count * MemoryLayout<Lanes>.stride).bindMemory(to: Lanes.self, capacity: count)
  }

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    allocate(count * 4).bindMemory(to: Float.self, capacity: count)
  }

  private func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    // No slack at the ends, so that the address sanitizer sees the first byte beyond them.
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    chunk.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    chunks.append(chunk)
    return chunk
  }

  deinit { for chunk in chunks { chunk.deallocate() } }
}
