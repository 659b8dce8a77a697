import CNNEngine
import ConfigDecoding
import Testing

/// Graphs and chains, written ones and random ones, against PyTorch in double precision: one step and ten.
@Suite struct GraphFixtureTests {
  /// A model of the fixtures at work, with its images.
  private struct Run {
    let network: Network
    let optimizer: Optimizer
    let rate: Double
    let batch: Int
    let images: TestImages
    var model: Model { network.model }

    init(_ description: JSON, threads: Int = 2) throws {
      let model = try readModel(
        #require(description["model"]), loss: description["loss"] ?? "cross_entropy")
      batch = try #require(description["batch"]?.integer)
      let steps = try #require(description["steps"]?.integer)
      network = try Network(
        model: model, parameters: model.initialParameters(seed: 0), batchSize: batch, training: true,
        threadPool: ThreadPool(threads: threads))
      for (parameter, values) in zip(model.parameters, graphParameters(of: model)) {
        network.parameters.replace(at: parameter.offset, with: values)
      }
      let (rule, rate) = try readOptimizer(#require(description["optimizer"]))
      (optimizer, self.rate) = (try Optimizer(rule, network: network), rate)
      images = TestImages(noise: steps * batch, size: model.input.count)
    }

    /// The forward and backward pass of one step; returns the sum of all losses, then each output's.
    func passes(_ step: Int) -> [Float] {
      images.load(step * batch..<(step + 1) * batch, into: network)
      let result = network.forward(training: true)
      network.backward()
      let losses = model.outputs.indices.map { network.result(ofOutput: $0).lossSum }
      return ([result.lossSum] + losses).map { Float($0 / Double(batch)) }
    }

    func scores(_ output: Int, of network: Network) -> [Float] {
      (0..<batch).flatMap { network.outputs(ofImage: $0, output: output) }
    }
  }

  @Test func oneStepAndTenStepsArePyTorchs() throws {
    let fixture = try Fixture("graphs")
    #expect(fixture.cases.count >= 20)
    for name in fixture.cases {
      let description = try fixture.json(name)
      let run = try Run(description)
      let parameters = try fixture.entries(#require(description["parameters"]))
      let state = try fixture.entries(#require(description["state"]))
      #expect(run.model.parameters.map(\.name) == parameters.map(\.name), "\(name)")
      #expect(run.model.parameters.map(\.shape) == parameters.map(\.shape), "\(name)")

      var losses = [run.passes(0)]
      for (index, output) in run.model.outputs.enumerated() {
        try fixture.compare(
          run.scores(index, of: run.network), with: "\(name).logits.\(output.name)", every: 0,
          tolerance: 1e-5)
      }
      for (parameter, entry) in zip(run.model.parameters, parameters) {
        let gradient = try #require(run.network.gradients)[parameter.range]
        try fixture.compare(
          gradient, with: "\(name).gradient.\(entry.name)", every: entry.every, tolerance: 2e-5, least: 0.1)
      }
      run.optimizer.update(learningRate: run.rate)
      for step in 1..<run.images.labels.count / run.batch {
        losses.append(run.passes(step))
        run.optimizer.update(learningRate: run.rate)
      }
      expectClose(
        losses.flatMap { $0 }, try fixture.floats("\(name).losses"), tolerance: 1e-5, "\(name).losses")
      for (range, entry) in zip(run.model.parameters.map(\.range), parameters) {
        try fixture.compare(
          run.network.parameters[range], with: "\(name).trained.\(entry.name)", every: entry.every,
          tolerance: 3e-5, least: 0.1)
      }
      for entry in state {
        let tensor = try #require(run.model.state.first { $0.name == entry.name })
        try fixture.compare(
          run.network.parameters[tensor.range], with: "\(name).trained.\(entry.name)", every: entry.every,
          tolerance: 2e-5, least: 0.1)
      }
      // Norms are folded into weights where they can be.
      let evaluating = try Network(
        model: run.model, parameters: run.network.parameters, batchSize: run.batch, training: false,
        threadPool: ThreadPool(threads: 1))
      run.images.load(0..<run.batch, into: evaluating)
      evaluating.infer()
      for (index, output) in run.model.outputs.enumerated() {
        try fixture.compare(
          run.scores(index, of: evaluating), with: "\(name).eval.\(output.name)", every: 0, tolerance: 5e-5)
      }
    }
  }

  /// Losses, gradients, weights and running statistics of three steps, whatever the number of threads.
  @Test(arguments: [2, 3, 4, 8]) func graphsGiveTheSameBits(threads: Int) throws {
    let fixture = try Fixture("graphs")
    func bits(_ description: JSON, _ threads: Int) throws -> [[UInt32]] {
      let run = try Run(description, threads: threads)
      var bits: [[UInt32]] = []
      for step in 0..<3 {
        bits.append(run.passes(step).map(\.bitPattern))
        let gradients = try #require(run.network.gradients)
        bits.append(gradients[0..<gradients.count].map(\.bitPattern))
        run.optimizer.update(learningRate: run.rate)
      }
      return bits + [run.network.parameters[0..<run.model.flatCount].map(\.bitPattern)]
    }
    for name in fixture.cases {
      let description = try fixture.json(name)
      #expect(try bits(description, threads) == bits(description, 1), "\(name)")
    }
  }
}
