import Datasets
import Testing

@Suite struct SyntheticPaperTests {
  @Test func inkDiffersFromThePaperInBrightness() {
    for index in 0..<2000 {
      var random = DigitRandom(seed: 1, index: UInt64(index))
      let paper = Paper(random: &random)
      let ink = Paper.luminance(paper.ink)
      for side in [paper.from, paper.to] {
        #expect(abs(ink - Paper.luminance(side)) > 0.19)
      }
      #expect((0..<3).allSatisfy { (-0.001...1.001).contains(paper.ink[$0]) })
    }
  }

  @Test func inksAreBrighterOrDarkerThanThePaper() {
    let brighter = (0..<1000).count { index in
      var random = DigitRandom(seed: 2, index: UInt64(index))
      let paper = Paper(random: &random)
      return Paper.luminance(paper.ink) > Paper.luminance(paper.from)
    }
    #expect((400...600).contains(brighter))
  }
}
