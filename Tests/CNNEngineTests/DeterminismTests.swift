import CNNEngine
import ConfigDecoding
import Randomness
import Testing

/// The same bits for any number of threads.
@Suite struct DeterminismTests {
  private static let small: [JSON] = [
    ["type": "conv2d", "name": "conv1", "filters": 6, "kernel": 5, "padding": "same"], ["type": "relu"],
    ["type": "max_pool2d", "kernel": 2], ["type": "dropout", "rate": 0.2],
    ["type": "conv2d", "name": "conv2", "filters": 16, "kernel": 5, "activity_l1": 0.001], ["type": "relu"],
    ["type": "max_pool2d", "kernel": 2], ["type": "flatten"], ["type": "dropout", "rate": 0.5],
    ["type": "dense", "name": "fc1", "units": 33, "l2": 0.01, "max_norm": 0.5], ["type": "tanh"],
    ["type": "dense", "name": "fc2", "units": 10], ["type": "softmax"],
  ]

  private static let tf: [JSON] = {
    func conv(_ name: String, _ filters: Int) -> [JSON] {
      [
        [
          "type": "conv2d", "name": JSON(name), "filters": JSON(filters), "kernel": 3, "padding": "same",
          "bias": false,
        ], ["type": "relu"], ["type": "max_pool2d", "kernel": 2, "padding": "same"],
        ["type": "dropout", "rate": 0.2],
      ]
    }
    return conv("conv1", 32) + conv("conv2", 64) + conv("conv3", 128) + [
      ["type": "flatten"], ["type": "dense", "name": "fc1", "units": 125, "bias": false], ["type": "relu"],
      ["type": "dropout", "rate": 0.5], ["type": "dense", "name": "fc2", "units": 10, "bias": false],
    ]
  }()

  /// What five training steps leave: parameters, optimizer slots, and the last gradient, outputs and loss.
  private func train(_ layers: [JSON], batch: Int, threads: Int) throws -> [[UInt32]] {
    let network = try makeNetwork(
      makeModel([1, 28, 28], layers), batchSize: batch, threads: threads)
    let (optimizer, rate) = try readOptimizer(["type": "rmsprop", "lr": 0.001, "momentum": 0.5])
    let run = try Optimizer(optimizer, network: network)
    let images = TestImages(noise: 5 * batch, size: 784)
    var loss = 0.0
    for step in 0..<5 {
      images.load(step * batch..<(step + 1) * batch, into: network)
      let dropout = CounterRandom(seed: 7, purpose: .dropout, stream: UInt64(step))
      loss = network.forward(training: true, dropout: dropout).lossSum
      network.backward()
      run.update(learningRate: rate)
    }
    let buffers = [network.parameters, try #require(network.gradients)] + run.slots
    let bits = buffers.map { buffer in buffer[0..<buffer.count].map(\.bitPattern) }
    let outputs = network.outputs(images: batch).joined().map(\.bitPattern)
    return bits + [outputs, [UInt32(truncatingIfNeeded: loss.bitPattern), UInt32(loss.bitPattern >> 32)]]
  }

  @Test(arguments: [1, 23, 64]) func smallNetworkGivesTheSameBits(batch: Int) throws {
    try expectSameBits(Self.small, batch: batch)
  }

  @Test(arguments: [19]) func tfConvnetGivesTheSameBits(batch: Int) throws {
    try expectSameBits(Self.tf, batch: batch)
  }

  private func expectSameBits(_ layers: [JSON], batch: Int) throws {
    let expected = try train(layers, batch: batch, threads: 1)
    for threads in [1, 2, 3, 4, 8] {
      let bits = try train(layers, batch: batch, threads: threads)
      #expect(bits == expected, "\(threads) threads")
    }
  }
}
