import ConfigDecoding
import Testing

@Suite struct BoundsTests {
  @Test(arguments: [
    (Bounds.atLeast(0), [false, true, true, true]), (.above(0), [false, false, true, true]),
    (.above(0, atMost: 1), [false, false, true, true]), (.within(0...1), [false, true, true, true]),
    (.within(0..<1), [false, true, true, false]), (.any, [true, true, true, true]),
  ])
  func contains(bounds: Bounds<Double>, expected: [Bool]) {
    #expect([-1, 0, 0.5, 1].map(bounds.contains) == expected)
  }
}
