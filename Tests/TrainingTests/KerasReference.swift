import ConfigDecoding
import Foundation
import ModelFormats
import TestSupport

/// Evaluates the network of a config in double precision, layer by layer.
struct KerasReference {
  /// The files of scripts/python/make_keras_fixtures.py.
  static let folder = URL(filePath: Archives.folder).deletingLastPathComponent().appending(path: "keras").path

  let config: JSON
  let weights: SafeTensors

  private struct Maps {
    var shape: [Int]
    var values: [Double]

    subscript(channel: Int, row: Int, column: Int) -> Double {
      values[(channel * shape[1] + row) * shape[2] + column]
    }
  }

  /// The outputs for an image of bytes in the order of the config's input.
  func outputs(_ image: [Double]) -> [[Double]] {
    let model = config["model"] ?? .null
    let input = (model["input"]?.array ?? []).map { $0.integer ?? 0 }
    func numbers(_ key: String, _ preset: Double) -> [Double] {
      config["data"]?["normalize"]?[key]?.array?.map { $0.number ?? 0 } ?? [preset]
    }
    let (means, deviations) = (numbers("mean", 0), numbers("std", 1))
    let pixels = input[1] * input[2]
    let scaled = image.enumerated().map { index, byte in
      let channel = index / pixels
      return (byte / 255 - means[min(channel, means.count - 1)])
        / deviations[min(channel, deviations.count - 1)]
    }
    var values = ["input": Maps(shape: input, values: scaled)]
    var last = "input"
    for layer in model["layers"]?.array ?? [] {
      let name = layer["name"]?.string ?? ""
      let sources = layer["from"]?.array?.compactMap(\.string) ?? [layer["from"]?.string ?? last]
      var value = apply(layer, name, sources.compactMap { values[$0] })
      if let activation = layer["activation"] { activate(&value, activation) }
      values[name] = value
      last = name
    }
    let outputs = model["outputs"]?.array?.compactMap { $0["layer"]?.string } ?? [last]
    return outputs.compactMap { values[$0]?.values }
  }

  private func tensor(_ name: String) -> [Double] {
    weights[name].flatMap { weights.floats(of: $0) }?.map(Double.init) ?? []
  }

  private func apply(_ layer: JSON, _ name: String, _ inputs: [Maps]) -> Maps {
    let x = inputs[0]
    switch layer["type"]?.string {
    case "conv2d": return convolution(layer, name, x)
    case "max_pool2d", "average_pool2d": return pool(layer, x)
    case "dense":
      let (weight, bias, units) = (
        tensor("\(name).weight"), tensor("\(name).bias"), layer["units"]?.integer ?? 0
      )
      return Maps(
        shape: [units],
        values: (0..<units).map { unit in
          x.values.indices.reduce(bias.isEmpty ? 0 : bias[unit]) {
            $0 + weight[unit * x.values.count + $1] * x.values[$1]
          }
        })
    case "batch_norm":
      let parts = ["weight", "bias", "running_mean", "running_var"].map { tensor("\(name).\($0)") }
      let (size, epsilon) = (x.values.count / x.shape[0], layer["epsilon"]?.number ?? 0)
      return Maps(
        shape: x.shape,
        values: x.values.enumerated().map { index, value in
          let c = index / size
          return (value - parts[2][c]) / (parts[3][c] + epsilon).squareRoot() * parts[0][c] + parts[1][c]
        })
    case "global_average_pool2d":
      let size = x.shape[1] * x.shape[2]
      return Maps(
        shape: [x.shape[0]],
        values: (0..<x.shape[0]).map { x.values[$0 * size..<($0 + 1) * size].reduce(0, +) / Double(size) })
    case "add":
      return Maps(
        shape: x.shape, values: x.values.indices.map { index in inputs.reduce(0) { $0 + $1.values[index] } })
    case "concat":
      var shape = x.shape
      shape[0] = inputs.reduce(0) { $0 + $1.shape[0] }
      return Maps(shape: shape, values: inputs.flatMap(\.values))
    case "flatten": return Maps(shape: [x.values.count], values: x.values)
    case "reshape":
      return Maps(shape: (layer["shape"]?.array ?? []).map { $0.integer ?? 0 }, values: x.values)
    case "dropout": return x
    default:
      var value = x
      activate(&value, layer)
      return value
    }
  }

