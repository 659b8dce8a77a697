import ImageFiles
import Testing

struct InkMapTests {
  /// A sheet with a bar of ink, 6 pixels wide, whose brightness is made by `light` from that of paper and ink.
  private func sheet(paper: Float, ink: Float, light: (Int, Int) -> Float = { _, _ in 1 }) -> GrayImage {
    var map = GrayImage(width: 120, height: 100, values: [Float](repeating: paper, count: 12_000))
    for row in 30..<70 { for column in 50..<56 { map[row, column] = ink } }
    for row in 0..<100 { for column in 0..<120 { map[row, column] *= light(row, column) } }
    return map
  }

  @Test func polarityIsDetected() {
    #expect(!InkMap.isInkBright(sheet(paper: 0.9, ink: 0.1)))
    #expect(InkMap.isInkBright(sheet(paper: 0.1, ink: 0.9)))
    #expect(!InkMap.isInkBright(sheet(paper: 0.9, ink: 0.1) { $1 > 60 ? 0.5 : 1 }))
  }

  @Test(arguments: [(Float(0.9), Float(0.2)), (0.2, 0.9)])
  func inkIsTheDifferenceFromPaper(paper: Float, bar: Float) {
    let ink = InkMap.ink(sheet(paper: paper, ink: bar))
    #expect(abs(ink[50, 52] - 0.7) < 0.05)
    #expect(ink[10, 10] < 0.01 && ink[50, 90] < 0.01)
  }

  @Test func unevenLightIsBackground() {
    let ink = InkMap.ink(
      sheet(paper: 1, ink: 0.2) { row, column in 1 - Float(column) / 240 - Float(row) / 400 })
    #expect(ink[50, 52] > 0.4)
    for (row, column) in [(10, 20), (90, 20), (50, 30), (50, 90)] { #expect(ink[row, column] < 0.08) }
  }

  @Test func aShadowIsBackground() {
    let ink = InkMap.ink(sheet(paper: 1, ink: 0.2) { _, column in column > 80 ? 0.5 : 1 })
    #expect(ink[50, 52] > 0.6)
    #expect(ink[50, 110] < 0.05 && ink[20, 20] < 0.05)
  }
}
