import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Numbers that `scripts/make-fixtures` wrote into values.json.
private struct KnownValues: Decodable {
  struct Known: Decodable {
    let index: Int
    let salt: UInt32
    let hash: UInt32
    let value: Float
  }

  let known: [Known]
  let parameter3FanIn25: [Float]
  let imageBytes: [UInt8]
  let labels: [UInt16]
  let learnableImageTail: [UInt8]
  let optimizerGradient7: [Float]
  let signs2: [Double]

  static func load() throws -> KnownValues {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      KnownValues.self, from: Data(contentsOf: tests.appending(path: "Fixtures/values.json")))
  }
}

@Suite struct FixtureValuesTests {
  @Test func hashesAndValuesEqualTheScripts() throws {
    let known = try KnownValues.load().known
    #expect(known.count == 10)
    for expected in known {
      let values = FixtureValues(salt: expected.salt)
      #expect(values.hash(expected.index) == expected.hash)
      #expect(values[expected.index] == expected.value)
    }
  }

  @Test func whatIsMadeOfThemEqualsTheScripts() throws {
    let known = try KnownValues.load()
    #expect(FixtureValues.parameter(3, count: 10, fanIn: 25) == known.parameter3FanIn25)
    #expect(FixtureValues.images(2, pixels: 5) == known.imageBytes)
    #expect(FixtureValues.labels(10) == known.labels)
    #expect(FixtureValues.learnableImages(10).suffix(10) == known.learnableImageTail[...])
    #expect(FixtureValues.optimizerVector(step: 7).suffix(10) == known.optimizerGradient7[...])
    let powers = known.signs2.indices.map { Float(1 << $0) }
    let projection = zip(powers, known.signs2).reduce(0) { $0 + Double($1.0) * $1.1 }
    #expect(FixtureValues.projection(2, of: powers) == projection)
  }
}
