import CNNEngine
import Testing

@Suite struct WeightAverageTests {
  /// A network with a norm, more weights than two tasks hold, and random images.
  private func makeNorm(threads: Int) throws -> (network: Network, images: TestImages) {
    let model = try makeModel(
      [1, 6, 6],
      [
        ["type": "conv2d", "filters": 3, "kernel": 3], ["type": "batch_norm", "name": "norm"],
        ["type": "relu"],
        ["type": "flatten"], ["type": "dense", "units": 300], ["type": "dense", "units": 10],
      ])
    let images = TestImages(noise: 60, size: 36)
    return (try makeNetwork(model, batchSize: 20, threads: threads), images)
  }

  /// Trains for ten steps; `body` sees every one of them.
  private func train(
    threads: Int, decay: Double, _ body: (Int, Network, WeightAverage) throws -> Void
  ) throws -> [Float] {
    let (network, images) = try makeNorm(threads: threads)
    let average = try WeightAverage(decay: decay, network: network)
    let optimizer = try Optimizer(
      try readOptimizer(["type": "adam", "lr": 1]).optimizer, network: network, average: average)
    try body(0, network, average)
    for step in 1...10 {
      images.load(step % 3 * 20..<(step % 3 + 1) * 20, into: network)
      _ = network.forward(training: true)
      network.backward()
      optimizer.update(learningRate: 0.01)
      try body(step, network, average)
    }
    return average.values[0..<average.values.count]
  }

  @Test(
    "Weights and running statistics are averaged as in a plain loop, counts are copied",
    arguments: [0, 0.3, 0.999])
  func plainLoop(decay: Double) throws {
    var expected: [Float] = []
    _ = try train(threads: 2, decay: decay) { step, network, average in
      let count = average.values.count
      let values = network.parameters[0..<count]
      if step == 0 {
        expected = values
      } else {
        let share = Float(1 - min(decay, Double(1 + step) / Double(10 + step)))
        for index in 0..<count { expected[index].addProduct(share, values[index] - expected[index]) }
        for counter in network.model.state where counter.spec.isCounter {
          #expect(values[counter.offset] == Float(step))
          expected[counter.offset] = values[counter.offset]
        }
      }
      #expect(average.values[0..<count] == expected, "step \(step)")
      #expect(step == 0 || decay == 0 || values != expected)
    }
  }

  @Test("The same bits for 1 to 8 threads")
  func threads() throws {
    let expected = try train(threads: 1, decay: 0.9) { _, _, _ in }
    for threads in 2...8 { #expect(try train(threads: threads, decay: 0.9) { _, _, _ in } == expected) }
  }

  @Test("A network for evaluation that shares the average sees every update")
  func evaluation() throws {
    let images = TestImages(noise: 60, size: 36)
    func loss(_ network: Network, _ values: FlatTensorBuffer) throws -> Double {
      let other = try Network(
        model: network.model, parameters: values, batchSize: 20, training: false,
        threadPool: ThreadPool(threads: 1))
      images.load(0..<20, into: other)
      return other.forward().lossSum
    }
    var sharing: Network?
    var losses: [Double] = []
    _ = try train(threads: 1, decay: 0.5) { _, network, average in
      let shared =
        try sharing
        ?? Network(
          model: network.model, parameters: average.values, batchSize: 20, training: false,
          threadPool: ThreadPool(threads: 1))
      sharing = shared
      images.load(0..<20, into: shared)
      losses.append(shared.forward().lossSum)
      #expect(try losses.last == loss(network, average.values))
    }
    #expect(Set(losses).count == losses.count)
  }

  @Test("Constraints are applied before the average reads the weights")
  func constraints() throws {
    let network = try makeNetwork(
      makeModel([30], [["type": "dense", "units": 5, "max_norm": 0.001]]), batchSize: 1)
    let average = try WeightAverage(decay: 0, network: network)
    let optimizer = try Optimizer(
      try readOptimizer(["type": "sgd", "lr": 1]).optimizer, network: network, average: average)
    optimizer.update(learningRate: 1)
    for unit in 0..<5 {
      let weights = average.values[unit * 30..<(unit + 1) * 30]
      #expect(weights.reduce(0) { $0 + $1 * $1 }.squareRoot() < 0.0011)
    }
  }

  @Test("A running statistic that is not finite is reported as a weight is")
  func finite() throws {
    let (network, _) = try makeNorm(threads: 2)
    let optimizer = try Optimizer(try readOptimizer(["type": "sgd", "lr": 1]).optimizer, network: network)
    #expect(optimizer.update(learningRate: 0))
    let variance = try #require(network.model.state.first { $0.name == "norm.running_var" })
    network.parameters.replace(at: variance.offset + 2, with: [.infinity])
    #expect(!optimizer.update(learningRate: 0))
  }
}
