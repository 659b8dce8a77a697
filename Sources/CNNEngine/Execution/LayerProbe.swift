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
  ) throws(ModelError) {
    let model = try Model(input: input, layers: layers, usesWinograd: usesWinograd)
    self.init(
      model, parameters: FlatTensorBuffer(count: model.flatCount), images: images, threads: threads,
      training: true, inputGradient: inputGradient)
  }

  /// Allocates what the forward pass of up to `images` images with these weights takes, and more for `training`.
  package init(
    _ model: Model, parameters: FlatTensorBuffer, images: Int, threads: Int = 1, training: Bool = false,
    inputGradient: Bool = false
  ) {
    self.model = model
    network = Network(
      model: model, parameters: parameters, loss: NoLoss(), batchSize: images, training: training,
      threadPool: ThreadPool(threads: threads), inputGradient: inputGradient)
  }

  /// Sets every parameter, in the model's order.
  package func setParameters(_ values: [[Float]]) {
    for (parameter, values) in zip(model.parameters, values) {
      require(values.count == parameter.count)
      network.parameters.replace(at: parameter.offset, with: values)
    }
  }

  /// The outputs `[N, ...]` of `x` `[N, ...]`.
  package func forward(_ x: [Float], training: Bool = true, dropout: CounterRandom? = nil) -> [Float] {
    require(
      x.count % model.input.count == 0 && x.count <= network.workspace.capacity * model.input.count)
    network.step.images = x.count / model.input.count
    scatter(x, model.input, into: network.workspace.buffers[0].x)
    _ = network.forward(training: training, dropout: dropout)
    return gather(network.workspace.buffers[last].y, Shape([model.output.count]))
  }

  /// The gradients of sum(dy * y), and of regularizers, for the last training forward pass.
  package func backward(_ dy: [Float]) -> (dx: [Float], parameters: [[Float]]) {
    require(dy.count == network.step.images * model.output.count)
    guard let upstream = network.workspace.buffers[last].dy, let gradients = network.gradients
    else { return ([], []) }
    scatter(dy, Shape([model.output.count]), into: upstream)
    network.backward()
    let dx = network.workspace.buffers[0].dx.map { gather($0, model.input) } ?? []
    return (dx, model.parameters.map { gradients[$0.range] })
  }

  /// What regularizers add to the loss of the last forward pass.
  package func regularizationLoss() -> Double { network.regularizationLoss() }

  private var last: Int { network.workspace.operations.count - 1 }

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

/// No loss: the gradient of the outputs is given.
private struct NoLoss: Loss {
  static let absorbsSoftmax = false

  init() {}
  init(decoding decoder: ConfigDecoder) {}

  func evaluate(_ block: inout LossBlock) {}
}
