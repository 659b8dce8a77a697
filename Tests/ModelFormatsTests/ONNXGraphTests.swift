import FileIO
import Foundation
import ModelFormats
import Testing
import TestSupport

@Suite struct ONNXGraphTests {
  @Test("A graph of this program is read as it was written")
  func roundTrip() throws {
    let path = WeightFixtures.folder + "/../tiny.onnx"
    let graph = try ONNXGraph(contentsOf: path)
    #expect((graph.irVersion, graph.operatorSet) == (8, 17))
    #expect((graph.producer, graph.name) == ("cnn", "tiny"))
    #expect(graph.nodes.map(\.type) == ["Conv", "Neg", "Reshape", "Gemm"])
    #expect(graph.nodes[0].inputs == ["input", "c.weight", "c.bias"] && graph.nodes[0].outputs == ["c"])
    #expect(graph.nodes[0]["pads"] == .integers([0, 1, 1, 0]) && graph.nodes[0]["dilations"] == nil)
    #expect(graph.nodes[3]["transB"] == .integer(1))
    #expect(graph.inputs.map(\.name) == ["input"])
    #expect(graph.inputs[0].shape == [.symbol("N"), .size(1), .size(2), .size(3)])
    #expect(graph.outputs.map(\.name) == ["logits", "c"])
    #expect(graph.initializers.map(\.shape) == [[2, 1, 2, 2], [2], [2], [2, 8]])
    #expect(graph.initializers[0].floats == [1, 2, 3, 4, 5, 6, 7, -8.5])
    #expect(graph.initializers[2].integers == [0, 8])
    #expect(graph.metadata.map(\.key) == ["input"] && graph.metadata.map(\.value) == ["pixels"])
  }

  @Test("Both exporters of PyTorch", arguments: ["script", "dynamo"])
  func exporters(name: String) throws {
    let graph = try ONNXGraph(contentsOf: WeightFixtures.path("network-\(name).onnx"))
    let reshape = name == "script" ? "Flatten" : "Reshape"
    #expect(graph.nodes.map(\.type) == ["Conv", "Relu", "MaxPool", "Conv", "Relu", reshape, "Gemm"])
    #expect(graph.inputs.map(\.name) == ["image"] && graph.outputs.map(\.name) == ["scores"])
    #expect(graph.inputs[0].shape?.dropFirst() == [.size(1), .size(8), .size(8)])
    let expected = try SafeTensors(contentsOf: WeightFixtures.path("graphs.safetensors"))
    let weight = try #require(expected["network.features.4.weight"])
    let read = try #require(graph.initializers.first { $0.name == "features.4.weight" })
    #expect(read.floats == expected.floats(of: weight) && read.shape == weight.shape)
  }

  @Test("Weights in a file beside the model are those within it")
  func external() throws {
    let path = WeightFixtures.path("branches-external.onnx")
    let within = try ONNXGraph(contentsOf: WeightFixtures.path("branches-dynamo.onnx"))
    let beside = try ONNXGraph(contentsOf: path)
    let name = "block.weight"
    let read = try #require(beside.initializers.first { $0.name == name })
    #expect(read.bytes == within.initializers.first { $0.name == name }?.bytes)
    #expect(
      message { _ = try ONNXGraph(parsing: contents(path), name: "f") }
        == "branches-external.onnx.data: weights in another file are read only of a model that is a file")
    try withTemporaryFolder { folder in
      let model = try contents(path)
      try write(model, "\(folder)/m.onnx")
      let data = "\(folder)/branches-external.onnx.data"
      #expect(
        message(in: folder) { _ = try ONNXGraph(contentsOf: "\(folder)/m.onnx") }
          == "DIR/branches-external.onnx.data: No such file or directory")
      try FileManager.default.createSymbolicLink(
        atPath: data, withDestinationPath: WeightFixtures.path("branches-external.onnx.data"))
      #expect(
        message(in: folder) { _ = try ONNXGraph(contentsOf: "\(folder)/m.onnx") }
          == "DIR/branches-external.onnx.data: a link, which is not followed here")
      try FileManager.default.removeItem(atPath: data)
      try write([UInt8](repeating: 0, count: 287), data)
      #expect(
        message(in: folder) { _ = try ONNXGraph(contentsOf: "\(folder)/m.onnx") }.hasSuffix(
          "offset 0, length 288 is not within the 287 bytes of \"branches-external.onnx.data\""))
    }
  }
}
