import CNNEngine
import Foundation
import ImageFiles
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

@Suite struct ONNXPredictionTests {
  @Test(
    "A graph's network gives the scores that PyTorch gave",
    arguments: [
      "network-script", "network-dynamo", "branches-script", "branches-dynamo", "branches-external",
    ])
  func scores(name: String) throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/weights").path
    let network = try ONNXNetwork(ONNXGraph(contentsOf: "\(fixtures)/\(name).onnx"), path: name)
    let expected = try SafeTensors(contentsOf: "\(fixtures)/graphs.safetensors")
    let prefix = name.prefix { $0 != "-" }
    let pixels = try #require(expected["\(prefix).images"].flatMap { expected.integers(of: $0) })
    let scores = try #require(expected["\(prefix).scores"].flatMap { expected.floats(of: $0) })
    try withTemporaryFolder { folder in
      try write(Array(network.config.text().utf8), "\(folder)/c.json")
      try write(network.weights.encoded(), "\(folder)/w.safetensors")
      let model = try LoadedModel("\(folder)/w.safetensors", config: "\(folder)/c.json")
      let images = Images(
        pixels: pixels.map { UInt8(truncatingIfNeeded: $0) }, shape: ImageShape(height: 8, width: 8))
      let read = try Evaluator(model, threadPool: ThreadPool(threads: 1)).scores(images).flatMap { $0 }
      #expect(read.count == scores.count)
      #expect(zip(read, scores).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }
}
