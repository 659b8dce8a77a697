import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// Convolutions and pools.
extension KerasConversion {
  /// A window on a map: what the config here says of it, and the size of the output.
  private struct Windowed {
    var options: [(String, JSON)]
    let height: Int
    let width: Int
  }

  /// A convolution; a separable one is two of them.
  mutating func convolution(_ step: KerasStep) throws(DataError) -> KerasValue {
    guard step.inputs.count == 1, case .map(let channels, let height, let width) = step.inputs[0].form else {
      throw fault(step.layer, "it reads \(step.inputs.first?.shape ?? []), which are no maps with channels")
    }
    let input = step.inputs[0]
    let isDepthwise = step.layer.className != "Conv2D"
    let isSeparable = step.layer.className == "SeparableConv2D"
    let kernel = try pair("kernel_size", step)
    let window = try windowed(
      step, kernel: kernel, strides: pair("strides", step, default: [1, 1]), (height, width), input.border)
    let hasBias = flag("use_bias", step, default: true)
    let multiplier =
      isDepthwise && step.layer.options["depth_multiplier"] != nil ? try size("depth_multiplier", step) : 1
    let between = channels * multiplier
    let filters = isDepthwise && !isSeparable ? between : try size("filters", step)
    var groups = 1
    if !isDepthwise, step.layer.options["groups"] != nil { groups = try size("groups", step) }
    guard between <= 65_536, channels % groups == 0, filters % groups == 0 else {
      throw fault(
        step.layer, "\(groups) groups, or \(between) filters, of \(channels) channels are not supported")
    }
    let activation = try activation(step)
    try refuseSoftmax(activation, step)
    let ending = Self.ending(hasBias: hasBias, activation)
    let bias = hasBias ? [[filters]] : []
    let first = kernel + (isDepthwise ? [channels, multiplier] : [channels / groups, filters])
    let parts = try values(step, shapes: [first] + (isSeparable ? [[1, 1, between, filters]] : []) + bias)
    let taps = kernel[0] * kernel[1]
    var name: String
    if isSeparable {
      let middle = append(
        "conv2d", step, [input], suffix: "_depthwise",
        [("filters", JSON(between))] + window.options + [("groups", JSON(channels)), ("bias", false)])
      try append(
        "weight", of: middle, [between, 1] + kernel, Self.outputsFirst(parts[0], taps, 1, between), step)
      let maps = map(middle, between, window.height, window.width)
      name = append("conv2d", step, [maps], [("filters", JSON(filters)), ("kernel", 1)] + ending)
      try append(
        "weight", of: name, [filters, between, 1, 1], Self.outputsFirst(parts[1], 1, between, filters), step)
    } else {
      let inputs = isDepthwise ? 1 : channels / groups
      if isDepthwise { groups = channels }
      let grouping: [(String, JSON)] = groups == 1 ? [] : [("groups", JSON(groups))]
      name = append(
        "conv2d", step, [input], [("filters", JSON(filters))] + window.options + grouping + ending)
      try append(
        "weight", of: name, [filters, inputs] + kernel, Self.outputsFirst(parts[0], taps, inputs, filters),
        step)
    }
    if hasBias { try append("bias", of: name, [filters], parts[parts.count - 1], step) }
    return map(name, filters, window.height, window.width)
  }