  private func activate(_ value: inout Maps, _ json: JSON) {
    let slope = json["slope"]?.number ?? 0.01
    switch json.string ?? json["type"]?.string {
    case "relu": value.values = value.values.map { max($0, 0) }
    case "leaky_relu": value.values = value.values.map { $0 > 0 ? $0 : slope * $0 }
    case "sigmoid": value.values = value.values.map { 1 / (1 + Self.exponential(-$0)) }
    case "tanh": value.values = value.values.map { 1 - 2 / (Self.exponential(2 * $0) + 1) }
    case "softmax":
      let largest = value.values.max() ?? 0
      let powers = value.values.map { Self.exponential($0 - largest) }
      let sum = powers.reduce(0, +)
      value.values = powers.map { $0 / sum }
    default: value.values = []
    }
  }

  /// e^x by its series of x / 2^10, squared ten times.
  private static func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for index in 1..<12 {
      term *= x / 1024 / Double(index)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }

  // MARK: Windows

  private func sizes(_ layer: JSON, _ key: String, preset: JSON = 1) -> [Int] {
    let json = layer[key] ?? preset
    return json.integer.map { [$0, $0] } ?? (json.array ?? []).map { $0.integer ?? 0 }
  }

  /// Top and left border, and rows and columns of the output.
  private func geometry(
    _ layer: JSON, _ shape: [Int], _ kernel: [Int], _ stride: [Int], _ dilation: [Int]
  ) -> (border: [Int], size: [Int]) {
    var (border, size): ([Int], [Int]) = ([], [])
    let explicit = layer["padding"]?.array?.map { $0.integer ?? 0 } ?? [0, 0, 0, 0]
    for axis in 0...1 {
      let (length, extent) = (shape[axis + 1], (kernel[axis] - 1) * dilation[axis] + 1)
      if layer["padding"] == "same" {
        size.append((length + stride[axis] - 1) / stride[axis])
        border.append(max((size[axis] - 1) * stride[axis] + extent - length, 0) / 2)
      } else {
        border.append(explicit[axis])
        size.append((length + explicit[axis] + explicit[axis + 2] - extent) / stride[axis] + 1)
      }
    }
    return (border, size)
  }

  private func convolution(_ layer: JSON, _ name: String, _ x: Maps) -> Maps {
    let (weight, bias) = (tensor("\(name).weight"), tensor("\(name).bias"))
    let (kernel, stride, dilation) = (
      sizes(layer, "kernel"), sizes(layer, "stride"), sizes(layer, "dilation")
    )
    let (filters, groups) = (layer["filters"]?.integer ?? 0, layer["groups"]?.integer ?? 1)
    let (border, size) = geometry(layer, x.shape, kernel, stride, dilation)
    let inputs = x.shape[0] / groups
    var values: [Double] = []
    for filter in 0..<filters {
      for row in 0..<size[0] {
        for column in 0..<size[1] {
          var sum = bias.isEmpty ? 0 : bias[filter]
          for input in 0..<inputs {
            for y in 0..<kernel[0] {
              for z in 0..<kernel[1] {
                let (r, c) = (
                  row * stride[0] + y * dilation[0] - border[0],
                  column * stride[1] + z * dilation[1] - border[1]
                )
                guard (0..<x.shape[1]).contains(r), (0..<x.shape[2]).contains(c) else { continue }
                let tap = ((filter * inputs + input) * kernel[0] + y) * kernel[1] + z
                sum += weight[tap] * x[filter / (filters / groups) * inputs + input, r, c]
              }
            }
          }
          values.append(sum)
        }
      }
    }
    return Maps(shape: [filters] + size, values: values)
  }

  private func pool(_ layer: JSON, _ x: Maps) -> Maps {
    let (kernel, stride) = (sizes(layer, "kernel"), sizes(layer, "stride", preset: layer["kernel"] ?? 1))
    let (border, size) = geometry(layer, x.shape, kernel, stride, [1, 1])
    var values: [Double] = []
    for channel in 0..<x.shape[0] {
      for row in 0..<size[0] {
        for column in 0..<size[1] {
          var window: [Double] = []
          for y in 0..<kernel[0] {
            for z in 0..<kernel[1] {
              let (r, c) = (row * stride[0] + y - border[0], column * stride[1] + z - border[1])
              if (0..<x.shape[1]).contains(r), (0..<x.shape[2]).contains(c) {
                window.append(x[channel, r, c])
              }
            }
          }
          let isMax = layer["type"] == "max_pool2d"
          values.append(isMax ? window.max() ?? 0 : window.reduce(0, +) / Double(window.count))
        }
      }
    }
    return Maps(shape: [x.shape[0]] + size, values: values)
  }
}
