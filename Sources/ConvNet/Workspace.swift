/// The memory of a model at work: activations, gradients and packed weights, allocated once for a batch size.
///
/// Boundary `b` lies in front of operation `b`; the last one behind them all. Two neighbours share a buffer where
/// the operation between them works in place.
final class Workspace: @unchecked Sendable {
  let operations: [any BuiltLayer]
  let capacity: Int
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
    operations: [Operation], input: Shape, parameters: FlatBuffer, gradients: FlatBuffer?, capacity: Int,
    workers: Int, inputGradient: Bool = false
  ) {
    let layers = operations.map(\.layer)
    let blocks = blockCount(capacity)
    let plan = MemoryPlan(
      layers: layers, hasParameters: operations.map { !$0.parameters.isEmpty }, inputGradient: inputGradient)
    let arena = Arena()
    let isTraining = gradients != nil
    func maps(_ layouts: [MapLayout], shared: [Bool], needed: (Int) -> Bool) -> [FeatureMaps?] {
      var maps: [FeatureMaps?] = []
      var memory: UnsafeMutablePointer<Lanes>?
      for boundary in layouts.indices {
        let shape = boundary == 0 ? input : layers[boundary - 1].output
        guard needed(boundary) else {
          maps.append(nil)
          continue
        }
        let start: UnsafeMutablePointer<Lanes>
        if boundary > 0, shared[boundary - 1], let memory {
          start = memory
        } else {
          start = arena.lanes(blocks * FeatureMaps.blockSize(shape, layouts[boundary]))
        }
        memory = start
        maps.append(FeatureMaps(start, shape: shape, layout: layouts[boundary]))
      }
      return maps
    }
    let values = maps(plan.valueLayouts, shared: plan.sharedValues) { _ in true }
    let slopes = maps(plan.gradientLayouts, shared: plan.sharedGradients) {
      isTraining && plan.needsGradient[$0]
    }
    passes = .allocate(capacity: max(layers.count, 1))
    for (index, operation) in operations.enumerated() {
      guard let x = values[index], let y = values[index + 1] else { continue }
      let weight = operation.parameters.first?.offset ?? 0
      let bias = operation.parameters.dropFirst().first?.offset
      let mixing = operation.layer as? any MixingLayer
      let packed = mixing?.packedSize ?? (forward: 0, inputGradient: 0)
      let gradient = gradients?.floats ?? parameters.floats
      (passes + index).initialize(
        to: LayerPass(
          x: x, y: y, dx: slopes[index], dy: slopes[index + 1], weights: parameters.floats + weight,
          bias: bias.map { UnsafePointer(parameters.floats + $0) }, weightGradient: gradient + weight,
          biasGradient: bias.map { gradient + $0 }, packed: arena.floats(packed.forward),
          packedForInputGradient: arena.floats(isTraining && slopes[index] != nil ? packed.inputGradient : 0),
          memory: arena.lanes(operation.layer.memory(blocks: blocks)), index: index))
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

  init(layers: [any BuiltLayer], hasParameters: [Bool], inputGradient: Bool) {
    let count = layers.count
    valueLayouts = Array(repeating: .dense, count: count + 1)
    sharedValues = Array(repeating: false, count: count)
    gradientLayouts = valueLayouts
    sharedGradients = sharedValues
    needsGradient = Array(repeating: false, count: count + 1)

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
    // A line of slack on both sides: an empty buffer, too, gets a pointer of its own.
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes + 128, alignment: 64)
    chunk.initializeMemory(as: UInt8.self, repeating: 0, count: bytes + 128)
    chunks.append(chunk)
    return chunk + 64
  }

  deinit { for chunk in chunks { chunk.deallocate() } }
}
