import ConfigDecoding
import JSONText
import Testing

@Suite struct JSONWriterTests {
  private let config = #"""
    {
      "version": 1,
      "seed": 18446744073709551615,
      "data": {
        "resplit": { "train": 50000, "test": 500 },
        "normalize": { "scale": 255, "mean": [0.1307], "std": [0.3081] }
      },
      "model": {
        "layers": [
          { "type": "conv2d", "name": "conv1", "kernel": [5, 5], "padding": "same", "rate": 1e-8 },
          {
            "type": "dense",
            "init": { "type": "normal", "std": 0.010 }
          },
          {}
        ]
      },
      "empty": []
    }
    """#

  @Test func prettyTextIsAFixedPoint() throws {
    #expect(try JSON(parsing: Array(config.utf8), origin: "x").text() == config)
  }

  @Test func compactTextIsOneLine() throws {
    let text = try JSON(parsing: Array(config.utf8), origin: "x").text(pretty: false)
    #expect(text.hasPrefix(#"{"version":1,"seed":18446744073709551615,"data":{"resplit":{"train":50000,"#))
    #expect(!text.contains("\n") && !text.contains(": "))
    #expect(try JSON(parsing: Array(text.utf8), origin: "x").text() == config)
  }

  @Test func linesOf100ColumnsStayWhole() {
    func lines(_ length: Int) -> [Substring] {
      let object: JSON = ["k": JSON(String(repeating: "x", count: length)), "l": 1]
      return JSON([object, 2]).text().split(separator: "\n")
    }
    #expect(lines(78).map(\.count) == [1, 100, 3, 1])
    #expect(lines(79).count == 7)
  }

  @Test func escapesControlCharacters() {
    let text: JSON = "\"\\/\n\r\t\u{0}\u{1B}\u{7F}\u{9B}\u{2028}é😀"
    #expect(text.description == #""\"\\/\n\r\t\u0000\u001b\u007f\u009b\u2028é😀""#)
  }
}
