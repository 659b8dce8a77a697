import CNNEngine
import ConfigDecoding
import Testing

/// Penalties and constraints on weights, by hand.
@Suite struct WeightRegularizerTests {
  /// A dense layer from three features to two units with weights (1, -2, 0) and (3, 0, 4), biases 5 and 6.
  private func network(_ options: JSON) throws -> Network {
    var layer = options
    layer["type"] = "dense"
    layer["units"] = 2
    let model = try makeModel([3, 1, 1], [["type": "flatten"], layer])
    let network = try makeNetwork(model, batchSize: 1)
    network.parameters.replace(at: model.parameters[0].offset, with: [1, -2, 0, 3, 0, 4])
    network.parameters.replace(at: model.parameters[1].offset, with: [5, 6])
    return network
  }

  private func values(_ buffer: FlatTensorBuffer?, _ network: Network) -> [[Float]] {
    network.model.parameters.map { buffer?[$0.range] ?? [] }
  }

  /// What an SGD step at rate 1 leaves of the weights when the gradient is zero.
  private func stepped(_ network: Network, _ optimizer: JSON = ["type": "sgd", "lr": 1]) throws -> [[Float]] {
    let (optimizer, rate) = try readOptimizer(optimizer)
    for parameter in network.model.parameters {
      network.gradients?.replace(
        at: parameter.offset, with: [Float](repeating: 0, count: parameter.count))
    }
    try Optimizer(optimizer, network: network).update(learningRate: rate)
    return values(network.parameters, network)
  }

  /// The gradient on black images: what the loss says of the biases, and the penalty of the weights.
  private func gradient(_ network: Network) -> [[Float]] {
    TestImages(pixels: [0, 0, 0], labels: [0]).load(0..<1, into: network)
    return network.gradientsOfLoadedBatch()
  }

  @Test func l1() throws {
    let network = try network(["l1": 0.5])
    #expect(gradient(network)[0] == [0.5, -0.5, 0, 0.5, 0, 0.5])
    #expect(network.regularizationLoss() == 0.5 * 10)
  }

  @Test func l2() throws {
    let network = try network(["l2": 0.25])
    #expect(gradient(network)[0] == [0.5, -1, 0, 1.5, 0, 2])
    #expect(network.regularizationLoss() == 0.25 * 30)
  }

  @Test func biasesAreNotPenalized() throws {
    let (plain, penalized) = (try network([:]), try network(["l1": 0.5, "l2": 0.25]))
    #expect(gradient(plain)[1] == gradient(penalized)[1])
    #expect(plain.regularizationLoss() == 0)
    #expect(penalized.regularizationLoss() == 0.5 * 10 + 0.25 * 30)
  }

  @Test func maxNormScalesLongRowsDown() throws {
    let weights = try stepped(network(["max_norm": 2.5]))
    // (1, -2, 0) is shorter than 2.5, (3, 0, 4) has length 5.
    #expect(Array(weights[0].prefix(3)) == [1, -2, 0])
    expectClose(Array(weights[0].suffix(3)), [1.5, 0, 2], tolerance: 1e-6, "scaled row")
    #expect(weights[1] == [5, 6])
  }

  @Test func maxNormHoldsForEachFilter() throws {
    let model = try makeModel(
      [2, 2, 2], [["type": "conv2d", "filters": 2, "kernel": 2, "bias": false, "max_norm": 1]])
    let network = try makeNetwork(model, batchSize: 1)
    network.parameters.replace(
      at: 0, with: [Float](repeating: 0.25, count: 8) + [Float](repeating: 2, count: 8))
    let weights = try stepped(network)[0]
    #expect(Array(weights.prefix(8)) == [Float](repeating: 0.25, count: 8))
    expectClose(
      Array(weights.suffix(8)), [Float](repeating: Float(1 / 8.0.squareRoot()), count: 8), tolerance: 1e-6,
      "scaled filter")
  }

  /// PyTorch's decay goes through the gradient, Keras' and AdamW's shrinks weights and biases by lr * rate.
  @Test func weightDecay() throws {
    let torch = try stepped(network([:]), ["type": "sgd", "lr": 0.5, "weight_decay": 0.25])
    #expect(torch == [[0.875, -1.75, 0, 2.625, 0, 3.5], [4.375, 5.25]])
    for type: JSON in ["sgd", "adam", "adagrad", "rmsprop"] {
      var optimizer: JSON = ["lr": 0.5, "weight_decay": 0.25, "decoupled_weight_decay": true]
      optimizer["type"] = type
      let decoupled = try stepped(network([:]), optimizer)
      #expect(decoupled == torch, "\(type)")
    }
    // In Adam a decay that goes through the gradient is divided by the gradient's own size.
    let adam = try stepped(network([:]), ["type": "adam", "lr": 0.5, "weight_decay": 0.25])
    expectClose(adam[0], [0.5, -1.5, 0, 2.5, 0, 3.5], tolerance: 1e-6, "adam")
  }
}
