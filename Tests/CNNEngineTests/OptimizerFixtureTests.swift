import CNNEngine
import Testing

/// Ten steps of every optimizer and option against PyTorch, Keras and TensorFlow.
@Suite struct OptimizerFixtureTests {
  @Test func tenStepsAreTheFrameworks() throws {
    let fixture = try Fixture("optimizers")
    #expect(fixture.names.count == 45)
    for name in fixture.names {
      // 64 weights and no bias; their gradients come from the fixture.
      let model = try makeModel([1], [["type": "dense", "units": 64, "bias": false]])
      let network = try makeNetwork(model, batchSize: 1)
      let (optimizer, learningRate) = try readOptimizer(fixture.json(name))
      let run = try Optimizer(optimizer, network: network)
      var before = FixtureValues.optimizerVector(step: 0)
      network.parameters.replace(at: 0, with: before)
      let path = try fixture.floats(name)
      var expectedBefore = before
      #expect(path.count == 640)
      for step in 1...10 {
        try #require(network.gradients).replace(at: 0, with: FixtureValues.optimizerVector(step: step))
        run.update(learningRate: learningRate)
        let after = network.parameters[0..<64]
        let expected = Array(path[(step - 1) * 64..<step * 64])
        expectClose(
          after, expected.doubles, scale: [1], tolerance: 3e-7, "\(name), step \(step)")
        // What a step changes, so that a small step which is wrong shows as well.
        let changes = zip(after, before).map { $0 - $1 }
        let expectedChanges = zip(expected, expectedBefore).map { Double($0) - Double($1) }
        expectClose(
          changes, expectedChanges, scale: expectedChanges.map { abs($0) + 1e-4 }, tolerance: 2e-3,
          "\(name), change of step \(step)")
        (before, expectedBefore) = (after, expected)
      }
      #expect(run.step == 10)
    }
  }
}