  /// A pool of windows, or of whole maps.
  mutating func pool(_ step: KerasStep) throws(DataError) -> KerasValue {
    let isMax = step.layer.className.contains("Max")
    // Zeros around values that are not negative are no maximum: the padding of a pool here, which never counts.
    let isPadded = step.layer.className == "MaxPooling2D" && step.inputs.first?.isNonnegative == true
    let value = try input(step, allowsBorder: isPadded)
    guard case .map(let channels, let height, let width) = value.form else {
      throw fault(step.layer, "it reads \(value.shape), which are no maps with channels")
    }
    let type = isMax ? "max_pool2d" : "average_pool2d"
    guard step.layer.className.hasPrefix("Global") else {
      let kernel = try pair("pool_size", step, default: [2, 2])
      let window = try windowed(
        step, kernel: kernel, strides: pair("strides", step, default: kernel), (height, width), value.border)
      if let border = value.border, zip(border, kernel + kernel).contains(where: { $0 >= $1 }) {
        throw fault(step.layer, "zero padding of \(border) is not smaller than the pool behind it")
      }
      return map(append(type, step, [value], window.options), channels, window.height, window.width)
    }
    var name: String
    if isMax {
      guard height <= 4096, width <= 4096 else {
        throw fault(step.layer, "maps of \(height)x\(width) are too large")
      }
      let kernel: JSON = [JSON(height), JSON(width)]
      name = append(type, step, [value], suffix: "_window", [("kernel", kernel)])
      name = append("flatten", step, [map(name, channels, 1, 1)])
    } else {
      name = append("global_average_pool2d", step, [value])
    }
    let flat = KerasValue(form: .flat(FeatureOrder(count: channels)), layer: name, shape: [channels])
    guard flag("keepdims", step, default: false) else { return flat }
    name = append("reshape", step, [flat], suffix: "_map", [("shape", [JSON(channels), 1, 1])])
    return map(name, channels, 1, 1)
  }

  /// The keys of a window; `border` is what zero padding in front of it has added to the map.
  private func windowed(
    _ step: KerasStep, kernel: [Int], strides: [Int], _ size: (height: Int, width: Int), _ border: [Int]?
  ) throws(DataError) -> Windowed {
    let padding = step.layer.options["padding"]?.string ?? "valid"
    guard ["valid", "same"].contains(padding), border == nil || padding == "valid" else {
      throw fault(
        step.layer, "padding \(padding.quoted) is not supported\(border == nil ? "" : " behind zero padding")"
      )
    }
    let dilation = try pair("dilation_rate", step, default: [1, 1])
    var options: [(String, JSON)] = [("kernel", JSON(pair: kernel))]
    // By default pools are adjacent and convolutions everywhere.
    let isPool = step.layer.className.contains("Pooling")
    if strides != (isPool ? kernel : [1, 1]) { options.append(("stride", JSON(pair: strides))) }
    if let border {
      options.append(("padding", JSON(border.map { JSON($0) })))
    } else if padding == "same" {
      options.append(("padding", "same"))
    }
    if dilation != [1, 1] { options.append(("dilation", JSON(pair: dilation))) }
    var output: [Int] = []
    var isUneven = false
    for (axis, length) in [size.height, size.width].enumerated() {
      let rest = length - (kernel[axis] - 1) * dilation[axis] - 1
      guard padding == "same" || rest >= 0 else {
        throw fault(step.layer, "a kernel of \(kernel[axis]) does not fit a map of \(length)")
      }
      output.append(padding == "same" ? (length - 1) / strides[axis] + 1 : rest / strides[axis] + 1)
      isUneven = isUneven || padding == "valid" && rest % strides[axis] != 0
    }
    if isUneven { options.append(("rounding", "floor")) }
    return Windowed(options: options, height: output[0], width: output[1])
  }

  // MARK: Weights

  /// [taps, inputs, outputs] as [outputs, inputs, taps].
  static func outputsFirst(_ values: [Float], _ taps: Int, _ inputs: Int, _ outputs: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<taps { result.append(values[(tap * inputs + input) * outputs + output]) }
      }
    }
    return result
  }

  /// [inputs, outputs] as [outputs, inputs], each input at its place here.
  static func transposed(_ values: [Float], inputs: Int, outputs: Int, places: [Int]?) -> [Float] {
    var result = values
    for input in 0..<inputs {
      let place = places?[input] ?? input
      for output in 0..<outputs { result[output * inputs + place] = values[input * outputs + output] }
    }
    return result
  }
}

extension JSON {
  /// Rows and columns as a config has them: a number where they are equal.
  init(pair sizes: [Int]) { self = sizes[0] == sizes[1] ? JSON(sizes[0]) : JSON(sizes.map { JSON($0) }) }
}
