/// The memory of a model at work: activations, gradients and packed weights, allocated once for a batch size.
///
/// Boundary `b` lies in front of operation `b`; the last one behind them all. Two neighbours share a buffer where
/// the operation between them works in place.
///
/// A boundary inside a stage that nobody comes back to is kept by each worker for the band it is working on.
final class Workspace: @unchecked Sendable {
  let operations: [any BuiltLayer]
  let capacity: Int
  /// The buffers of every operation as worker 0 sees them.
  let passes: UnsafeMutablePointer<LayerPass>
  let scratch: [UnsafeMutablePointer<Float>]
  /// The class of each lane, one vector per block.
  let labels: UnsafeMutablePointer<Lanes>
  /// The loss of each image, one vector per block.
  let losses: UnsafeMutablePointer<Lanes>
  /// The class with the highest score, one vector per block.
  let predictions: UnsafeMutablePointer<Lanes>
  private let arena: Arena

  init(
    operations: [Operation], stages: [Stage], input: Shape, parameters: FlatBuffer, gradients: FlatBuffer?,
    capacity: Int, workers: Int, inputGradient: Bool = false
  ) {
    let layers = operations.map(\.layer)
    let blocks = blockCount(capacity)
    let isTraining = gradients != nil
    let plan = MemoryPlan(
      layers: layers, stages: stages, hasParameters: operations.map { !$0.parameters.isEmpty },
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
    let values = memory(plan.valueLayouts, shared: plan.sharedValues) { plan.keepers[$0] == nil }
    let slopes = memory(plan.gradientLayouts, shared: plan.sharedGradients) {
      isTraining && plan.needsGradient[$0]
    }.enumerated().map { boundary, start in
      start.map { FeatureMaps($0, shape: shape(boundary), layout: plan.gradientLayouts[boundary]) }
    }
    /// The maps one worker sees.
    func maps() -> [FeatureMaps] {
      var maps: [FeatureMaps] = []
      for boundary in 0...layers.count {
        if let start = values[boundary] {
          maps.append(FeatureMaps(start, shape: shape(boundary), layout: plan.valueLayouts[boundary]))
        } else if plan.sharedValues[boundary - 1], let last = maps.last {
          maps.append(last)
        } else if let stage = plan.keepers[boundary] {
          let (channels, rows) = stage.band(behind: boundary - 1)
          let width = shape(boundary).width
          maps.append(FeatureMaps(band: arena.lanes(channels * rows * width), rows: rows, width: width))
        }
      }
      return maps
    }

    passes = .allocate(capacity: max(layers.count * workers, 1))
    for worker in 0..<workers {
      let maps = maps()
      for (index, operation) in operations.enumerated() {
        let place = passes + (worker * layers.count + index)
        guard worker == 0 else {
          place.initialize(to: passes[index])
          (place.pointee.x, place.pointee.y) = (maps[index], maps[index + 1])
          continue
        }
        let weight = operation.parameters.first?.offset ?? 0
        let bias = operation.parameters.dropFirst().first?.offset
        let packed = (operation.layer as? any MixingLayer)?.packedSize ?? (forward: 0, inputGradient: 0)
        let gradient = gradients?.floats ?? parameters.floats
        place.initialize(
          to: LayerPass(
            x: maps[index], y: maps[index + 1], dx: slopes[index], dy: slopes[index + 1],
            weights: parameters.floats + weight, bias: bias.map { UnsafePointer(parameters.floats + $0) },
            weightGradient: gradient + weight, biasGradient: bias.map { gradient + $0 },
            packed: arena.floats(packed.forward),
            packedForInputGradient: arena.floats(
              isTraining && slopes[index] != nil ? packed.inputGradient : 0),
            memory: arena.lanes(operation.layer.memory(blocks: blocks, training: isTraining)), index: index))
      }
    }
    let scratchSize = layers.lazy.compactMap { $0 as? any MixingLayer }
      .map { $0.scratchSize(blocks: blocks, training: isTraining) }.max()
    scratch = (0..<workers).map { _ in arena.floats(scratchSize ?? 0) }
    labels = arena.lanes(blocks)
    predictions = arena.lanes(blocks)
    losses = arena.lanes(blocks)
    self.operations = layers
    self.capacity = capacity
    self.arena = arena
  }

  /// The buffers of every operation as a worker sees them.
  func passes(of worker: Int) -> UnsafeMutablePointer<LayerPass> { passes + worker &* operations.count }

  deinit { passes.deallocate() }
}

/// A layer at work, and the tensors it learns.
struct Operation {
  let name: String
  var layer: any BuiltLayer
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
  var keepers: [Stage?]

  init(
    layers: [any BuiltLayer], stages: [Stage], hasParameters: [Bool], isTraining: Bool, inputGradient: Bool
  ) {
    let count = layers.count
    valueLayouts = Array(repeating: .dense, count: count + 1)
    sharedValues = Array(repeating: false, count: count)
    gradientLayouts = valueLayouts
    sharedGradients = sharedValues
    needsGradient = Array(repeating: false, count: count + 1)
    keepers = Array(repeating: nil, count: count + 1)

    // A change of shape can share memory only where there is no border to step over.
    func canShare(_ layer: any BuiltLayer, _ layout: MapLayout) -> Bool {
      layer.worksInPlace && (layer.input == layer.output || layout == .dense)
    }
    let needs = Self.needs(layers)
    for index in (0..<count).reversed() {
      let isFree = needs[index] == .nothing || needs[index] == .sign && layers[index].keepsSign
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
    for stage in stages where stage.canForget {
      keepBands(of: stage, isForgotten: { !isTraining || needs[$0] == .nothing })
    }
  }

  /// Boundaries inside a stage that share memory are kept for a band if the backward pass needs none of them.
  private mutating func keepBands(of stage: Stage, isForgotten: (Int) -> Bool) {
    let last = stage.operations.upperBound
    var first = stage.operations.lowerBound + 1
    while first < last {
      var next = first + 1
      while next <= last, sharedValues[next - 1] { next += 1 }
      let group = first..<next
      if next <= last, !sharedValues[first - 1], group.allSatisfy({ isForgotten($0) }) {
        for boundary in group { keepers[boundary] = stage }
      }
      first = next
    }
  }
}

extension MemoryPlan {
  /// What the layers in front of each boundary still have to read there: a need lasts as long as its buffer is shared.
  fileprivate static func needs(_ layers: [any BuiltLayer]) -> [OutputNeed] {
    var needs: [OutputNeed] = [.nothing]
    for layer in layers {
      let inherited: OutputNeed = layer.worksInPlace ? needs[needs.count - 1] : .nothing
      needs.append(max(layer.outputNeed, inherited))
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
