import Statistics
import Testing

struct ConfidentLearningTests {
  @Test func theMarksAreThoseOfCleanlab() throws {
    for fixture in try StatisticsFixture.load().confidentLearning {
      let learning = ConfidentLearning(
        labels: fixture.labels, probabilities: fixture.probabilities, classes: fixture.thresholds.count)
      for (threshold, expected) in zip(learning.thresholds, fixture.thresholds) {
        #expect(expected.map { isClose(threshold, $0) } ?? threshold.isInfinite)
      }
      let issues = zip(fixture.labels, fixture.probabilities).map {
        learning.isIssue(label: $0, probabilities: $1)
      }
      #expect(issues == fixture.issues && issues.contains(true))
    }
  }
}
