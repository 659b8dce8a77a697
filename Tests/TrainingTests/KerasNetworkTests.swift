import ConfigDecoding
import FileIO
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

@Suite struct KerasNetworkTests {
  /// What Keras computes for three images of bytes, with channels last; see scripts/python/make_keras_fixtures.py.
  private struct Expected {
    let images: [[Double]]
    let outputs: [[[Double]]]

    init(_ name: String) throws {
      let json = try JSON(parsing: contents("\(KerasReference.folder)/outputs.json"), origin: "outputs.json")
      let entry = try #require(json[name])
      func rows(_ json: JSON) -> [[Double]] {
        (json.array ?? []).map { ($0.array ?? []).map { $0.number ?? .nan } }
      }
      let sizes = (entry["shape"]?.array ?? []).map { $0.integer ?? 0 }
      let channels = sizes.count == 3 ? sizes[2] : 1
      images = rows(entry["images"] ?? .null).map { image in
        let pixels = image.count / channels
        return image.indices.map { image[$0 % pixels * channels + $0 / pixels] }
      }
      outputs = (entry["outputs"]?.array ?? []).map(rows)
    }
  }

  private static func network(_ name: String) throws -> KerasNetwork {
    try KerasNetwork(KerasFile(contentsOf: "\(KerasReference.folder)/\(name)"))
  }

  @Test(
    "Networks compute what Keras computes",
    arguments: [
      ("sequential.keras", "sequential"), ("sequential.h5.gz", "sequential"),
      ("functional.keras", "functional"),
      ("functional.h5.gz", "functional"), ("twelve.keras", "twelve"), ("flat.keras", "flat"),
      ("keras2-sequential.h5.gz", "keras2-sequential"), ("keras2-functional.h5.gz", "keras2-functional"),
    ])
  func outputs(file: String, name: String) throws {
    let network = try Self.network(file)
    let reference = KerasReference(config: network.config, weights: network.weights)
    let expected = try Expected(name)
    #expect(!expected.images.isEmpty)
    for (index, image) in expected.images.enumerated() {
      let outputs = reference.outputs(image)
      #expect(outputs.count == expected.outputs.count)
      for (values, rows) in zip(outputs, expected.outputs) {
        #expect(values.count == rows[index].count)
        for (value, right) in zip(values, rows[index]) {
          #expect(abs(value - right) <= 2e-5 * max(1, abs(right)), "\(values) \(rows[index])")
        }
      }
    }
  }
}
