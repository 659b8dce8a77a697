import Foundation

/// The numbers of scipy, statsmodels, scikit-learn and cleanlab; scripts/make-statistics-fixtures writes them.
struct StatisticsFixture: Decodable {
  struct Wilson: Decodable { let successes, trials: Int, interval: [Double] }
  struct McNemar: Decodable { let a, b: Int, p: Double }
  struct Distribution: Decodable {
    let degrees: Double
    let points, cumulative, twoSided, probabilities, quantiles: [Double]
  }
  struct Paired: Decodable {
    let a, b: [Double]
    let statistic, degrees, p, mean, standardError, correctedStatistic, correctedP: Double
    let interval, meanInterval: [Double]
  }
  struct Holm: Decodable { let p, adjusted: [Double] }
  struct Power: Decodable { let effect: Double, count: Int, power: Double }
  struct Seeds: Decodable { let difference, deviation: Double, seeds: Int }
  struct Scores: Decodable {
    let logits: [[Float]]
    let labels, predictions: [Int]
    let negativeLogLikelihood, brier, calibrationError, balancedAccuracy: Double
  }
  struct ConfidentLearning: Decodable {
    let labels: [Int]
    let probabilities: [[Double]]
    let thresholds: [Double?]
    let issues: [Bool]
  }

  let wilson: [Wilson]
  let mcnemar: [McNemar]
  let studentT: [Distribution]
  let paired: [Paired]
  let holm: [Holm]
  let power: [Power]
  let seeds: [Seeds]
  let scores: Scores
  let confidentLearning: [ConfidentLearning]

  static func load() throws -> StatisticsFixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      Self.self, from: Data(contentsOf: folder.appending(path: "Fixtures/statistics.json")))
  }
}

/// Whether two numbers agree within a tolerance, relative to the expected one.
func isClose(_ number: Double?, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
  guard let number else { return false }
  return abs(number - expected) <= tolerance * max(abs(expected), 1e-300)
}
