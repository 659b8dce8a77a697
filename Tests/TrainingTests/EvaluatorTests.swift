import CNNEngine
import Foundation
import ImageFiles
import Testing
import TestSupport
import Training

@Suite struct EvaluationTests {
  /// A matrix by hand: no image of class 0, no prediction of class 3.
  private let evaluation = Evaluation(
    loss: 0.5, confusion: [[0, 0, 0, 0], [0, 3, 1, 0], [2, 1, 5, 0], [0, 0, 4, 0]])

  @Test("Counts come from the confusion matrix")
  func counts() {
    #expect(evaluation.count == 16 && evaluation.correct == 8 && evaluation.accuracy == 0.5)
    #expect(Evaluation(loss: 0, confusion: [[0, 0], [0, 0]]).accuracy == 0)
  }

  @Test("Precision, recall and F1; nil where there is nothing to divide by")
  func perClass() {
    let rows = evaluation.perClass
    #expect(rows.map(\.label) == [0, 1, 2, 3])
    #expect(rows.map(\.count) == [0, 4, 8, 4])
    #expect(rows.map(\.precision) == [0, 0.75, 0.5, nil])
    #expect(rows.map(\.recall) == [nil, 0.75, 0.625, 0])
    #expect(evaluation.outputs[0].balancedAccuracy == (0.75 + 0.625) / 3)
    #expect(rows.map(\.f1) == [0, 0.75, 10.0 / 18, 0])
    let unseen = Evaluation(loss: 0, confusion: [[1, 0], [0, 0]]).perClass[1]
    #expect(unseen.precision == nil && unseen.recall == nil && unseen.f1 == nil)
  }
}

@Suite struct EvaluatorTests {
  /// -log softmax(scores)[label], in double precision.
  private func crossEntropy(_ scores: [Float], _ label: Int) -> Double {
    -log(Prediction(scores: scores).probabilities[label])
  }

