import Statistics
import Testing
import Training

struct ComparisonTests {
  /// A run that gets the images at `wrong` of 100 wrong.
  private func run(
    _ seed: UInt64, wrong: Set<Int>, fold: String? = nil, trainCount: Int = 400, fingerprint: String = "same"
  ) -> ComparedRun {
    let correct = (0..<100).map { !wrong.contains($0) }
    return ComparedRun(
      path: "run-\(seed)", seed: seed, fold: fold,
      images: ComparedImages(name: "digits", count: 100, trainCount: trainCount, fingerprint: fingerprint),
      isCorrect: correct, values: correct.map { $0 ? 1 : 0 })
  }

  private func group(_ name: String, _ runs: [ComparedRun]) -> ComparedModel {
    ComparedModel(name: name, runs: runs, isSingle: false)
  }

  private func single(_ name: String, wrong: Set<Int>, fingerprint: String = "same") -> ComparedModel {
    ComparedModel(name: name, runs: [run(42, wrong: wrong, fingerprint: fingerprint)], isSingle: true)
  }

  private func pair(_ first: ComparedModel, _ second: ComparedModel) throws -> PairComparison {
    try #require(try Comparison([first, second], metric: .accuracy, difference: 0.001).pairs.first)
  }

  @Test func singleNetworksAreComparedByMcNemarsTest() throws {
    let pair = try pair(single("a", wrong: [1, 2]), single("b", wrong: Set(2..<14)))
    #expect(pair.mcNemar == McNemarTest(onlyFirstWrong: 1, onlySecondWrong: 11))
    #expect(pair.p == pair.mcNemar?.p && pair.showsDifference)
    #expect(abs(try #require(pair.difference) - 0.1) < 1e-12)
    #expect(pair.test == nil && pair.seeds(for: 0.001) == nil)
    let equal = try self.pair(single("a", wrong: [1, 2]), single("b", wrong: [1, 2]))
    #expect(equal.p == 1 && !equal.showsDifference && equal.imageDifferences?.interval == nil)
  }

  @Test func groupsArePairedBySeed() throws {
    let a = group("a", [run(1, wrong: [0]), run(2, wrong: [1, 2]), run(3, wrong: []), run(9, wrong: [])])
    let b = group(
      "b",
      [run(3, wrong: [0, 1]), run(2, wrong: [3, 4, 5]), run(1, wrong: [0, 9, 8, 7]), run(7, wrong: [])])
    let pair = try pair(a, b)
    #expect(pair.common.map(\.first.seed) == [1, 2, 3])
    let expected = try #require(Sample(differences: [0.99, 0.98, 1], [0.96, 0.97, 0.98]))
    #expect(pair.differences == expected)
    #expect(try pair.test?.get() == TTest(expected))
    #expect(
      pair.seeds(for: 0.01) == TTestPower.seeds(difference: 0.01, deviation: try #require(expected.deviation))
    )
    // For each image the mean difference over the seeds.
    var images = [Double](repeating: 0, count: 100)
    for (image, thirds) in [(0, 1), (1, 0), (2, -1), (3, 1), (4, 1), (5, 1), (9, 1), (8, 1), (7, 1)] {
      images[image] = Double(thirds) / 3
    }
    let interval = try #require(pair.imageDifferences?.interval)
    let other = try #require(Sample(images)?.interval)
    #expect(abs(interval.low - other.low) < 1e-12 && abs(interval.high - other.high) < 1e-12)
  }

  @Test func foldsHaveTheVarianceOfNadeauAndBengio() throws {
    func folds(_ name: String, _ wrong: [Set<Int>]) -> ComparedModel {
      group(
        name,
        wrong.enumerated().map { run(1, wrong: $1, fold: "\($0)", fingerprint: "fold \($0)") })
    }
    let pair = try pair(folds("a", [[], [1], []]), folds("b", [[1, 2], [2, 3, 4], [5]]))
    let differences = try #require(Sample(differences: [1, 0.99, 1], [0.98, 0.97, 0.99]))
    #expect(try pair.test?.get() == TTest(differences, testRatio: 0.25))
    #expect(pair.imageDifferences == nil && pair.seeds(for: 0.001) == nil)
  }

  @Test func whatCannotBeTestedIsSaid() throws {
    let one = try pair(group("a", [run(1, wrong: [])]), group("b", [run(1, wrong: [1]), run(2, wrong: [])]))
    #expect(one.test == .failure(.tooFewValues) && one.p == nil && !one.showsDifference)
    let constant = try pair(
      group("a", [run(1, wrong: []), run(2, wrong: [1])]),
      group("b", [run(1, wrong: [1]), run(2, wrong: [1, 2])]))
    #expect(constant.test == .failure(.noDeviation) && constant.seeds(for: 0.001) == nil)
    let none = try pair(group("a", [run(1, wrong: [])]), group("b", [run(2, wrong: [])]))
    #expect(none.common.isEmpty && none.test == nil && none.difference == nil)
  }

  @Test func otherImagesAreRefused() {
    #expect(throws: (any Error).self) {
      try pair(single("a", wrong: []), single("b", wrong: [], fingerprint: "other"))
    }
  }

  @Test func severalPairsAreAdjusted() throws {
    let models = [
      single("a", wrong: []), single("b", wrong: Set(0..<6)), single("c", wrong: Set(0..<20)),
    ]
    let pairs = try Comparison(models, metric: .accuracy, difference: 0.001).pairs
    #expect(pairs.map(\.adjustedP) == holmAdjusted(pairs.compactMap(\.p)).map(Optional.some))
    // p = 0.03125 alone.
    #expect(try pair(models[0], models[1]).showsDifference)
    #expect(pairs.map(\.showsDifference) == [true, true, true])
  }
}
