import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// One function for each kind of layer of Keras.
extension KerasConversion {
  /// The value behind a layer.
  mutating func converted(_ step: KerasStep) throws(DataError) -> KerasValue {
    switch step.layer.className {
    case "Conv2D", "DepthwiseConv2D", "SeparableConv2D": return try convolution(step)
    case "Dense": return try dense(step)
    case "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization":
      return try batchNorm(step)
    case "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D":
      return try pool(step)
    case "Add", "Concatenate": return try merge(step)
    case "Flatten": return try flatten(step)
    case "Reshape": return try reshape(step)
    case "ZeroPadding2D": return try zeroPadding(step)
    case "Rescaling", "Normalization": return try scaled(step)
    case "Activation", "ReLU", "LeakyReLU", "ELU", "Softmax": return try activated(step)
    case "Dropout": return try dropout(step)
    case "Identity": return try input(step)
    case let name where Self.isForTraining(name):
      notices.append("\(step.layer.name.quoted) (\(name)) is left out: it changes values in training alone")
      return try input(step)
    default: throw fault(step.layer, "layers of this class are not supported")
    }
  }

  /// Whether layers of a class change nothing when a model is evaluated.
  private static func isForTraining(_ name: String) -> Bool {
    ["SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"]
      .contains(name)
      || ["Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness"].contains {
        name == "Random\($0)"
      }
  }

  private mutating func dense(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let units = try size("units", step)
    let hasBias = flag("use_bias", step, default: true)
    let bias = hasBias ? [[units]] : []
    let activation = try activation(step)
    let options = Self.ending(hasBias: hasBias, activation)
    switch value.form {
    case .flat(let order):
      let parts = try values(step, shapes: [[value.count, units]] + bias)
      value = flat(value, step)
      let name = append("dense", step, [value], [("units", JSON(units))] + options)
      let places = order.isSame ? nil : order.places
      let weights = Self.transposed(parts[0], inputs: value.count, outputs: units, places: places)
      try append("weight", of: name, [units, value.count], weights, step)
      if hasBias { try append("bias", of: name, [units], parts[1], step) }
      return KerasValue(form: .flat(FeatureOrder(count: units)), layer: name, shape: [units])
    case .map(let channels, let height, let width) where !isChannelsFirst:
      // On maps it is a convolution of single pixels.
      let parts = try values(step, shapes: [[channels, units]] + bias)
      try refuseSoftmax(activation, step)
      let name = append("conv2d", step, [value], [("filters", JSON(units)), ("kernel", 1)] + options)
      let weights = Self.transposed(parts[0], inputs: channels, outputs: units, places: nil)
      try append("weight", of: name, [units, channels, 1, 1], weights, step)
      if hasBias { try append("bias", of: name, [units], parts[1], step) }
      return map(name, units, height, width)
    case .map, .plane: throw fault(step.layer, "it reads \(value.shape); put Flatten in front of it")
    }
  }

  private mutating func batchNorm(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    try requireChannelAxis(step, value)
    var places: [Int]?
    var count = value.shape[0]
    if case .flat(let order) = value.form {
      count = value.count
      places = order.isSame ? nil : order.places
    }
    let (hasScale, hasCenter) = (flag("scale", step, default: true), flag("center", step, default: true))
    let epsilon = try number("epsilon", step, default: 1e-3)
    let momentum = try number("momentum", step, default: 0.99)
    guard (1e-12...1).contains(epsilon), (0...1).contains(momentum) else {
      throw fault(step.layer, "epsilon \(epsilon) or momentum \(momentum) is not supported")
    }
    let parts = try values(
      step, shapes: [[Int]](repeating: [count], count: 2 + (hasScale ? 1 : 0) + (hasCenter ? 1 : 0)))
    if case .flat = value.form { value = flat(value, step) }
    // Keras counts the old share; 1 - 0.99 shall be 0.01.
    let share = ((1 - momentum) * 1e12).rounded() / 1e12
    value.layer = append(
      "batch_norm", step, [value],
      [("epsilon", JSON(epsilon)), ("momentum", JSON(share)), ("unbiased", false)])
    func ordered(_ values: [Float]) -> [Float] {
      guard let places else { return values }
      var result = values
      for (place, number) in zip(places, values) { result[place] = number }
      return result
    }
    let gamma = hasScale ? parts[0] : [Float](repeating: 1, count: count)
    let beta = hasCenter ? parts[hasScale ? 1 : 0] : [Float](repeating: 0, count: count)
    let statistics = [parts[parts.count - 2], parts[parts.count - 1]]
    for (role, values) in zip(["weight", "bias", "running_mean", "running_var"], [gamma, beta] + statistics) {
      try append(role, of: value.layer, [count], ordered(values), step)
    }
    value.isFront = false
    return value
  }

