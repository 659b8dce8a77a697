import Statistics
import Testing

struct ProbabilityScoresTests {
  @Test func theyAreThoseOfScikitLearn() throws {
    let fixture = try StatisticsFixture.load().scores
    var scores = ProbabilityScores()
    for (index, label) in fixture.labels.enumerated() {
      let image = ProbabilityScores.Image(logits: fixture.logits[index], label: label)
      scores.add(image, isCorrect: fixture.predictions[index] == label)
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

  @Test func aBinContainsItsUpperEndOnly() {
    // Two equal logits have a probability of 1/2, ten have 1/10; 1/5 and 1 are ends of bins.
    var scores = ProbabilityScores()
    for classes in [1, 2, 5, 10] {
      let logits = [Float](repeating: 3, count: classes)
      scores.add(ProbabilityScores.Image(logits: logits, label: 0), isCorrect: true)
    }
    let filled = scores.bins.indices.filter { scores.bins[$0].count > 0 }
    #expect(filled == [1, 2, 7, 14])
  }

  @Test func noImagesHaveNoScore() {
    let scores = ProbabilityScores()
    #expect(scores.brier == 0 && scores.negativeLogLikelihood == 0 && scores.expectedCalibrationError == 0)
  }
}
