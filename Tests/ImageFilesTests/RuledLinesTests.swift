import ImageFiles
import Testing

struct RuledLinesTests {
  /// Lines of ink 2 pixels thick that lean, and a bar across them.
  private func sheet(lean: Float, isStanding: Bool = false) -> GrayImage {
    var map = GrayImage(width: 200, height: 200, values: [Float](repeating: 0, count: 40_000))
    for first in stride(from: 20, to: 200, by: 40) {
      for column in 0..<200 {
        let row = first + Int((lean * Float(column)).rounded())
        for row in row...row + 1 where row < 200 { map[row, column] = 0.6 }
      }
    }
    for row in 50..<150 { for column in 90..<102 { map[row, column] = 1 } }
    return isStanding ? map.transposed : map
  }

  @Test(arguments: [(Float(0), false), (0.05, false), (-0.05, true), (0, true)])
  func linesAreRemovedAndStrokesKept(lean: Float, isStanding: Bool) {
    let lined = sheet(lean: lean, isStanding: isStanding)
    let result = RuledLines.removed(from: lined, threshold: 0.25)
    let clean = isStanding ? result.transposed : result
    for row in 0..<200 {
      for column in 0..<200 {
        let isBar = (54..<146).contains(row) && (92..<100).contains(column)
        let isFar = column < 84 || column > 108
        if isBar { #expect(clean[row, column] == 1, "\(row), \(column)") }
        if isFar { #expect(clean[row, column] < 0.25, "\(row), \(column)") }
      }
    }
  }

  @Test func aStrokeIsNotALine() {
    var map = GrayImage(width: 100, height: 100, values: [Float](repeating: 0, count: 10_000))
    for row in 48..<52 { for column in 8..<92 { map[row, column] = 1 } }
    #expect(RuledLines.removed(from: map, threshold: 0.25) == map)
    #expect(RuledLines.removed(from: map.transposed, threshold: 0.25) == map.transposed)
  }
}
