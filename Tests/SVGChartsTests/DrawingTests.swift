import ImageFiles
import ModelFormats
import SVGCharts
import Testing
import TestSupport

struct DrawingTests {
  static let markupInText = "</title><script>alert('&\"')</script>\u{0}\u{1B}[31m"

  static func points(_ count: Int, _ value: (Int) -> Double) -> [LineChart.Point] {
    (0..<count).map { LineChart.Point($0 + 1, value($0 + 1)) }
  }

  /// Every kind of chart, with ordinary and extreme values.
  static var drawings: [Drawing] {
    let lengths = [1, 2, 10, 1000, 5000]
    let lines = lengths.map { count in
      LineChart(
        "Loss",
        [
          .init("training", points(count) { 2 / Double($0) }, style: 0, isDashed: true),
          .init("validation", points(count) { 2.5 / Double($0) }, style: 1, best: count),
        ], x: "epoch", bestLabel: "best epoch")
    }
    let extremes = [-1e300, 1e-300, 1e300, 0.5, 123_456_789].map { value in
      LineChart("Loss", [.init(markupInText, points(3) { value * Double($0) / 3 }, style: 3)], x: "epoch")
    }
    let many = LineChart(
      "Loss",
      (0..<26).map { index in
        .init("runs/a-rather-long-name-\(index)", points(5) { Double($0 + index) }, style: index)
      },
      x: "epoch")
    let matrices = [1, 7, 60_000].map { maxErrors in
      ConfusionMatrixChart(
        "Confusion matrix", names: (0..<10).map { "\($0)" },
        counts: (0..<10).map { row in
          (0..<10).map { row == $0 ? 1000 * maxErrors : (row * $0) % (maxErrors + 1) }
        })
    }
    let named = ConfusionMatrixChart(
      "Confusion matrix", names: [markupInText, "a class with a long name"], counts: [[3, 0], [0, 0]])
    let values: [[Float]] = [
      [0], [0.5, 0.5], (0..<500).map { Float($0 % 37) }, [-3e38, 3e38], [1e-30, 2e-30], [],
    ]
    let histograms = values.map { HistogramChart("conv1.weight", subtitle: "\($0.count) values", $0) }
    let png = PNG.encode(Images(pixels: [0, 255], shape: ImageShape(height: 1, width: 2)))
    let grid = ImageGrid(
      "Misclassified",
      (0..<13).map { .init(png: png, caption: ["\($0 % 10) → 7", "99.9 %"], description: markupInText) },
      columns: 5, side: 56)
    let networks =
      NetworkDiagramTests.networks.map(\.nodes) + [
        [],
        [
          NetworkDiagramTests.image,
          .init(name: markupInText, type: markupInText, shape: markupInText, inputs: [0], isOutput: true),
        ],
      ]
    return (lines + extremes + [many]).map(\.drawing) + (matrices + [named]).map(\.drawing)
      + histograms.map(\.drawing) + networks.map { NetworkDiagram(nodes: $0).drawing } + [
        grid.drawing, ImageGrid("None", [], columns: 4, side: 40).drawing,
      ]
  }

  @Test("Every chart is well-formed XML, with user text escaped")
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

  @Test("No text overlaps another, leaves the image or is too small")
  func textLayout() {
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

  @Test("Data URIs use the base64 of RFC 4648")
  func base64() {
    let texts = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foobar": "Zm9vYmFy"]
    for (text, code) in texts { #expect(Array(text.utf8).dataURI == "data:image/png;base64,\(code)") }
  }
}
