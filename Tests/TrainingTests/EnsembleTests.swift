import CNNEngine
import Foundation
import ImageFiles
import Testing
import TestSupport

import Training

struct EnsembleTests {
  private let pool = ThreadPool(threads: 1)

  private func models(_ seeds: [Int], in folder: String) throws -> [LoadedModel] {
    // Seeds draw other digits; one data set for all.
    try seeds.map { seed in
      let config = try Small.config(train: #""epochs": 1, "batch_size": 32"#, extra: #""seed": 1,"#)
      let run = try Small.run(
        config, in: "\(folder)/\(seed)",
        weights: config.model.stateDict(of: config.model.initialParameters(seed: UInt64(seed))))
      return try LoadedModel(run.run.folder.path)
    }
  }

  @Test func aVoteIsTheMeanOfTheProbabilities() throws {
    try withTemporaryFolder { folder in
      let models = try models([1, 2, 3], in: folder)
      let data = try Small.data(models[0].config)
      let images = data.test.images(at: 0..<20)
      let singles = try models.map { try Evaluator($0, threadPool: pool).predictions(images) }
      let votes = try Ensemble(models, threadPool: pool).predictions(images)
      for (image, vote) in votes.enumerated() {
        for label in 0..<10 {
          let mean = singles.reduce(0) { $0 + $1[image].probabilities[label] } / 3
          #expect(abs(vote.probabilities[label] - mean) < 1e-12)
          #expect(abs(vote.logits[label] - max(log(mean), -87)) < 1e-9)
        }
        #expect(vote.probabilities[vote.label] == vote.probabilities.max())
      }
    }
  }

  @Test func theGainIsPairedByImage() throws {
    try withTemporaryFolder { folder in
      let models = try models([1, 2], in: folder)
      let data = try Small.data(models[0].config)
      let views = try #require(PixelShift.views(5))
      let ensemble = try Ensemble(models, views: views, threadPool: pool)
      var scored: [Int] = []
      let (evaluation, gain) = try ensemble.evaluate(
        data.test, of: data, scored: { position, _, _ in scored.append(position) })
      #expect(scored == Array(0..<100) && evaluation.count == 100)
      let nll = try #require(evaluation.probabilities?.negativeLogLikelihood)
      #expect(abs(evaluation.loss - nll) < 1e-5)
      let singles = try models.map { try Evaluator($0, threadPool: pool).evaluate(data.test).accuracy }
      #expect(gain?.singles.map(\.accuracy) == singles)
      for single in gain?.singles ?? [] {
        #expect(abs(single.gain - (evaluation.accuracy - single.accuracy)) < 1e-12)
        if let interval = single.interval { #expect((interval.low...interval.high).contains(single.gain)) }
      }
      #expect(try Ensemble([models[0]], threadPool: pool).evaluate(data.test, of: data).gain == nil)
    }
  }

  @Test func viewsContinueWithThePixelsOfTheEdge() {
    let image = Images(pixels: [1, 2, 3, 4, 5, 6], shape: ImageShape(height: 2, width: 3))
    #expect(image.shifted(PixelShift(x: 1, y: 0)).pixels == [1, 1, 2, 4, 4, 5])
    #expect(image.shifted(PixelShift(x: 0, y: -1)).pixels == [4, 5, 6, 4, 5, 6])
    #expect(image.shifted(PixelShift(x: -1, y: 1)).pixels == [2, 3, 3, 2, 3, 3])
    #expect(PixelShift.views(9)?.count == 9 && PixelShift.views(2) == nil)
  }

  @Test func gainsAreThoseOfAPairedTTest() {
    let gain = VoteGain(
      [true, true, true, false],
      singles: [("a", [true, false, true, false]), ("b", [true, true, true, false])])
    #expect(gain.mean.accuracy == 0.625 && gain.mean.gain == 0.125 && gain.singles[0].gain == 0.25)
    // Differences 0, 1, 0, 0: 0.25 ± 3.1824 · 0.25.
    #expect(gain.singles[0].interval.map { abs($0.low - (0.25 - 3.182446305 * 0.25)) < 1e-6 } == true)
    #expect(gain.singles[1].interval == nil)
  }

  @Test func suspectsAreRankedByTheProbabilityOfTheirLabel() {
    let images = [
      (image: 0, label: 0, probabilities: [0.9, 0.1]), (image: 1, label: 0, probabilities: [0.2, 0.8]),
      (image: 2, label: 1, probabilities: [0.1, 0.9]), (image: 3, label: 1, probabilities: [0.2, 0.8]),
    ]
    let ranking = LabelSuspects(images, classes: 2)
    #expect(ranking.suspects.map(\.image) == [1, 3, 0, 2])
    // Thresholds 0.55 and 0.85: image 1 is not sure enough to be a 1.
    #expect(ranking.issueCount == 0)
    #expect(ranking.suspects[0].prediction == 1 && ranking.suspects[0].labelProbability == 0.2)
  }
}
