import CNNEngine
import ConfigDecoding
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LossTests {
  /// A network whose scores for every image are its biases.
  private func network(_ loss: JSON, _ last: [JSON], scores: [Float], images: Int) throws -> Network {
    let model = try makeModel(
      [1, 2, 2], [["type": "flatten"], ["type": "dense", "units": JSON(scores.count)]] + last)
    let network = try makeNetwork(model, loss: loss, batchSize: images)
    network.parameters.replace(
      at: model.parameters[0].offset, with: [Float](repeating: 0, count: 4 * scores.count))
    network.parameters.replace(at: model.parameters[1].offset, with: scores)
    return network
  }

  private func labels(_ labels: [UInt16], _ network: Network) -> BatchResult {
    TestImages(pixels: [UInt8](repeating: 0, count: 4 * labels.count), labels: labels)
      .load(0..<labels.count, into: network)
    return network.forward(training: true)
  }

  /// Every way to write the loss of D0 and D2: on scores, on softmax, on log-softmax.
  @Test(
    arguments: [
      (["type": "cross_entropy"], []), (["type": "cross_entropy"], [["type": "softmax"]]),
      (["type": "cross_entropy"], [["type": "log_softmax"]]), (["type": "nll"], [["type": "log_softmax"]]),
    ] as [(JSON, [JSON])])
  func crossEntropy(loss: JSON, last: [JSON]) throws {
    let network = try network(loss, last, scores: [1, 2, 4], images: 20)
    let result = labels([2, 0], network)
    let e = [exp(1.0), exp(2.0), exp(4.0)]
    let sum = e[0] + e[1] + e[2]
    let expectedLoss = -log(e[2] / sum) - log(e[0] / sum)
    #expect(abs(result.lossSum - expectedLoss) < 1e-6)
    #expect((result.images, result.correct) == (2, 1))
    network.backward()
    let gradient = try #require(network.gradients)[network.model.parameters[1].range]
    let expected = [e[0] / sum - 0.5, e[1] / sum, e[2] / sum - 0.5]
    expectClose(gradient, expected, scale: [1], tolerance: 2e-7, "bias gradient")
  }

  @Test func crossEntropyOfExtremeScoresIsFinite() throws {
    let network = try network(["type": "cross_entropy"], [], scores: [1000, -1000, 0], images: 3)
    let result = labels([0, 1, 2], network)
    #expect(result.lossSum == 3000)
    network.backward()
    #expect(try #require(network.gradients).isFinite)
  }

  @Test func meanSquaredError() throws {
    let network = try network(["type": "mse"], [], scores: [1, 2, 4], images: 2)
    let result = labels([2, 0], network)
    let squares: [Double] = [1, 4, 9, 0, 4, 16]
    #expect(abs(result.lossSum - squares.reduce(0, +) / 3) < 1e-5)
    network.backward()
    let gradient = try #require(network.gradients)[network.model.parameters[1].range]
    // 2 (y - target) / 3 classes, a mean over two images.
    expectClose(gradient, [1.0 / 3, 4.0 / 3, 7.0 / 3], scale: [1], tolerance: 1e-6, "bias gradient")
  }

  /// Losses with all that lies before them, against central differences of the loss.
  @Test(
    arguments: [
      (["type": "cross_entropy"], []), (["type": "cross_entropy"], [["type": "softmax"]]),
      (["type": "cross_entropy"], [["type": "log_softmax"]]), (["type": "nll"], [["type": "log_softmax"]]),
      (["type": "mse"], []), (["type": "mse"], [["type": "softmax"]]),
      (["type": "mse"], [["type": "sigmoid"]]),
      (["type": "cross_entropy"], [["type": "dropout", "rate": 0.3], ["type": "softmax"]]),
    ] as [(JSON, [JSON])])
  func analyticEqualsNumerical(loss: JSON, last: [JSON]) throws {
    let model = try makeModel(
      [1, 4, 4],
      [
        ["type": "conv2d", "name": "a", "filters": 2, "kernel": 2, "l2": 0.01], ["type": "tanh"],
        ["type": "flatten"],
        ["type": "dense", "name": "b", "units": 4, "activity_l2": 0.1],
      ] + last)
    let network = try makeNetwork(model, loss: loss, batchSize: 18)
    let images = TestImages(pixels: FixtureValues.images(18, pixels: 16), labels: (0..<18).map { $0 % 4 })
    images.load(0..<18, into: network)
    let analytic = network.gradientsOfLoadedBatch()
    func objective() -> Double {
      return network.forward(training: true).lossSum / 18 + network.regularizationLoss()
    }
    let step: Float = 0x1p-6
    for (parameter, gradient) in zip(model.parameters, analytic) {
      let numerical = parameter.range.map { place in
        let value = network.parameters[place..<place + 1][0]
        network.parameters.replace(at: place, with: [value + step])
        let right = objective()
        network.parameters.replace(at: place, with: [value - step])
        let left = objective()
        network.parameters.replace(at: place, with: [value])
        return (right - left) / Double(2 * step)
      }
      expectClose(
        gradient, numerical, scale: [numerical.absolute.reduce(0.01, max)], tolerance: 1e-3, parameter.name)
    }
  }
}
