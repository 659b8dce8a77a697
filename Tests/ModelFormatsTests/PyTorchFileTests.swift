import FileIO
import Foundation
import ModelFormats
import Testing
import TestSupport

/// The folder of scripts/python/make_weight_fixtures.py.
enum WeightFixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/weights").path

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func contents(_ name: String) throws -> [UInt8] { try TestSupport.contents(path(name)) }
}

@Suite struct PyTorchFileTests {
  /// Compares with what the safetensors package wrote, whatever the order.
  private func expectEqual(_ file: String, _ expected: String) throws {
    let read = try SafeTensors(PyTorchFile(contentsOf: WeightFixtures.path(file)))
    let expected = try SafeTensors(contentsOf: WeightFixtures.path(expected))
    #expect(Set(read.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
    for tensor in expected.tensors {
      let other = try #require(read[tensor.name])
      #expect(other.shape == tensor.shape && other.dataType == tensor.dataType, "\(tensor.name)")
      #expect(read.bytes(of: other) == expected.bytes(of: tensor), "\(tensor.name)")
    }
  }

  @Test(
    "State dicts of today, before 1.6, without checksums, of pickle's protocol 5, and in a checkpoint",
    arguments: [
      "network.pt", "network-legacy.pt", "network-without-crc.pt", "network-protocol5.pt", "checkpoint.pt",
      "checkpoint-legacy.pt",
    ])
  func networks(name: String) throws {
    try expectEqual(name, "network.safetensors")
    // By name, the classifier would be first.
    let file = try PyTorchFile(contentsOf: WeightFixtures.path(name))
    #expect(
      file.tensors.map(\.name) == [
        "features.0.weight", "features.1.weight", "features.1.bias", "features.1.running_mean",
        "features.1.running_var", "features.1.num_batches_tracked", "features.4.weight", "features.4.bias",
        "classifier.1.weight", "classifier.1.bias",
      ])
  }

  @Test(
    "Every element type; tensors that are transposed, sliced, repeated, shared, parameters, scalars, empty",
    arguments: ["tensors.pt", "tensors-legacy.pt"])
  func layouts(name: String) throws { try expectEqual(name, "tensors.safetensors") }

  @Test("Half precision, and unsigned integers, which are saved as untyped storages")
  func types() throws {
    let half = try PyTorchFile(contentsOf: WeightFixtures.path("half.pt"))
    #expect(half.tensors.filter { $0.elementType == .float16 }.count == 9)
    let file = try PyTorchFile(contentsOf: WeightFixtures.path("unsigned.pt"))
    #expect(file.tensors.map(\.elementType) == [.uint16, .float32])
    let weights = try SafeTensors(file)
    #expect(weights.integers(of: weights.tensors[0]) == [1, 2, 65535, 3])
    #expect(weights.floats(of: weights.tensors[1]) == [1, 1])
  }
}
