import CNNEngine
import ConfigDecoding
import Testing
import Training

struct LearningRateFinderTests {
  private let rates = (0...200).map { 1e-6 * (1...max(1, $0)).reduce(1.0) { rate, _ in rate * 1.05 } }

  @Test func suggestsATenthOfTheRateWithTheLowestLoss() throws {
    let losses = (0...200).map { 1 + abs(Double($0 - 120)) / 80 }
    let test = LearningRateRangeTest(rates: rates, losses: losses)
    #expect(test.lowestStep == 120)
    let step = try #require(test.suggestedStep), suggestion = try #require(test.suggestion)
    #expect(abs(suggestion / (rates[120] / 10) - 1) < 0.05 && "\(suggestion)".count <= 7)
    #expect(abs(suggestion / rates[step] - 1) < 0.08)
  }

  @Test(arguments: [[], [2], [2, 2, 2, 2], [2, 3, 5, 9], [2, 1.99, 2]] as [[Double]])
  func suggestsNothingWithoutAFall(losses: [Double]) {
    let test = LearningRateRangeTest(rates: Array(rates.prefix(losses.count)), losses: losses)
    #expect(test.suggestion == nil && test.smoothedLosses.count == losses.count)
    #expect(test.json["suggestion"]?.isNull == true)
  }

  @Test func isTheSameForAnyNumberOfThreadsAndEndsWhereTheLossRises() throws {
    let config = try Small.config()
    let data = try Small.data(config)
    let tests = try [1, 2].map { threads in
      try LearningRateFinder(config, data: data, threadPool: ThreadPool(threads: threads)).run()
    }
    #expect(tests[0].losses == tests[1].losses && tests[0].suggestion == tests[1].suggestion)
    #expect(tests[0].losses.count < LearningRateFinder.rates.count)
    let suggestion = try #require(tests[0].suggestion)
    #expect((1e-4...0.1).contains(suggestion))
  }
}