  private mutating func merge(_ step: KerasStep) throws(DataError) -> KerasValue {
    var inputs = step.inputs
    guard inputs.count > 1, inputs.allSatisfy({ $0.border == nil }) else {
      throw fault(step.layer, "it merges at least two layers, of which none is zero padding")
    }
    if inputs.contains(where: \.isFlat) { inputs = inputs.map { flat($0, step) } }
    var value = inputs[0]
    value.isFront = false
    if step.layer.className == "Add" {
      guard inputs.allSatisfy({ $0.form == value.form && $0.shape == value.shape }) else {
        throw fault(
          step.layer,
          "it adds values of different shapes or orders: \(inputs.map { "\($0.shape)" }.joined(separator: ", "))"
        )
      }
      value.layer = append("add", step, inputs)
      return value
    }
    for input in inputs { try requireChannelAxis(step, input) }
    switch value.form {
    case .flat:
      let orders = inputs.compactMap { input in
        if case .flat(let order) = input.form { order } else { nil }
      }
      guard orders.count == inputs.count, let order = FeatureOrder(orders) else {
        throw fault(step.layer, "it joins features and maps, or too many of them")
      }
      value.form = .flat(order)
      value.shape = [inputs.reduce(0) { $0 + $1.count }]
    case .map(_, let height, let width):
      var channels = 0
      for input in inputs {
        guard case .map(let more, height, width) = input.form else {
          throw fault(
            step.layer,
            "it joins maps of different sizes: \(inputs.map { "\($0.shape)" }.joined(separator: ", "))")
        }
        channels += more
      }
      value.form = .map(channels: channels, height: height, width: width)
      value.shape = [channels, height, width]
    case .plane: throw fault(step.layer, "it joins values without channels")
    }
    value.layer = append("concat", step, inputs)
    return value
  }

  private mutating func activated(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let isNamed = step.layer.className == "Activation"
    guard let activation = try isNamed ? activation(step) : layerActivation(step) else { return value }
    if try !refuseSoftmax(activation, step) { value = flat(value, step) }
    let type = activation.string ?? activation["type"]?.string ?? ""
    let options = (activation.members ?? []).filter { $0.key != "type" }.map { ($0.key, $0.value) }
    value.layer = append(type, step, [value], options)
    value.isFront = false
    return value
  }

  /// Whether an activation is no softmax; throws for softmax of maps.
  @discardableResult
  func refuseSoftmax(_ activation: JSON?, _ step: KerasStep) throws(DataError) -> Bool {
    guard ["softmax", "log_softmax"].contains(activation?.string) else { return true }
    guard case .flat = step.inputs[0].form else {
      throw fault(step.layer, "softmax is supported of flat features alone")
    }
    return false
  }

  private mutating func dropout(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let rate = try number("rate", step, default: 0)
    guard (0...0.999).contains(rate) else { throw fault(step.layer, "a rate of \(rate) is not supported") }
    value.layer = append("dropout", step, [value], [("rate", JSON(rate))])
    value.isFront = false
    return value
  }

  /// The keys of bias and activation.
  static func ending(hasBias: Bool, _ activation: JSON?) -> [(String, JSON)] {
    (hasBias ? [] : [("bias", false)]) + (activation.map { [("activation", $0)] } ?? [])
  }

  /// A value of a map.
  func map(_ layer: String, _ channels: Int, _ height: Int, _ width: Int) -> KerasValue {
    KerasValue(
      form: .map(channels: channels, height: height, width: width), layer: layer,
      shape: [channels, height, width])
  }
}
