import Datasets
import Testing

@Suite struct SyntheticGlyphTests {
  @Test func everyDigitHasGlyphs() {
    #expect(Glyph.ofDigit.count == 10)
    #expect(Glyph.ofDigit.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.weight > 0 } })
  }

  @Test(arguments: 0..<10) func shapesOfAGlyphHaveTheSameStrokesAndKnots(digit: Int) {
    for glyph in Glyph.ofDigit[digit] {
      #expect(glyph.shapes.count >= 2)
      let knots = glyph.shapes.map { $0.map(\.count) }
      #expect(Set(knots).count == 1, "\(knots)")
      #expect(knots.joined().allSatisfy { $0 >= 2 })
    }
  }

  @Test(arguments: 0..<10) func knotsLieInAboutTheUnitBox(digit: Int) {
    for knot in Glyph.ofDigit[digit].flatMap(\.shapes).joined().joined() {
      #expect((-0.2...1.3).contains(knot.position.x))
      #expect((0...1).contains(knot.position.y))
    }
  }

  @Test func sharpTurnsAreMarked() {
    let seven = Glyph.ofDigit[7][0].shapes[0][0]
    #expect(seven.map(\.smoothness) == [1, 1, 0, 1, 1])
    #expect(seven[2].position == SIMD2(0.86, 0.04))
    #expect(Glyph.ofDigit[7][3].shapes[0].count == 2, "a seven with a bar has two strokes")
  }
}
