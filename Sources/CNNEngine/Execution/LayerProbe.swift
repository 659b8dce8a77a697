import ConfigDecoding
import CSIMD
import Randomness

/// Forward and backward passes of layers on given tensors, by the code of a network: to inspect activations, and to test
/// layers against reference values.
package final class LayerProbe {
  /// The checked layers.
  package let model: Model
  private let network: Network

  /// Allocates everything for up to `images` images of `input`; without `inputGradient` no dx comes back.
  package convenience init(
    _ layers: [NamedLayer], input: Shape, images: Int, threads: Int = 1, usesWinograd: Bool = true,
    inputGradient: Bool = true
  ) throws {
    let model = try Model(input: input, layers: layers, usesWinograd: usesWinograd)
    try self.init(
      model, parameters: model.initialParameters(seed: 0), images: images, threads: threads,
      training: true, inputGradient: inputGradient)
  }

  /// Allocates what the forward pass of up to `images` images with these weights takes, and more for `training`.
  package init(
    _ model: Model, parameters: FlatTensorBuffer, images: Int, threads: Int = 1, training: Bool = false,
    inputGradient: Bool = false
  ) throws(MemoryError) {
    self.model = model.replacingLosses(with: NoLoss())
    network = try Network(
      model: self.model, parameters: parameters, batchSize: images, training: training,
      threadPool: ThreadPool(threads: threads), inputGradient: inputGradient)
  }

  /// Sets every parameter, in the model's order.
  package func setParameters(_ values: [[Float]]) {
    for (parameter, values) in zip(model.parameters, values) {
      require(values.count == parameter.count)
      network.parameters.replace(at: parameter.offset, with: values)
    }
  }

  /// Sets a tensor of the state, by its name.
  package func setState(_ name: String, _ values: [Float]) {
    guard let tensor = model.state.first(where: { $0.name == name }) else { return }
    network.parameters.replace(at: tensor.offset, with: values)
  }

  /// A tensor of the state, by its name.
  package func state(_ name: String) -> [Float] {
    model.state.first { $0.name == name }.map { network.parameters[$0.range] } ?? []
  }

  /// The main output `[N, ...]` of `x` `[N, ...]`.
  package func forward(_ x: [Float], training: Bool = true, dropout: CounterRandom? = nil) -> [Float] {
    require(
      x.count % model.input.count == 0 && x.count <= network.workspace.capacity * model.input.count)
    network.step.images = x.count / model.input.count
    scatter(x, model.input, into: network.workspace.image)
    network.forwardWithoutLosses(training: training, dropout: dropout)
    return scores(ofOutput: 0)
  }

  /// The scores `[N, classes]` of an output after the last forward pass.
  package func scores(ofOutput index: Int) -> [Float] {
    gather(network.workspace.outputs[index].scores, Shape([model.outputs[index].classes]))
  }

  /// The gradients of sum(dy * y), and of regularizers, for the last training forward pass.
  package func backward(_ dy: [Float]) -> (dx: [Float], parameters: [[Float]]) { backward([dy]) }

  /// The gradients of the sum of sum(dy * y) over all outputs.
  package func backward(_ dy: [[Float]]) -> (dx: [Float], parameters: [[Float]]) {
    guard let gradients = network.gradients else { return ([], []) }
    for ((dy, output), buffers) in zip(zip(dy, model.outputs), network.workspace.outputs) {
      require(dy.count == network.step.images * output.classes)
      guard let upstream = buffers.gradient else { continue }
      scatter(dy, Shape([output.classes]), into: upstream)
    }
    network.backward()
    let dx = network.workspace.imageGradient.map { gather($0, model.input) } ?? []
    return (dx, model.parameters.map { gradients[$0.range] })
  }

  /// What regularizers add to the loss of the last forward pass.
  package func regularizationLoss() -> Double { network.regularizationLoss() }

  private func scatter(_ values: [Float], _ shape: Shape, into maps: FeatureMaps) {
    let (lanes, count) = (CPUFeatures.laneCount, shape.count)
    for block in 0..<network.step.blocks {
      let images = min(lanes, network.step.images - block * lanes)
      for index in 0..<count {
        var vector = Lanes()
        for lane in 0..<images { vector[lane] = values[(block * lanes + lane) * count + index] }
        maps.pixel(block, index, shape).pointee = vector
      }
    }
  }

  private func gather(_ maps: FeatureMaps, _ shape: Shape) -> [Float] {
    let (lanes, count) = (CPUFeatures.laneCount, shape.count)
    var values = [Float](repeating: 0, count: network.step.images * count)
    for block in 0..<network.step.blocks {
      let images = min(lanes, network.step.images - block * lanes)
      for index in 0..<count {
        let vector = maps.pixel(block, index, shape).pointee
        for lane in 0..<images { values[(block * lanes + lane) * count + index] = vector[lane] }
      }
    }
    return values
  }
}
