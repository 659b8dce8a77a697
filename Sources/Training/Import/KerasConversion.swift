import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// Converts a model of Keras layer by layer.
struct KerasConversion {
  /// The layers of the config so far.
  private(set) var layers: [JSON] = []
  /// Their weights.
  private(set) var tensors = SafeTensors()
  /// What is assumed or left out.
  var notices: [String] = []
  /// The shape of the image here.
  private(set) var input: [Int] = []
  /// The scaling of the image in front of the first layer.
  var scaling = KerasScaling()
  /// Whether Keras' maps are [channels, height, width].
  let isChannelsFirst: Bool
  private let path: String
  private let builtShape: JSON?
  /// The value of each layer of Keras, and the number of layers that read it.
  private var values: [String: KerasValue] = [:]
  private var readers: [String: Int] = [:]
  private var names = LayerNames()

  init(_ config: KerasConfig, path: String) throws(DataError) {
    self.path = path
    builtShape = config.builtShape
    let withMaps = config.layers.filter { $0.className != "Flatten" }
    let formats = Set(withMaps.compactMap { $0.options["data_format"]?.string })
    if formats.count > 1 {
      throw .unsuitable(path: path, reason: "Keras model: channels first in some layers and last in others")
    }
    let sizes = config.layers.first.flatMap(Self.batchShape)?.array?.map { $0.integer ?? 0 } ?? []
    // Without a layer that says so, one or three channels are told from rows and columns.
    let looksChannelsFirst = sizes.count == 4 && [1, 3].contains(sizes[1]) && ![1, 3].contains(sizes[3])
    isChannelsFirst = formats.isEmpty ? looksChannelsFirst : formats.contains("channels_first")
    for name in config.layers.flatMap(\.inputs) + config.outputs { readers[name, default: 0] += 1 }
  }

  /// An error about a layer.
  func fault(_ layer: KerasConfig.Layer, _ reason: String) -> DataError {
    .unsuitable(path: path, reason: "layer \(layer.name.quoted) (\(layer.className.oneLine)): \(reason)")
  }

  /// Converts the next layer.
  mutating func convert(_ layer: KerasConfig.Layer, _ weights: [KerasFile.Weight]) throws(DataError) {
    if layer.className == "InputLayer" {
      values[layer.name] = try image(layer)
      return
    }
    var inputs: [KerasValue] = []
    for name in layer.inputs {
      guard var value = values[name] else { throw fault(layer, "its input \(name.quoted) is missing") }
      value.isFront = value.isFront && readers[name] == 1
      inputs.append(value)
    }
    // A sequence may say the shape of its input in its first layer.
    if inputs.isEmpty { inputs = [try image(layer)] }
    var value = try converted(KerasStep(layer: layer, inputs: inputs, weights: weights))
    guard value.shape.allSatisfy({ $0 > 0 }), Self.isSmall(value.shape) else {
      throw fault(layer, "an output of \(value.shape) has no values, or too many")
    }
    value.isFront = value.isFront && layer.inputs.count < 2
    value.isNonnegative = KerasValue.isNonnegative(behind: layer, inputs)
    values[layer.name] = value
  }

  /// Whether a shape has at most as many values as a network here allows.
  static func isSmall(_ shape: [Int]) -> Bool { shape.byteCount(elementSize: 1, limit: 50_000_000) != nil }

  /// The shape of a batch that an input, or the first layer of a sequence, names.
  private static func batchShape(_ layer: KerasConfig.Layer) -> JSON? {
    layer.options["batch_shape"] ?? layer.options["batch_input_shape"]
  }

