import Statistics
import Testing

struct IntervalTests {
  @Test func proportionsHaveStatsmodelsIntervals() throws {
    for row in try StatisticsFixture.load().wilson {
      let interval = try #require(Proportion(row.successes, of: row.trials).interval)
      #expect(isClose(interval.low, row.interval[0]) && isClose(interval.high, row.interval[1]))
    }
    #expect(Proportion(0, of: 0).interval == nil)
  }

  @Test func meansHaveScipysIntervals() throws {
    for row in try StatisticsFixture.load().paired {
      let sample = try #require(Sample(row.a))
      let interval = try #require(sample.interval)
      #expect(isClose(sample.mean, row.mean) && isClose(sample.standardError, row.standardError))
      #expect(isClose(interval.low, row.meanInterval[0]) && isClose(interval.high, row.meanInterval[1]))
    }
  }

  @Test func aSampleWithoutSpreadHasNoIntervalAndNoNumberThatIsNone() {
    #expect(Sample([]) == nil)
    #expect(Sample([1, .nan]) == nil)
    let single = Sample([0.5])
    #expect(single?.mean == 0.5 && single?.deviation == nil && single?.interval == nil)
    // The mean of three times 0.1 is not 0.1.
    let equal = Sample([0.1, 0.1, 0.1])
    #expect(equal?.deviation == 0 && equal?.standardError == 0 && equal?.interval == nil)
    // Neither are 0.3 - 0.2 and 0.2 - 0.1 equal.
    #expect(Sample(differences: [0.3, 0.2], [0.2, 0.1])?.deviation == 0)
  }
}
