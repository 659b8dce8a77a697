import CNNEngine
import ConfigDecoding
import Testing

@Suite struct BatchNormTests {
  private static let layers: [JSON] = [
    ["type": "conv2d", "name": "conv1", "filters": 6, "kernel": 3], ["type": "batch_norm", "name": "bn1"],
    ["type": "relu"], ["type": "conv2d", "name": "conv2", "filters": 9, "kernel": 3, "bias": false],
    ["type": "batch_norm", "name": "bn2"], ["type": "max_pool2d", "kernel": 2, "rounding": "floor"],
    ["type": "batch_norm", "name": "bn3"], ["type": "flatten"], ["type": "dense", "units": 12],
    ["type": "batch_norm", "name": "bn4"], ["type": "tanh"], ["type": "dense", "units": 10],
  ]

  /// A network that has trained a few steps, with its images.
  private func trained() throws -> (Network, TestImages) {
    let network = try makeNetwork(makeModel([1, 12, 12], Self.layers), batchSize: 20)
    let images = TestImages(noise: 60, size: 144)
    let (rule, rate) = try readOptimizer(["type": "sgd", "lr": 0.05])
    let optimizer = try Optimizer(rule, network: network)
    for step in 0..<3 {
      images.load(step * 20..<(step + 1) * 20, into: network)
      _ = network.gradientsOfLoadedBatch()
      optimizer.update(learningRate: rate)
    }
    return (network, images)
  }

  @Test func foldedIntoWeightsItGivesTheSameLogits() throws {
    let (network, images) = try trained()
    let evaluating = try Network(
      model: network.model, parameters: network.parameters, batchSize: 20, training: false,
      threadPool: ThreadPool(threads: 2))
    images.load(0..<20, into: network)
    images.load(0..<20, into: evaluating)
    _ = network.forward(training: false)
    evaluating.infer()
    let (plain, folded) = (network.outputs(images: 20), evaluating.outputs(images: 20))
    expectClose(Array(folded.joined()), Array(plain.joined()), tolerance: 1e-5, "logits")
    #expect(folded != plain)
    // Folded again when the weights change.
    network.parameters.replace(at: network.model.parameters[1].offset, with: [9, 9, 9, 9, 9, 9])
    images.load(0..<20, into: evaluating)
    evaluating.infer()
    #expect(evaluating.outputs(images: 20) != folded)
  }

  @Test func evaluationLeavesTheRunningStatisticsAlone() throws {
    let (network, images) = try trained()
    let before = network.parameters[0..<network.model.flatCount]
    images.load(0..<20, into: network)
    _ = network.forward(training: false)
    #expect(network.parameters[0..<network.model.flatCount] == before)
    _ = network.forward(training: true)
    #expect(network.parameters[0..<network.model.flatCount] != before)
    let count = try #require(network.model.state.first { $0.name == "bn1.num_batches_tracked" })
    #expect(network.parameters[count.range] == [4])
  }

  @Test func imagesThatAreNotThereDoNotCount() throws {
    // The same images alone, and behind a full batch that has left its traces in memory.
    let images = TestImages(noise: 40, size: 144)
    func gradients(_ warmUp: Bool) throws -> [[Float]] {
      let network = try makeNetwork(makeModel([1, 12, 12], Self.layers), batchSize: 40)
      if warmUp {
        images.load(0..<40, into: network)
        _ = network.gradientsOfLoadedBatch()
      }
      images.load(3..<8, into: network)
      return network.gradientsOfLoadedBatch()
    }
    #expect(try gradients(false) == gradients(true))
  }

  @Test func statisticsAreNeitherParametersNorOptimized() throws {
    let model = try makeModel([1, 12, 12], Self.layers)
    #expect(!model.parameters.contains { $0.name.contains("running") })
    #expect(
      model.state.map(\.name).prefix(3) == ["bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"])
    #expect(model.parameterExtent < model.flatCount)
    let network = try makeNetwork(model, batchSize: 4)
    let optimizer = try Optimizer(try readOptimizer(["type": "adam", "lr": 0.1]).optimizer, network: network)
    #expect(optimizer.slots.allSatisfy { $0.count == model.parameterExtent })
    #expect(network.gradients?.count == model.parameterExtent)
  }
}
