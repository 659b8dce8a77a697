import Datasets
import Testing

@Suite struct GlyphTests {
  @Test func everyDigitHasGlyphs() {
    #expect(Glyph.ofDigit.count == 10)
    #expect(Glyph.ofDigit.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.weight > 0 } })
  }

  @Test(arguments: 0..<10) func shapesOfAGlyphHaveTheSameStrokesAndControlPoints(digit: Int) {
    for glyph in Glyph.ofDigit[digit] {
      #expect(glyph.shapes.count >= 2)
      let controlPoints = glyph.shapes.map { $0.map(\.count) }
      #expect(Set(controlPoints).count == 1, "\(controlPoints)")
      #expect(controlPoints.joined().allSatisfy { $0 >= 2 })
    }
  }

  @Test(arguments: 0..<10) func controlPointsAreAboutWithinTheUnitBox(digit: Int) {
    for point in Glyph.ofDigit[digit].flatMap(\.shapes).joined().joined() {
      #expect((-0.2...1.3).contains(point.position.x))
      #expect((0...1).contains(point.position.y))
    }
  }

  @Test func cornersAreMarked() {
    let seven = Glyph.ofDigit[7][0].shapes[0][0]
    #expect(seven.map(\.smoothness) == [1, 1, 0, 1, 1])
    #expect(seven[2].position == SIMD2(0.86, 0.04))
    #expect(Glyph.ofDigit[7][3].shapes[0].count == 2, "a seven with a bar has two strokes")
  }
}
