import CNNEngine
import Foundation
import Testing

struct ExportTests {
  @Test func aRunIsExportedIntoItsFolder() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--output run --quiet")
    var snapshot = Snapshot(sandbox)
    for format in ["onnx", "safetensors", "npz"] { try snapshot.run("export run --format \(format)") }
    try snapshot.run("export run --format npz --layout keras --output keras.npz")
    try snapshot.run("export run/checkpoints/best.ckpt --format onnx --output best.onnx --force")
    try snapshot.expect("export")
    #expect(try sandbox.read("run/model.onnx") == sandbox.read("best.onnx"))
    try sandbox.write(Samples.images([7, 2]), to: "digits.idx")
    for weights in ["run/model.safetensors", "run/model.npz", "keras.npz"] {
      let outcome = try sandbox.run("predict \(weights) --config run/config.json digits.idx --json")
      #expect(try outcome.output == sandbox.run("predict run digits.idx --json").output)
      #expect(outcome.errors.isEmpty == (weights != "keras.npz"))
    }
  }

  @Test func aNameMayHave255Bytes() throws {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    let name = String(repeating: "x", count: 250) + ".onnx"
    let export = try sandbox.run(
      "export pixels.safetensors --config pixels.json --format onnx --output \(name)")
    #expect(export.status == 0, "\(export.errors)")
    #expect(sandbox.has(name))
  }

  @Test func faultsAreAsRecorded() throws {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    try sandbox.write("occupied", to: "taken.onnx")
    var snapshot = Snapshot(sandbox)
    let weights = "export pixels.safetensors --config pixels.json"
    for command in [
      "export", "export pixels.safetensors", "export pixels.safetensors --format onnx",
      "export nothing --format onnx", "export lenet --format onnx", "\(weights) --format hdf5",
      "\(weights) --format onnx --layout keras", "\(weights) --format onnx --output taken.onnx",
      "\(weights) --format onnx --output .", "\(weights) --format onnx --output no/such/folder.onnx",
      "\(weights) --format safetensors", "\(weights) --format npz", "predict pixels.npz digits.idx",
    ] { try snapshot.run(command) }
    try snapshot.expect("export-faults")
    #expect(try sandbox.lines(of: "taken.onnx") == ["occupied"])
  }

  @Test func weightsOfOtherProgramsAreFitted() throws {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    var bytes = Samples.pixelsWeights()
    let name = Array("fc.weight".utf8)
    let at = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    bytes.replaceSubrange(at..<at + name.count, with: "00.weight".utf8)
    try sandbox.write(bytes, to: "sequential.safetensors")
    try sandbox.write(Samples.images([7]), to: "digits.idx")
    try sandbox.writeDataset(to: "data/mnist")
    var snapshot = Snapshot(sandbox)
    try snapshot.run("predict sequential.safetensors --config pixels.json digits.idx --top 1")
    try snapshot.run("train --config pixels.json --init sequential.safetensors --dry-run")
    try snapshot.expect("weight-import")
  }

  @Test("Data from one file", arguments: ["mnist.npz", "mnist-original.mat"])
  func dataFiles(name: String) throws {
    let sandbox = try Sandbox()
    let stem = String(name.prefix { $0 != "." })
    let fixtures = Repository.folder.appending(path: "Tests/Fixtures/archives")
    try sandbox.write([UInt8](Data(contentsOf: fixtures.appending(path: name))), to: "data/\(name)")
    let config = Samples.pixelsConfig.replacing(#""layers""#, with: #""input": [1, 6, 6], "layers""#)
    try sandbox.write(config, to: "six.json")
    for path in ["data", "data/\(name)"] {
      let outcome = try sandbox.run("train --config six.json --data \(path) --epochs 1 --output \(path)-run")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(
        outcome.output.hasPrefix(
          "\(path == "data" ? "data" : stem) (\(path)): 30 training images, 10 test images\n"))
    }
  }
}
