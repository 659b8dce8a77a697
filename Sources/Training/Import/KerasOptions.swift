import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// The options of a layer of Keras, checked.
extension KerasConversion {
  /// A whole number from 1 to 65,536.
  func size(_ key: String, _ step: KerasStep) throws(DataError) -> Int {
    guard let size = step.layer.options[key]?.integer, (1...65_536).contains(size) else {
      throw fault(
        step.layer, "\(key) is \(step.layer.options[key]?.text ?? "missing"), not a number from 1 to 65536")
    }
    return size
  }

  /// Rows and columns: a number, or two of them; each from 1 to 4,096.
  func pair(_ key: String, _ step: KerasStep, default preset: [Int]? = nil) throws(DataError) -> [Int] {
    let json = step.layer.options[key] ?? .null
    if json.isNull, let preset { return preset }
    let sizes = json.integer.map { [$0, $0] } ?? (json.array ?? []).map { $0.integer ?? 0 }
    guard sizes.count == 2, sizes.allSatisfy({ (1...4096).contains($0) }) else {
      throw fault(step.layer, "\(key) is \(json.text), not one or two numbers from 1 to 4096")
    }
    return sizes
  }

  /// A number; its default where it is missing or null.
  func number(_ key: String, _ step: KerasStep, default preset: Double) throws(DataError) -> Double {
    let json = step.layer.options[key] ?? .null
    if json.isNull { return preset }
    // Keras 2 may write a number as an array of NumPy.
    guard let number = json.number ?? json["value"]?.number ?? json["config"]?["value"]?.number else {
      throw fault(step.layer, "\(key) is \(json.text), not a number")
    }
    return number
  }

  /// Whether an option is set; its default where it is missing.
  func flag(_ key: String, _ step: KerasStep, default preset: Bool) -> Bool {
    step.layer.options[key]?.bool ?? preset
  }

  /// Throws unless the option is missing, null, or one of `allowed`.
  func require(_ key: String, _ step: KerasStep, _ allowed: JSON...) throws(DataError) {
    let json = step.layer.options[key] ?? .null
    if json.isNull || allowed.contains(json) { return }
    throw fault(step.layer, "\(key) \(json.text) is not supported")
  }

  /// The axes of a layer, one number or several.
  func axes(_ step: KerasStep) -> [Int] {
    let json = step.layer.options["axis"] ?? -1
    return json.integer.map { [$0] } ?? (json.array ?? []).map { $0.integer ?? 0 }
  }

  /// Throws unless the layer works along the channels of `value`, or its features.
  func requireChannelAxis(_ step: KerasStep, _ value: KerasValue) throws(DataError) {
    let allowed: [Int]
    switch value.form {
    case .map: allowed = isChannelsFirst ? [1, -3] : [3, -1]
    case .flat: allowed = [1, -1]
    case .plane: allowed = []
    }
    let axes = axes(step)
    guard axes.count == 1, allowed.contains(axes[0]) else {
      throw fault(
        step.layer, "axis \(axes.map(String.init).joined(separator: ", ")) is not that of the channels")
    }
  }

  /// The only input, without zeros around it.
  func input(_ step: KerasStep) throws(DataError) -> KerasValue {
    guard step.inputs.count == 1 else {
      throw fault(step.layer, "\(step.inputs.count) inputs, where one is expected")
    }
    if step.inputs[0].border != nil {
      throw fault(
        step.layer, "zero padding is supported in front of a convolution with \"valid\" padding alone")
    }
    return step.inputs[0]
  }

  /// The weights, whose shapes must be these.
  func values(_ step: KerasStep, shapes: [[Int]]) throws(DataError) -> [[Float]] {
    guard step.weights.map(\.shape) == shapes else {
      let found =
        step.weights.isEmpty
        ? "no weights" : "weights of \(step.weights.map { "\($0.shape)" }.joined(separator: ", "))"
      throw fault(
        step.layer,
        "the file has \(found), the config needs \(shapes.map { "\($0)" }.joined(separator: ", "))")
    }
    return step.weights.map(\.values)
  }

  // MARK: Activations

  /// The activation of `activation`, as a layer's key here; nil for none.
  func activation(_ step: KerasStep) throws(DataError) -> JSON? {
    let json = step.layer.options["activation"] ?? .null
    if json.isNull { return nil }
    let className = json["class_name"]?.string
    if let className, className != "function" {
      let layer = KerasConfig.Layer(
        name: step.layer.name, className: className, options: json["config"] ?? .null, inputs: [])
      let step = KerasStep(layer: layer, inputs: step.inputs, weights: [])
      guard let activation = try layerActivation(step) else {
        throw fault(step.layer, "it is no activation that is supported")
      }
      return activation
    }
    let name = json.string ?? json["config"]?.string ?? ""
    switch name {
    case "linear": return nil
    case "relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softmax", "log_softmax": return JSON(name)
    case "swish": return "silu"
    case "leaky_relu": return ["type": "leaky_relu", "slope": 0.2]
    default: throw fault(step.layer, "activation \(json.text) is not supported")
    }
  }

  /// The activation that a layer is; nil for another layer.
  func layerActivation(_ step: KerasStep) throws(DataError) -> JSON? {
    switch step.layer.className {
    case "ReLU":
      try require("max_value", step)
      try require("threshold", step, 0)
      let slope = try number("negative_slope", step, default: 0)
      return slope == 0 ? "relu" : try leakyReLU(slope, step)
    case "LeakyReLU":
      let key = step.layer.options["negative_slope"] == nil ? "alpha" : "negative_slope"
      return try leakyReLU(number(key, step, default: 0.3), step)
    case "ELU":
      let alpha = try number("alpha", step, default: 1)
      guard (0...1e6).contains(alpha) else { throw fault(step.layer, "alpha \(alpha) is not supported") }
      return ["type": "elu", "alpha": JSON(alpha)]
    case "Softmax":
      guard let input = step.inputs.first, case .flat = input.form, [[-1], [1]].contains(axes(step)) else {
        throw fault(step.layer, "softmax is supported of flat features alone")
      }
      return "softmax"
    default: return nil
    }
  }

  private func leakyReLU(_ slope: Double, _ step: KerasStep) throws(DataError) -> JSON {
    guard (0...1).contains(slope) else {
      throw fault(step.layer, "a slope of \(slope) is not supported, only 0 to 1")
    }
    return ["type": "leaky_relu", "slope": JSON(slope)]
  }
}

extension JSON {
  /// The start of the value as JSON, for an error message.
  fileprivate var text: String {
    let text = description
    return text.count > 60 ? text.prefix(60) + "…" : text
  }
}
