import CNNEngine
import Datasets
import Testing
import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The loss of every step of an unshuffled epoch against PyTorch's.
@Suite struct LossCurveTests {
  @Test(arguments: ["sgd", "momentum", "adam"]) func fortyStepsFollowPyTorch(_ name: String) throws {
    let images = TestImages(
      pixels: FixtureValues.learnableImages(2000), labels: FixtureValues.labels(2000))
    try compareCurve("curve-\(name)", on: images)
  }

  @Test(.enabled(if: mnist != nil)) func theFirstEpochOnMNISTFollowsPyTorch() throws {
    let files = try DatasetFiles(in: #require(Self.mnist))
    let train = try LabeledImages.load(images: files.trainImages, labels: files.trainLabels)
    try compareCurve("curve-mnist", on: TestImages(pixels: train.pixels, labels: train.labels))
  }

  private static let mnist = ProcessInfo.processInfo.environment["CNN_DATA_DIR"]

  private func compareCurve(_ name: String, on images: TestImages) throws {
    let fixture = try Fixture(name)
    let batch = try #require(fixture.json("batch").integer)
    #expect(try fixture.json("images").integer == images.labels.count)
    let (optimizer, learningRate) = try readOptimizer(fixture.json("optimizer"))
    let model = try NetworkFixtureTests.model(of: Fixture("network-\(fixture.text("config"))"))
    let network = try makeNetwork(model, batchSize: batch, threads: 2)
    let run = try Optimizer(optimizer, network: network)
    var losses: [Float] = []
    for start in stride(from: 0, to: images.labels.count, by: batch) {
      images.load(start..<min(start + batch, images.labels.count), into: network)
      let result = network.forward(training: true)
      losses.append(Float(result.lossSum / Double(result.images)))
      network.backward()
      run.update(learningRate: learningRate)
    }
    let expected = try fixture.floats("loss").doubles
    #expect(expected.last ?? 1 < 0.95 * expected[0])
    // Adam divides by the root of small squares: it turns the last bit of a gradient into a step.
    let tolerance = try fixture.json("optimizer")["type"] == "adam" ? 1e-3 : 1e-4
    expectClose(losses, expected, scale: [1], tolerance: tolerance, name)
  }
}
