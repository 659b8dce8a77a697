import Datasets
import Testing

@Suite struct InkCompositorTests {
  @Test func inkAndBackgroundHaveAMinimumContrast() {
    for index in 0..<2000 {
      var random = RandomStream(seed: 1, index: UInt64(index))
      let compositor = InkCompositor(random: &random)
      let ink = InkCompositor.luminance(compositor.ink)
      for side in [compositor.from, compositor.to] {
        #expect(abs(ink - InkCompositor.luminance(side)) > 0.19)
      }
      #expect((0..<3).allSatisfy { (-0.001...1.001).contains(compositor.ink[$0]) })
    }
  }

  @Test func inkIsAsOftenBrighterAsDarkerThanTheBackground() {
    let brighter = (0..<1000).count { index in
      var random = RandomStream(seed: 2, index: UInt64(index))
      let compositor = InkCompositor(random: &random)
      return InkCompositor.luminance(compositor.ink) > InkCompositor.luminance(compositor.from)
    }
    #expect((400...600).contains(brighter))
  }
}
