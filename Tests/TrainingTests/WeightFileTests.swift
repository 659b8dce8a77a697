import ConvNet
import Interchange
import Testing
import Training

@Suite struct WeightFileTests {
  private func withFile(
    _ tensors: [(String, [Int], [Float])], _ body: (_ path: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      for (name, shape, values) in tensors { try file.append(name, shape: shape, values) }
      try write(file.encoded(), "\(folder)/w.safetensors")
      try body("\(folder)/w.safetensors")
    }
  }

  private func model() throws -> Model { try Small.config(layers: Small.linear).model }

  private let weight = (0..<1440).map { Float($0) }
  private let bias = (0..<10).map { Float(-$0) }

  @Test("Tensors in any order, with others among them, go to where they belong")
  func order() throws {
    let tensors = [("step", [1], [7]), ("fc.bias", [10], bias), ("fc.weight", [10, 144], weight)]
    try withFile(tensors) { path in
      let weights = try WeightFile.weights(of: model(), contentsOf: path)
      #expect(
        weights == [
          NamedTensor(name: "fc.weight", shape: [10, 144], values: weight),
          NamedTensor(name: "fc.bias", shape: [10], values: bias),
        ])
    }
  }

  @Test("Half precision and double precision become floats")
  func types() throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      let half: [UInt8] = Array(repeating: [0x00, 0xBC], count: 1440).flatMap { $0 }
      try file.append("fc.weight", shape: [10, 144], .float16, bytes: half)
      let double = (0..<10).flatMap { index in withUnsafeBytes(of: Double(index) / 4) { Array($0) } }
      try file.append("fc.bias", shape: [10], .float64, bytes: double)
      try write(file.encoded(), "\(folder)/w.safetensors")
      let weights = try WeightFile.weights(of: model(), contentsOf: "\(folder)/w.safetensors")
      #expect(weights[0].values.allSatisfy { $0 == -1 })
      #expect(weights[1].values == (0..<10).map { Float($0) / 4 })
    }
  }

  @Test("A tensor that is missing, of another shape, or not of finite numbers is named")
  func faults() throws {
    func fault(_ tensors: [(String, [Int], [Float])]) throws -> String {
      var said = ""
      try withFile(tensors) { path in
        said = message(in: path) { _ = try WeightFile.weights(of: model(), contentsOf: path) }
      }
      return said
    }
    #expect(try fault([]) == "DIR: no tensor fc.weight; the file has none")
    #expect(
      try fault([("head.weight", [10, 144], weight), ("head.bias", [10], bias)])
        == "DIR: no tensor fc.weight; the file has head.weight, head.bias")
    #expect(
      try fault([("fc.weight", [144, 10], weight), ("fc.bias", [10], bias)])
        == "DIR: fc.weight is [144, 10], the network's is [10, 144]")
    #expect(
      try fault([("fc.weight", [10, 144], weight), ("fc.bias", [5], Array(bias.prefix(5)))])
        == "DIR: fc.bias is [5], the network's is [10]")
    var infinite = bias
    infinite[3] = .infinity
    #expect(
      try fault([("fc.weight", [10, 144], weight), ("fc.bias", [10], infinite)])
        == "DIR: fc.bias has numbers that are not finite")
  }

  @Test("Whole numbers are no weights")
  func integers() throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      try file.append("fc.weight", shape: [10, 144], .int32, bytes: [UInt8](repeating: 0, count: 5760))
      try write(file.encoded(), "\(folder)/w")
      #expect(
        message(in: folder) { _ = try WeightFile.weights(of: model(), contentsOf: "\(folder)/w") }
          == "DIR/w: fc.weight is I32, not floating-point numbers")
    }
  }

  @Test("A file that is not there, or not safetensors")
  func unreadable() throws {
    #expect(
      message { _ = try WeightFile.weights(of: model(), contentsOf: "/nowhere/w") }
        == "/nowhere/w: No such file or directory")
    try withTemporaryFolder { folder in
      try write(Array("<!DOCTYPE html><html></html>".utf8), "\(folder)/w")
      #expect(
        message(in: folder) { _ = try WeightFile.weights(of: model(), contentsOf: "\(folder)/w") }
          .hasPrefix("DIR/w: byte 0: "))
    }
  }
}
