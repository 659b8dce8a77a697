import Foundation
import ModelFormats
import Testing

@Suite struct ONNXTests {
  /// `Tests/Fixtures/tiny.onnx` is built and checked by onnx itself, in scripts/python/interop_fixtures.py.
  @Test("A graph has the bytes that onnx's own library writes")
  func fixture() throws {
    var graph = ONNX()
    graph.append("c.weight", shape: [2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, -8.5])
    graph.append("c.bias", shape: [2], [0.5, -1])
    let window: [(String, ONNX.Attribute)] = [
      ("kernel_shape", .integers([2, 2])), ("strides", .integers([1, 2])), ("pads", .integers([0, 1, 1, 0])),
    ]
    graph.appendNode("Conv", window, inputs: ["input", "c.weight", "c.bias"], output: "c")
    graph.appendNode("Neg", inputs: ["c"], output: "m")
    graph.append("r.list", [0, 8])
    graph.appendNode("Reshape", inputs: ["m", "r.list"], output: "r")
    graph.append("f.weight", shape: [2, 8], (0..<16).map { Float($0) })
    graph.appendNode("Gemm", [("transB", .integer(1))], inputs: ["r", "f.weight"], output: "logits")
    graph.appendInput("input", shape: [1, 2, 3])
    graph.appendOutput("logits", shape: [2])
    graph.appendOutput("c", shape: [2, 2, 2])
    graph.appendMetadata("input", "pixels")
    let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/tiny.onnx")
    #expect(try graph.encoded(name: "tiny") == [UInt8](Data(contentsOf: fixture)))
  }
}
