import SVGCharts
import Testing

struct TextChartTests {
  private func chart(_ count: Int) -> TextChart {
    TextChart(
      "Accuracy",
      [
        .init("training", letter: "t", DrawingTests.points(count) { 1 - 0.5 / Double($0) }),
        .init("validation", letter: "v", DrawingTests.points(count) { 0.9 - 0.5 / Double($0) }),
      ], x: "epoch", within: 0...1)
  }

  @Test("ASCII letters")
  func ascii() {
    let expected = """
      Accuracy
      1.0 +
          |
          |                   tttttttttttttttt
          |            ttttttt            vvvv
      0.8 +        tttt      vvvvvvvvvvvvv
          |      tt   vvvvvvv
          |    tt vvvv
      0.6 +   t  v
          | tt vv
          |t  v
          | vv
      0.4 +v
          ++------+------+------+------+-----+
           1      2      3      4      5     6
                         epoch
      t training   v validation
      """
    #expect(chart(6).lines(width: 40, ascii: true).joined(separator: "\n") == expected)
  }

  @Test("Braille dots")
  func braille() {
    let expected = """
      Accuracy
      1.0 ┤
          │                             t⣀⣀⣀⣀⣀
          │                 ⢀⣀⡠⠤⠤t⠒⠒⠊⠉⠉⠉⠁
          │           ⢀⡠⠔⠒t⠉⠁          ⢀⣀⣀⣀⣀v⠤
      0.8 ┤       ⢀t⠔⠊⠁     ⣀⣀v⠤⠔⠒⠒⠒⠉v⠉⠁
          │      ⡔⠁   ⢀v⠔⠒⠉⠉
          │    ⢠⠊ ⣀⠤⠒⠉⠁
      0.6 ┤   ⡰⠁⢀⠔⠁
          │ t⠎ ⢠v
          │⡠⠃ ⡔⠁
          │ ⢀⠎
      0.4 ┤⡠⠃
          └┬──────┬──────┬──────┬──────┬─────┬
           1      2      3      4      5     6
                         epoch
      t training   v validation
      """
    #expect(chart(6).lines(width: 40, ascii: false).joined(separator: "\n") == expected)
  }

  @Test("Lines fit the width of the terminal", arguments: [40, 80, 200])
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
