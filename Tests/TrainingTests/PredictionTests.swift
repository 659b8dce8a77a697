import Testing
import Training

@Suite struct PredictionTests {
  @Test("Probabilities are the softmax of the scores")
  func softmax() {
    let prediction = Prediction(scores: [0, 1, 2])
    let expected = [0.090_030_573_170_380_46, 0.244_728_471_054_797_64, 0.665_240_955_774_821_9]
    #expect(zip(prediction.probabilities, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(prediction.label == 2 && prediction.logits == [0, 1, 2])
  }

  @Test("Large scores do not overflow, log-probabilities give the probabilities back")
  func extremes() {
    let large = Prediction(scores: [3e38, -3e38, 0])
    #expect(large.probabilities == [1, 0, 0] && large.label == 0)
    let half = Prediction(scores: [-0.693_147_2, -0.693_147_2])
    #expect(half.probabilities == [0.5, 0.5])
  }

  @Test("Of equal scores the first class is predicted, and listed first")
  func ties() {
    let prediction = Prediction(scores: [1, 5, 5, 1])
    #expect(prediction.label == 1)
    #expect(prediction.top(4).map(\.label) == [1, 2, 0, 3])
  }

  @Test("The most probable classes, no more than there are")
  func top() {
    let prediction = Prediction(scores: [0, 2, 1])
    #expect(prediction.top(2).map(\.label) == [1, 2])
    #expect(prediction.top(2)[0].probability == prediction.probabilities[1])
    #expect(prediction.top(99).map(\.label) == [1, 2, 0])
  }
}