  private func evaluator(_ config: ExperimentConfig, threads: Int = 1) throws -> Evaluator {
    let parameters = try config.model.initialParameters(seed: 5)
    return Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: threads))
  }

  @Test("Loss, accuracy and confusion are those of the scores", arguments: [1, 127, 128, 129, 300])
  func definition(count: Int) throws {
    let config = try Small.config()
    let images = try Small.data(config).train.prefix(count)
    let evaluator = try evaluator(config)
    let evaluation = try evaluator.evaluate(images)
    let scores = try evaluator.scores(
      Images(pixels: (0..<count).flatMap { images[$0] }, shape: images.shape))
    #expect(scores.count == count && evaluation.count == count)
    var (loss, confusion) = (0.0, Array(repeating: Array(repeating: 0, count: 10), count: 10))
    for (index, scores) in scores.enumerated() {
      let label = Int(images.label(at: index))
      loss += crossEntropy(scores, label)
      confusion[label][Prediction(scores: scores).label] += 1
    }
    #expect(evaluation.confusion.rows == confusion)
    #expect(abs(evaluation.loss - loss / Double(count)) < 1e-5)
    let data = try Small.data(config)
    let scored = try evaluator.evaluateProbabilities(images, of: data)
    #expect(scored.loss == evaluation.loss && scored.confusion == evaluation.confusion)
    let probabilities = try #require(scored.probabilities)
    #expect(probabilities.count == count && scored.wrongLabels == nil)
    #expect(probabilities.bins.reduce(0) { $0 + $1.correct } == evaluation.correct)
    #expect(abs(probabilities.negativeLogLikelihood - loss / Double(count)) < 1e-12)
  }

  @Test("The loss includes weight and activity regularization of all batches")
  func penalties() throws {
    func loss(_ options: String, _ count: Int) throws -> Double {
      let config = try Small.config(
        layers: #""flatten", { "type": "dense", "name": "fc", "units": 10\#(options) }"#)
      return try evaluator(config).evaluate(Small.data(config).train.prefix(count)).loss
    }
    let weights = try Small.config(layers: Small.linear).model.initialParameters(seed: 5)
    let squares = weights[0..<1440].reduce(0) { $0 + Double($1) * Double($1) }
    #expect(try abs(loss(", \"l2\": 0.1", 300) - loss("", 300) - 0.1 * squares) < 1e-5)
    // 300 images are batches of 128, 128 and 44: each image counts once, whatever its batch.
    let activity = ", \"activity_l1\": 0.1"
    let whole = try loss(activity, 300) - loss("", 300)
    let first = try loss(activity, 128) - loss("", 128)
    #expect(whole > 0.01 && abs(whole - first) > 1e-6)
    let config = try Small.config(layers: Small.linear)
    let images = try Small.data(config).train
    let scores = try evaluator(config).scores(
      Images(pixels: (0..<300).flatMap { images[$0] }, shape: images.shape))
    let absolute = scores.joined().reduce(0) { $0 + Double(abs($1)) }
    #expect(abs(whole - 0.1 * absolute / 300) < 1e-5)
  }

  @Test("The same metrics for any number of threads, without dropout")
  func threads() throws {
    let config = try Small.config()
    let images = try Small.data(config).train
    let evaluations = try [1, 2, 3, 1].map { try evaluator(config, threads: $0).evaluate(images) }
    for evaluation in evaluations {
      #expect(evaluation.loss == evaluations[0].loss && evaluation.confusion == evaluations[0].confusion)
    }
  }

  @Test("The scores of a network that ends in softmax are those before it, for every loss")
  func softmax() throws {
    func probabilities(_ ending: String, loss: String) throws -> [[Double]] {
      let config = try Small.config(layers: Small.linear + ending, extra: "\"loss\": \"\(loss)\",")
      let images = Images(
        pixels: Array(try Small.data(config).train.images.pixels[..<1440]),
        shape: ImageShape(height: 12, width: 12))
      return try evaluator(config).scores(images).map { Prediction(scores: $0).probabilities }
    }
    let expected = try probabilities("", loss: "cross_entropy")
    for (ending, loss) in [
      (", \"softmax\"", "cross_entropy"), (", \"log_softmax\"", "nll"), (", \"softmax\"", "mse"),
    ] {
      let found = try probabilities(ending, loss: loss)
      let differences = zip(expected.joined(), found.joined()).map { abs($0 - $1) }
      #expect(differences.count == 100 && differences.allSatisfy { $0 < 1e-6 })
    }
  }

  @Test("An evaluator sees the weights change")
  func sharedWeights() throws {
    let config = try Small.config()
    let images = try Small.data(config).test
    let parameters = try config.model.initialParameters(seed: 5)
    let evaluator = Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 1))
    let before = try evaluator.evaluate(images)
    parameters.replace(at: 0, with: [Float](repeating: 0, count: parameters.count))
    let after = try evaluator.evaluate(images)
    #expect(before.loss != after.loss)
    #expect(abs(after.loss - log(10)) < 1e-6, "without weights every class is as probable")
  }

  @Test("No images, no evaluation")
  func empty() throws {
    let config = try Small.config()
    let none = try Small.data(config).test.prefix(0)
    #expect(message { _ = try evaluator(config).evaluate(none) } == "no batch: there are no images")
    #expect(try evaluator(config).scores(Images(pixels: [], shape: none.shape)) == [])
  }

  @Test("Outputs that are not finite are an error that names the image and the layer")
  func notFinite() throws {
    let layers =
      #""flatten", { "type": "dense", "name": "a", "units": 4 }, { "type": "dense", "name": "b", "units": 10 }"#
    let config = try Small.config(layers: layers)
    let images = try Small.data(config).test
    let parameters = try config.model.initialParameters(seed: 5)
    parameters.replace(at: 0, with: [Float](repeating: 3e38, count: parameters.count))
    let evaluator = Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 1))
    let text =
      "the network's outputs are not finite, first in layer a; its weights are too large for this input"
    #expect(message { _ = try evaluator.evaluate(images) } == "image 0: \(text)")
    let picture = Images(pixels: Array(images[0]), shape: images.shape)
    #expect(message { _ = try evaluator.predictions(picture, names: ["seven.png"]) } == "seven.png: \(text)")
    #expect(message { _ = try evaluator.scores(picture) } == "image 0: \(text)")
  }

  @Test("A loss that is not finite is an error, too")
  func infiniteLoss() throws {
    let config = try Small.config(layers: Small.linear, extra: #""loss": "mse","#)
    let parameters = try config.model.initialParameters(seed: 5)
    parameters.replace(at: 0, with: [Float](repeating: 1e25, count: parameters.count))
    let evaluator = Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 1))
    let images = try Small.data(config).test
    #expect(message { _ = try evaluator.evaluate(images) }.hasPrefix("the loss of 100 images: "))
  }
}
