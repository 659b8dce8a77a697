import Statistics
import Testing

struct ProbabilityScoresTests {
  @Test func theyAreThoseOfScikitLearn() throws {
    let fixture = try StatisticsFixture.load().scores
    var scores = ProbabilityScores()
    for (index, label) in fixture.labels.enumerated() {
      let image = ProbabilityScores.Image(logits: fixture.logits[index], label: label)
      #expect(image.prediction == fixture.predictions[index])
      #expect(image.isCorrect == (image.prediction == label))
      scores.add(image)
    }
    #expect(scores.count == 60)
    #expect(isClose(scores.negativeLogLikelihood, fixture.negativeLogLikelihood))
    #expect(isClose(scores.brier, fixture.brier))
    #expect(isClose(scores.expectedCalibrationError, fixture.calibrationError))
  }

  @Test func aProbabilityTooSmallForANumberHasAFiniteScore() {
    let image = ProbabilityScores.Image(logits: [2_000, -2_000, 0], label: 1)
    #expect(image.negativeLogLikelihood == 4_000 && image.brier == 2 && image.confidence == 1)
  }

  @Test func classesWithoutImagesAreLeftOutOfTheBalancedAccuracy() throws {
    let fixture = try StatisticsFixture.load().scores
    var (correct, counts) = ([0, 0, 0, 0], [0, 0, 0, 0])
    for (label, prediction) in zip(fixture.labels, fixture.predictions) {
      counts[label] += 1
      correct[label] += prediction == label ? 1 : 0
    }
    #expect(counts[3] == 0)
    #expect(isClose(balancedAccuracy(correct: correct, counts: counts), fixture.balancedAccuracy))
    #expect(balancedAccuracy(correct: [0], counts: [0]) == nil)
  }

  @Test func aBinContainsItsUpperEndOnly() {
    // Two equal logits have a probability of 1/2, ten have 1/10; 1/5 and 1 are ends of bins.
    var scores = ProbabilityScores()
    for classes in [1, 2, 5, 10] {
      let logits = [Float](repeating: 3, count: classes)
      scores.add(ProbabilityScores.Image(logits: logits, label: 0))
    }
    let filled = scores.bins.indices.filter { scores.bins[$0].count > 0 }
    #expect(filled == [1, 2, 7, 14])
  }

  @Test func noImagesHaveNoScore() {
    let scores = ProbabilityScores()
    #expect(scores.brier == 0 && scores.negativeLogLikelihood == 0 && scores.expectedCalibrationError == 0)
  }
}