  /// The image, whose shape is that of the input that `layer` is or has.
  private mutating func image(_ layer: KerasConfig.Layer) throws(DataError) -> KerasValue {
    guard input.isEmpty else { throw fault(layer, "a second input; a network here has one") }
    guard let batch = (Self.batchShape(layer) ?? builtShape)?.array else {
      throw fault(layer, "the file does not say the shape of the input; build the model before it is saved")
    }
    let sizes = batch.dropFirst().map { $0.integer ?? 0 }
    guard (1...3).contains(sizes.count), sizes.allSatisfy({ (1...65_536).contains($0) }), Self.isSmall(sizes)
    else {
      let text = batch.map { $0.integer.map(String.init) ?? "None" }.joined(separator: ", ")
      throw fault(layer, "an input of (\(text)), which is no image of a fixed size")
    }
    var form: KerasValue.Form
    switch sizes.count {
    case 3:
      let (height, width, channels) =
        isChannelsFirst ? (sizes[1], sizes[2], sizes[0]) : (sizes[0], sizes[1], sizes[2])
      input = [channels, height, width]
      form = .map(channels: channels, height: height, width: width)
    case 2:
      input = [1] + sizes
      form = .plane(height: sizes[0], width: sizes[1])
    default:
      let side = Int(clamping: Double(sizes[0]).squareRoot())
      guard side * side == sizes[0] else {
        throw fault(layer, "an input of \(sizes[0]) values, which are no square picture of one channel")
      }
      input = [1, side, side]
      form = .flat(FeatureOrder(count: sizes[0]))
    }
    return KerasValue(form: form, layer: "input", shape: input, isFront: true)
  }

  // MARK: Layers here

  /// Appends a layer of `type` that reads `inputs`, and returns its name: that of Keras' layer, with `suffix`.
  mutating func append(
    _ type: String, _ step: KerasStep, _ inputs: [KerasValue], suffix: String = "",
    _ options: [(String, JSON)] = []
  ) -> String {
    var members: [(String, JSON)] = [("type", JSON(type))]
    let name = names.unused(String((step.layer.name + suffix).unicodeScalars.identifier.prefix(50)))
    members.append(("name", JSON(name)))
    let last = layers.last?["name"]?.string ?? "input"
    let sources = inputs.map(\.layer)
    if sources != [last] {
      members.append(("from", sources.count == 1 ? JSON(sources[0]) : JSON(sources.map { JSON($0) })))
    }
    layers.append(JSON(object: members + options))
    return name
  }

  /// Appends the tensor `<layer>.<role>`, which has as many values as its shape needs.
  mutating func append(
    _ role: String, of name: String, _ shape: [Int], _ values: [Float], _ step: KerasStep
  ) throws(DataError) {
    do {
      try tensors.append("\(name).\(role)", shape: shape, values)
    } catch {
      throw fault(step.layer, error.message)
    }
  }

  /// The value as flat features here.
  mutating func flat(_ value: KerasValue, _ step: KerasStep) -> KerasValue {
    if value.isFlat { return value }
    var result = value
    result.layer = append("flatten", step, [value], suffix: "_flatten")
    result.shape = [value.count]
    return result
  }

  // MARK: Outputs

  /// The section `outputs` of the model; nil for one output of the last layer.
  mutating func outputs(_ names: [String]) throws(DataError) -> JSON? {
    var outputs: [JSON] = []
    var mainCount = 0
    for name in names {
      guard let value = values[name], value.border == nil else {
        throw .unsuitable(path: path, reason: "output \(name.quoted) is no layer with values")
      }
      if case .flat(let order) = value.form, !order.isSame {
        throw .unsuitable(
          path: path, reason: "output \(name.quoted) is a flattened map, which are no classes")
      }
      var members: [(String, JSON)] = [("layer", JSON(value.layer))]
      let count = value.count
      if outputs.isEmpty { mainCount = count }
      if count != mainCount {
        guard mainCount <= 65_536 else {
          throw .unsuitable(path: path, reason: "output \(names[0].quoted) has more than 65536 classes")
        }
        members.append(("labels", JSON((0..<mainCount).map { JSON($0 % count) })))
        notices.append(
          "the labels of output \(value.layer.quoted) are not in the file; class modulo \(count) is assumed")
      }
      outputs.append(JSON(object: members))
    }
    let last = layers.last?["name"]?.string
    return outputs.count == 1 && outputs[0]["layer"]?.string == last ? nil : JSON(outputs)
  }
}

/// A layer of Keras with what it reads and its weights.
struct KerasStep {
  let layer: KerasConfig.Layer
  let inputs: [KerasValue]
  let weights: [KerasFile.Weight]
}
