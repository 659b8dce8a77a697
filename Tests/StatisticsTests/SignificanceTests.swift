import Statistics
import Testing

struct SignificanceTests {
  @Test func mcNemarsTestIsThatOfStatsmodels() throws {
    for row in try StatisticsFixture.load().mcnemar {
      let test = McNemarTest(onlyFirstWrong: row.a, onlySecondWrong: row.b)
      #expect(isClose(test.p, row.p), "\(row.a), \(row.b): \(test.p)")
    }
    #expect(McNemarTest(onlyFirstWrong: 0, onlySecondWrong: 0).p == 1)
  }

  @Test func studentsDistributionIsThatOfScipy() throws {
    for row in try StatisticsFixture.load().studentT {
      let distribution = StudentT(degrees: row.degrees)
      for (index, point) in row.points.enumerated() {
        #expect(abs(distribution.cumulative(point) - row.cumulative[index]) < 1e-9)
        let expected = row.twoSided[index]
        // Many degrees have nearly the normal distribution, whose tails at 40 and 300 are no numbers any more.
        if expected > 1e-250 { #expect(isClose(distribution.twoSided(point), expected, 1e-8)) }
      }
      for (p, quantile) in zip(row.probabilities, row.quantiles) {
        let found = distribution.quantile(p)
        #expect(abs(found - quantile) < 1e-9 * max(1, abs(quantile)), "\(row.degrees), \(p): \(found)")
      }
    }
  }

  @Test func pairedTestsAreThoseOfScipy() throws {
    for row in try StatisticsFixture.load().paired {
      let sample = try #require(Sample(differences: row.a, row.b))
      let test = try TTest(sample)
      #expect(isClose(test.statistic, row.statistic) && isClose(test.p, row.p))
      #expect(test.degrees == row.degrees)
      #expect(
        abs(test.interval.low - row.interval[0]) < 1e-12 && abs(test.interval.high - row.interval[1]) < 1e-12)
      let corrected = try TTest(sample, testRatio: 0.25)
      #expect(isClose(corrected.statistic, row.correctedStatistic) && isClose(corrected.p, row.correctedP))
    }
  }

  @Test func whatCannotBeTestedIsSaid() throws {
    let single = try #require(Sample(differences: [0.99], [0.98]))
    #expect(throws: TTest.Fault.tooFewValues) { try TTest(single) }
    let equal = try #require(Sample(differences: [0.99, 0.97], [0.98, 0.96]))
    #expect(throws: TTest.Fault.noDeviation) { try TTest(equal) }
  }

  @Test func holmsProbabilitiesAreThoseOfStatsmodels() throws {
    for row in try StatisticsFixture.load().holm {
      let adjusted = holmAdjusted(row.p)
      #expect(zip(adjusted, row.adjusted).allSatisfy { abs($0 - $1) < 1e-15 }, "\(adjusted)")
    }
    #expect(holmAdjusted([]) == [])
  }

  @Test func thePowerIsThatOfStatsmodels() throws {
    let fixture = try StatisticsFixture.load()
    for row in fixture.power {
      let power = TTestPower.power(effect: row.effect, count: row.count)
      #expect(abs(power - row.power) < 1e-6, "\(row.effect), \(row.count): \(power)")
    }
    #expect(abs(TTestPower.power(effect: 0, count: 5) - 0.05) < 1e-6)
    for row in fixture.seeds {
      #expect(TTestPower.seeds(difference: row.difference, deviation: row.deviation) == row.seeds)
    }
    #expect(TTestPower.seeds(difference: 0.001, deviation: 0) == 2)
    #expect(TTestPower.seeds(difference: 0, deviation: 0.001) == nil)
    #expect(TTestPower.seeds(difference: 1e-9, deviation: 1) == nil)
  }
}
