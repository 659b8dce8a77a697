import CNNEngine
import ConfigDecoding
import Randomness
import Testing

@Suite struct DropoutTests {
  private func random(_ step: UInt64) -> CounterRandom {
    CounterRandom(seed: 5, purpose: .dropout, stream: step)
  }

  private func probe(_ rate: Double, _ shape: [Int] = [8, 25, 25], images: Int = 20) throws -> LayerProbe {
    try makeProbe(shape, [["type": "dropout", "rate": JSON(rate)]], images: images)
  }

  @Test(arguments: [0.0, 0.1, 0.2, 0.5, 0.9]) func rateAndScale(rate: Double) throws {
    let probe = try probe(rate)
    let count = 20 * 8 * 25 * 25
    let y = probe.forward([Float](repeating: 3, count: count), dropout: random(1))
    let dropped = Double(y.count { $0 == 0 })
    #expect(abs(dropped - Double(count) * rate) <= 6 * (Double(count) * rate * (1 - rate)).squareRoot())
    #expect(Set(y).subtracting([0]) == [3 * Float(1 / (1 - rate))])
    // The same places get no gradient, and the others the same factor.
    #expect(probe.backward([Float](repeating: 3, count: count)).dx == y)
  }

  @Test func offInEvaluation() throws {
    let x = FixtureValues(salt: 1).prefix(20 * 5000)
    #expect(try probe(0.5).forward(x, training: false, dropout: random(1)) == x)
  }

  @Test func aMaskIsAFunctionOfTheStep() throws {
    let probe = try probe(0.5)
    let ones = [Float](repeating: 1, count: 20 * 5000)
    let first = probe.forward(ones, dropout: random(1))
    #expect(probe.forward(ones, dropout: random(1)) == first)
    let second = probe.forward(ones, dropout: random(2))
    expectIndependent(first, second)
    // What an image gets does not depend on how many are in the batch.
    #expect(probe.forward(Array(ones.prefix(3 * 5000)), dropout: random(1)) == Array(first.prefix(3 * 5000)))
  }

  @Test func imagesChannelsRowsAndColumnsDiffer() throws {
    let mask = try probe(0.5).forward([Float](repeating: 1, count: 20 * 5000), dropout: random(1))
    for distance in [1, 2, 25, 625, 5000, 16 * 5000] {
      expectIndependent(Array(mask.dropLast(distance)), Array(mask.dropFirst(distance)))
    }
  }

  @Test func layersDiffer() throws {
    // The second layer's mask shows where the first one let something through.
    let probe = try makeProbe(
      [5000], [["type": "dropout", "rate": 0.5], ["type": "dropout", "rate": 0.5]], images: 20)
    let y = probe.forward([Float](repeating: 1, count: 100_000), dropout: random(1))
    let kept = y.count { $0 != 0 }
    #expect(abs(kept - 25_000) < 900)
    #expect(Set(y) == [0, 4])
  }

  /// Whatever lies in front of ReLU, also what keeps ReLU and dropout from sharing their memory.
  @Test(arguments: [0, 1e-9]) func noGradientPassesWhereANumberWasDropped(activityL1: Double) throws {
    let (units, images) = (33, 20)
    let probe = try makeProbe(
      [10],
      [
        ["type": "dense", "units": JSON(units), "activity_l1": JSON(activityL1)], ["type": "relu"],
        ["type": "dropout", "rate": 0.5],
      ], images: images)
    var draws = Draws(5)
    probe.setParameters(probe.model.parameters.map { draws.values($0.count) })
    let y = probe.forward(draws.values(images * 10), dropout: random(1))
    let gradient = probe.backward([Float](repeating: 1, count: y.count)).parameters[1]
    for unit in 0..<units {
      let kept = (0..<images).count { y[$0 * units + unit] > 0 }
      #expect(abs(gradient[unit] - 2 * Float(kept)) < 1e-4)
    }
  }

  /// Two masks of rate 1/2 agree in about half of their places.
  private func expectIndependent(
    _ a: [Float], _ b: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let agreeing = Double(zip(a, b).count { $0 == $1 })
    let count = Double(a.count)
    #expect(abs(agreeing - count / 2) < 3 * count.squareRoot(), sourceLocation: sourceLocation)
  }
}
