import ImageFiles
import Testing

struct ConnectedComponentTests {
  /// An image of `#` (ink) and `.`.
  private func map(_ rows: String...) -> GrayImage {
    GrayImage(width: rows[0].count, height: rows.count, values: rows.joined().map { $0 == "#" ? 1 : 0 })
  }

  @Test func diagonalNeighboursAreConnected() {
    let components = ConnectedComponent.all(in: map("#..#", ".#..", "....", "..##"), threshold: 0.5)
    #expect(components.map(\.pixels.count) == [2, 1, 2])
    #expect(components[0].rows == 0...1 && components[0].columns == 0...1)
    #expect(components.allSatisfy { $0.touchesEdge })
    #expect(components[0].gap(to: components[1]) == 1 && components[0].gap(to: components[2]) == 1)
  }

  @Test func componentsAtTheEdgeAreMarked() {
    #expect(
      ConnectedComponent.all(in: map("...", ".#.", "..."), threshold: 0.5).map(\.touchesEdge) == [false])
    #expect(ConnectedComponent.all(in: map("...", "..#", "..."), threshold: 0.5).map(\.touchesEdge) == [true])
  }

  /// A 60x40 map with some bars of ink: rows, columns.
  private func bars(_ bars: (ClosedRange<Int>, ClosedRange<Int>)...) -> [ConnectedComponent] {
    var map = GrayImage(width: 60, height: 40, values: [Float](repeating: 0, count: 2400))
    for (rows, columns) in bars { for row in rows { for column in columns { map[row, column] = 1 } } }
    return ConnectedComponent.digit(among: ConnectedComponent.all(in: map, threshold: 0.5))
  }

  @Test func theDigitIsTheLargestWithItsParts() {
    let five = bars((10...30, 20...26), (8...9, 28...36), (33...34, 50...51), (2...2, 2...2))
    #expect(five.count == 2)
    #expect(five.map(\.columns) == [20...26, 28...36])
  }

  @Test func componentsAtTheEdgeAreIgnored() {
    #expect(bars((10...30, 20...26), (0...39, 50...59)).map(\.columns) == [20...26])
    #expect(bars((10...30, 20...26), (10...39, 29...30)).count == 1)
    // Unless there are only specks besides.
    #expect(bars((20...20, 10...10), (0...39, 30...39)).map(\.columns) == [30...39])
  }

  @Test func withoutComponentsThereIsNoDigit() { #expect(bars().isEmpty) }
}
