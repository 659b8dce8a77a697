import CNNEngine
import ConfigDecoding
import Testing

@Suite struct OptimizerTests {
  @Test(
    arguments: [
      (["type": "sgd", "lr": 1], []), (["type": "sgd", "lr": 1, "momentum": 0.9], ["momentum"]),
      (["type": "adam", "lr": 1], ["exp_avg", "exp_avg_sq"]), (["type": "adagrad", "lr": 1], ["sum"]),
      (["type": "rmsprop", "lr": 1], ["square_avg"]),
      (["type": "rmsprop", "lr": 1, "momentum": 0.5], ["square_avg", "momentum"]),
    ] as [(JSON, [String])])
  func slotsOfACheckpoint(optimizer: JSON, names: [String]) throws {
    let network = try makeNetwork(makeModel([3], [["type": "dense", "units": 2]]), batchSize: 1)
    let run = try Optimizer(try readOptimizer(optimizer).optimizer, network: network)
    #expect(run.slotNames == names)
    #expect(run.slots.map(\.count) == names.map { _ in network.parameters.count })
    #expect(run.step == 0)
  }

  @Test func meanSquaresStartWhereTheFrameworksStartThem() throws {
    func start(_ optimizer: JSON) throws -> [Float] {
      let network = try makeNetwork(makeModel([3], [["type": "dense", "units": 2]]), batchSize: 1)
      return try Optimizer(try readOptimizer(optimizer).optimizer, network: network).slots[0][0..<1]
    }
    #expect(try start(["type": "rmsprop", "lr": 1]) == [0])
    #expect(try start(["type": "rmsprop", "lr": 1, "flavor": "keras"]) == [0])
    #expect(try start(["type": "rmsprop", "lr": 1, "flavor": "tensorflow"]) == [1])
    #expect(try start(["type": "adagrad", "lr": 1]) == [0])
    #expect(try start(["type": "adagrad", "lr": 1, "flavor": "keras"]) == [0.1])
    #expect(try start(["type": "adagrad", "lr": 1, "initial_accumulator": 0.5]) == [0.5])
  }

  /// More weights than one task holds, on several threads: each is updated once.
  @Test func everyWeightIsUpdatedOnce() throws {
    let model = try makeModel([300], [["type": "dense", "units": 100]])
    let network = try makeNetwork(model, batchSize: 1, threads: 3)
    let before = network.parameters[0..<model.flatCount]
    let gradients = try #require(network.gradients)
    gradients.replace(at: 0, with: [Float](repeating: 0.5, count: model.flatCount))
    let run = try Optimizer(try readOptimizer(["type": "sgd", "lr": 0.5]).optimizer, network: network)
    run.update(learningRate: 0.5)
    #expect(network.parameters[0..<model.flatCount] == before.map { $0 - 0.25 })
    #expect(run.step == 1)
  }

  /// The network computes with the new weights without being told of them.
  @Test func newWeightsAreUsedAtOnce() throws {
    let network = try makeNetwork(
      makeModel([1, 4, 4], [["type": "flatten"], ["type": "dense", "units": 3]]), batchSize: 5)
    let run = try Optimizer(try readOptimizer(["type": "sgd", "lr": 0.3]).optimizer, network: network)
    let images = TestImages(pixels: FixtureValues.images(5, pixels: 16), labels: [0, 1, 2, 0, 1])
    images.load(0..<5, into: network)
    var losses: [Double] = []
    for _ in 0..<20 {
      losses.append(network.forward(training: true).lossSum)
      network.backward()
      run.update(learningRate: 0.3)
    }
    #expect(zip(losses, losses.dropFirst()).allSatisfy { $1 < $0 })
  }

  @Test func nesterovNeedsMomentum() {
    #expect(throws: ConfigError.self) { try readOptimizer(["type": "sgd", "lr": 1, "nesterov": true]) }
  }
}
