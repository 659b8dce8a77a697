import ImageFiles
import ModelFormats
import SVGCharts
import Testing
import TestSupport

struct DrawingTests {
  static let hostile = "</title><script>alert('&\"')</script>\u{0}\u{1B}[31m"

  static func curve(_ count: Int, _ value: (Int) -> Double) -> [LineChart.Point] {
    (0..<count).map { LineChart.Point($0 + 1, value($0 + 1)) }
  }

  /// Charts of every kind, from plain to extreme.
  static var drawings: [Drawing] {
    let lengths = [1, 2, 10, 1000, 5000]
    let lines = lengths.map { count in
      LineChart(
        "Loss",
        [
          .init("training", curve(count) { 2 / Double($0) }, style: 0, isDashed: true),
          .init("validation", curve(count) { 2.5 / Double($0) }, style: 1, best: count),
        ], x: "epoch", note: "best epoch")
    }
    let extremes = [-1e300, 1e-300, 1e300, 0.5, 123_456_789].map { value in
      LineChart("Loss", [.init(hostile, curve(3) { value * Double($0) / 3 }, style: 3)], x: "epoch")
    }
    let many = LineChart(
      "Loss",
      (0..<26).map { index in
        .init("runs/a-rather-long-name-\(index)", curve(5) { Double($0 + index) }, style: index)
      },
      x: "epoch")
    let matrices = [1, 7, 60_000].map { most in
      Matrix(
        "Confusion matrix", names: (0..<10).map { "\($0)" },
        counts: (0..<10).map { row in (0..<10).map { row == $0 ? 1000 * most : (row * $0) % (most + 1) } })
    }
    let named = Matrix(
      "Confusion matrix", names: [hostile, "a class with a long name"], counts: [[3, 0], [0, 0]])
    let values: [[Float]] = [
      [0], [0.5, 0.5], (0..<500).map { Float($0 % 37) }, [-3e38, 3e38], [1e-30, 2e-30], [],
    ]
    let histograms = values.map { Histogram("conv1.weight", subtitle: "\($0.count) values", $0) }
    let png = PNG.encode(Images(pixels: [0, 255], shape: ImageShape(height: 1, width: 2)))
    let grid = ImageGrid(
      "Misread", (0..<13).map { .init(png: png, lines: ["\($0 % 10) → 7", "99.9 %"], name: hostile) },
      columns: 5, side: 56)
    return (lines + extremes + [many]).map(\.drawing) + (matrices + [named]).map(\.drawing)
      + histograms.map(\.drawing) + [grid.drawing, ImageGrid("None", [], columns: 4, side: 40).drawing]
  }

  @Test("Every picture is well-formed XML, and what users write in it is text")
  func wellFormed() throws {
    for drawing in Self.drawings {
      let xml = try XMLCheck(drawing.file)
      #expect(!xml.names.contains("script") && xml.names.first == "svg")
      #expect(xml.attributes["xmlns"] == ["http://www.w3.org/2000/svg"])
      let page = try XMLCheck(Array(drawing.inline.text.utf8))
      #expect(page.attributes["aria-label"]?.count == 1 && !page.names.contains("style"))
      for text in xml.texts {
        #expect(!text.text.unicodeScalars.contains { $0.value < 9 || $0.value == 0x1B })
      }
    }
  }

  @Test("No text covers another, leaves the picture or is too small")
  func labels() {
    for drawing in Self.drawings {
      for (index, label) in drawing.labels.enumerated() {
        for other in drawing.labels.dropFirst(index + 1) {
          #expect(!label.overlaps(other), "\(drawing.title): \(label.text) on \(other.text)")
        }
        #expect(
          label.x.lowerBound >= 0 && label.x.upperBound <= drawing.width, "\(drawing.title): \(label.text)")
        #expect(
          label.y.lowerBound >= 0 && label.y.upperBound <= drawing.height, "\(drawing.title): \(label.text)")
      }
    }
    #expect(Drawing.smallText >= 11 && Drawing.textSize >= 11)
  }

  @Test("Curves of many points keep their extremes")
  func thinned() {
    let points = Self.curve(100_000) { $0 == 5000 ? 9 : $0 == 70_000 ? -9 : 0 }
    let thinned = LineChart.thinned(points)
    #expect(thinned.count <= 800 && thinned.map(\.y).max() == 9 && thinned.map(\.y).min() == -9)
    #expect(zip(thinned, thinned.dropFirst()).allSatisfy { $0.x < $1.x })
  }

  @Test("Styles that share a colour differ in their markers")
  func styles() {
    let looks = (0..<26).map { style in
      "\(style % Theme.seriesCount) \(Marker(style: style).element(at: (0, 0)).attributes.dropFirst())"
    }
    #expect(Set(looks).count == 26)
  }

  @Test("Errors are told apart from none, and the most have the last shade")
  func shades() {
    let svg = Matrix("m", names: ["a", "b", "c"], counts: [[900, 1, 9], [0, 800, 5], [0, 0, 7]]).drawing
      .inline.text
    #expect(
      svg.contains("level1") && svg.contains("level3") && svg.contains("level5") && svg.contains("diagonal"))
  }

  @Test("Every value is in a bin")
  func bins() {
    for values in [[0], [1, 1, 1], [0, 1, 2, 3, 4], (0..<9999).map { Float($0) }] as [[Float]] {
      let histogram = Histogram("w", values)
      #expect(histogram.counts.reduce(0, +) == values.count && histogram.counts.count <= 40)
    }
  }

  @Test("Base64 as RFC 4648 has it")
  func base64() {
    let texts = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foobar": "Zm9vYmFy"]
    for (text, code) in texts { #expect(Array(text.utf8).dataURI == "data:image/png;base64,\(code)") }
  }
}
