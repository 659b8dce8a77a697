import Testing
import WebDemo

struct PredictRequestTests {
  private func error(_ text: String) -> String? {
    do {
      _ = try PredictRequest(parsing: Array(text.utf8))
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func base64IsDecoded() throws {
    let request = try PredictRequest(parsing: Array(#"{"width": 3, "height": 1, "pixels": "AP+A"}"#.utf8))
    #expect(request.drawing.width == 3 && request.drawing.height == 1)
    #expect(request.drawing.pixels == [0, 255, 128])
  }

  @Test(arguments: [
    ("", "request:1:1: expected a value, not the end of the text"),
    ("[]", "request:1:1: must be an object in { }, not []"),
    ("{}", "width: is required"),
    (#"{"width": 3, "height": 1, "pixels": "AP+"}"#, "pixels: must be bytes in base64"),
    (#"{"width": 3, "height": 1, "pixels": "AP!A"}"#, "pixels: must be bytes in base64"),
    (#"{"width": 3, "height": 1, "pixels": 5}"#, "pixels: must be bytes in base64"),
    (#"{"width": 3, "height": 1, "pixels": ""}"#, "pixels: 0 bytes for 3x1 pixels"),
    (#"{"width": 2, "height": 1, "pixels": "AP+A"}"#, "pixels: 3 bytes for 2x1 pixels"),
    (#"{"width": 0, "height": 1, "pixels": ""}"#, "width: must be an integer from 1 to 512"),
    (#"{"width": 1e9, "height": 1e9, "pixels": ""}"#, "width: must be an integer from 1 to 512"),
    (#"{"width": -1, "height": -1, "pixels": "AA=="}"#, "width: must be an integer from 1 to 512"),
    (#"{"width": 1.5, "height": 1, "pixels": "AA=="}"#, "width: must be an integer from 1 to 512"),
    (#"{"width": 1, "height": 1, "pixels": "AA==", "more": 1}"#, "more: unknown key"),
    (#"{"width": 1, "width": 1, "height": 1, "pixels": "AA=="}"#, "duplicate key"),
    ("[" + String(repeating: "1,", count: 100_000) + "1]", "more than 64 values"),
    (String(repeating: "[", count: 100_000), "nested deeper than 4 levels"),
  ])
  func malformedRequestsAreRejected(text: String, message: String) {
    #expect(error(text)?.contains(message) == true, "\(error(text) ?? "no error")")
  }
}
