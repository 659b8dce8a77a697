import Testing

@testable import Charts

struct TextChartTests {
  private func chart(_ count: Int) -> TextChart {
    TextChart(
      "Accuracy",
      [
        .init("training", letter: "t", DrawingTests.curve(count) { 1 - 0.5 / Double($0) }),
        .init("validation", letter: "v", DrawingTests.curve(count) { 0.9 - 0.5 / Double($0) }),
      ], x: "epoch", within: 0...1)
  }

  @Test("In ASCII")
  func ascii() {
    #expect(chart(6).lines(width: 40, ascii: true) == [])
  }

  @Test("In Braille")
  func braille() {
    #expect(chart(6).lines(width: 40, ascii: false) == [])
  }

  @Test("No line is longer than the terminal is wide", arguments: [40, 80, 200])
  func width(width: Int) {
    for count in [1, 2, 3, 50, 1000, 20_000] {
      for ascii in [true, false] {
        let lines = chart(count).lines(width: width, ascii: ascii)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(!ascii || lines.allSatisfy { $0.allSatisfy(\.isASCII) })
        for letter in ["t", "v"] { #expect(lines.dropFirst().dropLast(2).joined().contains(letter)) }
      }
    }
  }
}
