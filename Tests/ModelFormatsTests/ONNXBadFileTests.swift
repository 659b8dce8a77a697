import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct ONNXBadFileTests {
  private typealias Message = @Sendable (inout ProtobufWriter) -> Void

  /// A model of IR version 8 around this graph.
  private static func model(operatorSet: Int = 17, _ graph: Message) -> [UInt8] {
    var model = ProtobufWriter()
    model.write(8, field: 1)
    model.write(field: 7, graph)
    model.write(field: 8) { $0.write(operatorSet, field: 2) }
    return model.bytes
  }

  /// A model with a constant called `w`, by default of two floats.
  private static func constant(
    type: Int = 1, shape: [Int] = [2], raw: Int? = nil, _ other: Message = { _ in }
  ) -> [UInt8] {
    model { graph in
      graph.write(field: 5) { tensor in
        for size in shape { tensor.write(size, field: 1) }
        tensor.write(type, field: 2)
        tensor.write("w", field: 8)
        if let raw { tensor.write([UInt8](repeating: 1, count: raw), field: 9) }
        other(&tensor)
      }
    }
  }

  /// A model with a constant in another file, of 8 bytes.
  private static func external(_ entries: [(String, String)], shape: [Int] = [2], count: Int = 1) -> [UInt8] {
    model { graph in
      for index in 0..<count {
        graph.write(field: 5) { tensor in
          for size in shape { tensor.write(size, field: 1) }
          tensor.write(1, field: 2)
          tensor.write("w\(index)", field: 8)
          for (key, value) in entries {
            tensor.write(field: 13) {
              $0.write(key, field: 1)
              $0.write(value, field: 2)
            }
          }
          tensor.write(1, field: 14)
        }
      }
    }
  }

  private static func node(_ type: String, _ inputs: [String], _ output: String) -> Message {
    { graph in
      graph.write(field: 1) { node in
        for input in inputs { node.write(input, field: 1) }
        node.write(output, field: 2)
        node.write(type, field: 4)
      }
    }
  }

  private static func graph(_ parts: Message...) -> [UInt8] {
    model { graph in for part in parts { part(&graph) } }
  }

  private static let input: Message = { graph in graph.write(field: 11) { $0.write("x", field: 1) } }

  @Test(
    arguments: [
      (
        [],
        "byte 0: onnx: not an ONNX model: the file is empty"
      ),
      (
        Array("<html>".utf8),
        "byte 0: onnx: not an ONNX model: this is an HTML page (\"<html\")"
      ),
      (
        [0x08],
        "byte 1: onnx: an integer is cut off"
      ),
      (
        [0x08, 8, 0x3A, 9, 1],
        "byte 2: onnx: a field of 9 bytes, of which 1 are left"
      ),
      (
        [0x08, 8, 0x3B],
        "byte 2: onnx: a field of the unknown kind 3"
      ),
      (
        [0x08, 8, 0x42, 0, 0x00],
        "byte 4: onnx: a field of that number does not exist"
      ),
      (
        [0x08, 8, 0x42, 0, 0x08] + [UInt8](repeating: 0xFF, count: 10),
        "byte 5: onnx: an integer of more than 64 bits"
      ),
      (
        [0x08, 8, 0x42, 0, 0x08, 0x80],
        "byte 5: onnx: an integer is cut off"
      ),
      (
        [0x08, 8, 0x42, 0, 0x0D, 1],
        "byte 5: onnx: a number is cut off"
      ),
      (
        [0x08, 8, 0x42, 0],
        "byte 0: onnx: not an ONNX model: there is no graph in it"
      ),
      (
        [0x08, 99, 0x42, 0, 0x3A, 0],
        "byte 0: onnx: not an ONNX model: its IR version is 99"
      ),
      (
        [0x08, 8, 0x3A, 0],
        "no operator set; 13 to 20 are supported, export with opset_version=17"
      ),
      (
        model { _ in } + [0x3A, 0],
        "byte 8: onnx: a second graph"
      ),
      (
        model(operatorSet: 12) { _ in },
        "operator set 12; 13 to 20 are supported, export with opset_version=17"
      ),
      (
        model(operatorSet: 21) { _ in },
        "operator set 21; 13 to 20 are supported, export with opset_version=17"
      ),
      (
        [0x08, 8, 0x38, 1],
        "byte 2: onnx: field 7 has another kind than onnx.proto says"
      ),
      (
        graph(input, node("Relu", ["y\n"], "z")),
        "byte 9: onnx: Relu reads \"y\\n\", which nothing before it computes"
      ),
      (
        graph(input, node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")),
        "byte 23: onnx: \"y\" is computed twice"
      ),
      (
        graph(input, input),
        "byte 4: onnx: two inputs are called \"x\""
      ),
      (
        graph(node("Relu", ["y"], "z"), node("Relu", ["z"], "y")),
        "byte 4: onnx: Relu reads \"y\", which nothing before it computes"
      ),
      (
        model { graph in graph.write(field: 12) { $0.write("y", field: 1) } },
        "byte 4: onnx: nothing computes the output \"y\""
      ),
      (
        model { graph in
          for _ in 0..<2 {
            graph.write(field: 5) {
              $0.write(1, field: 2); $0.write(1, field: 1); $0.write([0, 0, 0, 0], field: 9)
            }
          }
        },
        "byte 4: onnx: two constants are called \"\""
      ),
      (
        model { $0.write([], field: 15) },
        "byte 4: onnx: sparse tensors are not supported"
      ),
      (
        model { $0.write(1, field: 1) },
        "byte 4: onnx: field 1 has another kind than onnx.proto says"
      ),
      (
        constant(type: 2, raw: 2),
        "byte 4: onnx: tensor \"w\": elements of type uint8; float, float16, double and int64 are supported"
      ),
      (
        constant(type: 99, raw: 2),
        "byte 4: onnx: tensor \"w\": elements of type 99; float, float16, double and int64 are supported"
      ),
      (
        constant(shape: [-1], raw: 2),
        "byte 4: onnx: tensor \"w\": the shape [-1] is not one of at most 4 GiB"
      ),
      (
        constant(shape: [1 << 40, 1 << 40], raw: 2),
        "byte 4: onnx: tensor \"w\": the shape [1099511627776, 1099511627776] is not one of at most 4 GiB"
      ),
      (
        constant(shape: [1 << 20], raw: 4),
        "byte 4: onnx: tensor \"w\": 4 bytes of data, but the shape [1048576] needs 4,194,304"
      ),
      (
        constant(raw: 7),
        "byte 4: onnx: tensor \"w\": 7 bytes of data, but the shape [2] needs 8"
      ),
      (
        constant(),
        "byte 4: onnx: tensor \"w\": 0 bytes of data, but the shape [2] needs 8"
      ),
      (
        constant { $0.write([0], field: 3) },
        "byte 13: onnx: tensors in segments are not supported"
      ),
      (
        constant(shape: [Int](repeating: 1, count: 17), raw: 4),
        "byte 4: onnx: tensor \"w\": the shape \([Int](repeating: 1, count: 17)) is not one of at most 4 GiB"
      ),
      (
        constant { $0.write([1, 2, 3], field: 4) },
        "byte 4: onnx: tensor \"w\": 12 bytes of data, but the shape [2] needs 8"
      ),
      (
        constant { $0.write(1, field: 4) },
        "byte 13: onnx: field 4 has another kind than onnx.proto says"
      ),
      (
        constant(type: 7, shape: [1]) { $0.write([0x80], field: 7) },
        "byte 15: onnx: an integer is cut off"
      ),
      (
        constant(type: 7, shape: [1 << 20]) { $0.write([1], field: 7) },
        "byte 4: onnx: tensor \"w\": 8 bytes of data, but the shape [1048576] needs 8,388,608"
      ),
      (
        external([]),
        "byte 4: onnx: tensor \"w0\": its data is in \"\", which is no plain name of a file beside the model"
      ),
      (
        external([("location", "../w")]),
        "byte 4: onnx: tensor \"w0\": its data is in \"../w\", which is no plain name of a file beside the model"
      ),
      (
        external([("location", "/etc/passwd")]),
        "byte 4: onnx: tensor \"w0\": its data is in \"/etc/passwd\", which is no plain name of a file beside the model"
      ),
      (
        external([("location", "..")]),
        "byte 4: onnx: tensor \"w0\": its data is in \"..\", which is no plain name of a file beside the model"
      ),
      (
        external([("location", "w\n")]),
        "byte 4: onnx: tensor \"w0\": its data is in \"w\\n\", which is no plain name of a file beside the model"
      ),
      (
        external([("location", "w"), ("offset", "9")]),
        "byte 4: onnx: tensor \"w0\": offset 9, length all is not within the 8 bytes of \"w\""
      ),
      (
        external([("location", "w"), ("offset", "-1")]),
        "byte 4: onnx: tensor \"w0\": offset -1, length all is not within the 8 bytes of \"w\""
      ),
      (
        external([("location", "w"), ("length", "9")]),
        "byte 4: onnx: tensor \"w0\": offset 0, length 9 is not within the 8 bytes of \"w\""
      ),
      (
        external([("location", "w"), ("length", "4")]),
        "byte 4: onnx: tensor \"w0\": 4 bytes of data, but the shape [2] needs 8"
      ),
      (
        external([("location", "w"), ("offset", "99999999999999999999")]),
        "byte 4: onnx: tensor \"w0\": offset 99999999999999999999, length all is not within the 8 bytes of \"w\""
      ),
      (
        model { graph in
          graph.write(field: 11) {
            $0.write(field: 2) {
              $0.write(field: 1) { $0.write(field: 2) { $0.write(field: 1) { $0.write(-1, field: 1) } } }
            }
          }
        },
        "byte 14: onnx: a size of -1"
      ),
      (
        model { graph in graph.write(field: 1) { $0.write(field: 5) { $0.write(1, field: 2) } } },
        "byte 8: onnx: field 2 has another kind than onnx.proto says"
      ),
      (
        model { graph in for _ in 0..<1 << 21 { graph.write(field: 30) { _ in } } },
        "byte 6291451: onnx: more than 2,097,152 fields"
      ),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], expected: String) {
    #expect(
      message { _ = try ONNXGraph(parsing: bytes, name: "f") { _ in [UInt8](repeating: 0, count: 8) } }
        == "f: " + expected)
  }

  @Test("Many tensors that lie one over another in a file are refused")
  func overlaps() {
    let bytes = Self.external([("location", "w")], shape: [1 << 14], count: 40)
    #expect(
      message { _ = try ONNXGraph(parsing: bytes, name: "f") { _ in [UInt8](repeating: 0, count: 1 << 16) } }
        .hasSuffix(
          "the tensors have more bytes than 16 times the model and its files"))
  }

  @Test("Every truncation is refused, and no changed byte is a crash")
  func damage() throws {
    let whole = try WeightFixtures.contents("branches-script.onnx")
    for length in whole.indices {
      #expect(throws: DataError.self) { try ONNXGraph(parsing: Array(whole[..<length]), name: "f") }
    }
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 1 << UInt8(index % 8)
      if let graph = try? ONNXGraph(parsing: damaged, name: "f") { _ = graph.initializers.map(\.floats) }
    }
  }
}
