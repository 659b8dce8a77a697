import CNNEngine
import ConfigDecoding
import JSONText
import Testing
import Training

struct FirstLayerTests {
  private func config(_ layers: String, input: String = "[1, 3, 3]") throws -> ExperimentConfig {
    let text =
      #"{"model": {"input": \#(input), "layers": [\#(layers), "flatten", {"type": "dense", "units": 2}]}}"#
    return try ExperimentConfig(JSON(parsing: Array(text.utf8), origin: "test"))
  }

  private let convolution = #"{"type": "conv2d", "name": "conv1", "filters": 2, "kernel": 2}"#

  /// Filter 0 is the upper left minus the lower right pixel, filter 1 the upper left one; the biases are 0 and 0.5.
  private func parameters(_ config: ExperimentConfig) throws -> FlatTensorBuffer {
    let buffer = try FlatTensorBuffer(count: config.model.flatCount)
    let values: [[Float]] = [[1, 0, 0, -1, 1, 0, 0, 0], [0, 0.5]]
    for (parameter, values) in zip(config.model.parameters, values) {
      buffer.replace(at: parameter.offset, with: values)
    }
    return buffer
  }

  private let image: [UInt8] = [255, 0, 0, 0, 51, 0, 0, 0, 102]

  @Test func mapsAreTheConvolutionAfterItsActivation() throws {
    let config = try config(convolution + #", "relu""#)
    let layer = try FirstLayer(config, parameters: parameters(config))
    #expect(layer.name == "relu1")
    #expect(layer.shape == [2, 2, 2])
    let expected: [Float] = [0.8, 0, 0, 0, 1.5, 0.5, 0.5, 0.7]
    for (value, expected) in zip(layer.maps(of: image), expected) { #expect(abs(value - expected) < 1e-6) }
  }

  @Test func withoutAnActivationValuesMayBeNegative() throws {
    let config = try config(convolution + #", {"type": "max_pool2d", "kernel": 2}, "relu""#)
    let layer = try FirstLayer(config, parameters: parameters(config))
    #expect(layer.name == "conv1")
    #expect(abs(layer.maps(of: image)[3] - (0.2 - 0.4)) < 1e-6)
  }

  @Test func flatFeaturesAreOneRow() throws {
    let config = try config(#""flatten", {"type": "dense", "name": "fc", "units": 5}, "tanh""#)
    let layer = try FirstLayer(config, parameters: config.model.initialParameters(seed: 1))
    #expect(layer.name == "tanh1" && layer.shape == [1, 1, 5])
    #expect(layer.maps(of: image).count == 5)
  }

  @Test func aBatchNormIsNoFirstLayerAndABranchIsNoActivation() throws {
    let norm = #"{"type": "batch_norm", "name": "norm"}"#
    let normed = try config(#"\#(norm), \#(convolution), "relu""#)
    #expect(try FirstLayer(normed, parameters: normed.model.initialParameters(seed: 1)).name == "relu1")
    let after = try config(#"\#(convolution), \#(norm), "relu""#)
    #expect(try FirstLayer(after, parameters: after.model.initialParameters(seed: 1)).name == "conv1")
    // The activation behind the convolution reads the image.
    let branched = try config(
      #""relu", \#(convolution), {"type": "relu", "from": "input"}, {"type": "max_pool2d", "kernel": 2, "stride": 1}, {"type": "concat", "from": ["conv1", "shrunk"]}"#
        .replacing(#""kernel": 2, "stride": 1}"#, with: #""name": "shrunk", "kernel": 2, "stride": 1}"#))
    let layer = try FirstLayer(branched, parameters: branched.model.initialParameters(seed: 1))
    #expect(layer.name == "conv1" && layer.maps(of: image).count == 8)
  }

  @Test func anActivationOfItsOwnIsIncluded() throws {
    let config = try config(
      convolution.replacing("}", with: #", "activation": "relu"}"#) + #", "tanh""#)
    let layer = try FirstLayer(config, parameters: parameters(config))
    #expect(layer.name == "conv1")
    let expected: [Float] = [0.8, 0, 0, 0, 1.5, 0.5, 0.5, 0.7]
    for (value, expected) in zip(layer.maps(of: image), expected) { #expect(abs(value - expected) < 1e-6) }
  }

  @Test(arguments: ConfigSource.shipped.map(\.name))
  func everyShippedNetworkHasOne(name: String) throws {
    let config = try ConfigSource.load(name)
    let layer = try FirstLayer(config, parameters: config.model.initialParameters(seed: 1))
    let pixels = [UInt8](repeating: 200, count: config.model.input.count)
    #expect(layer.maps(of: pixels).count == layer.shape.reduce(1, *))
    #expect(layer.maps(of: pixels).contains { $0 != 0 })
  }
}
