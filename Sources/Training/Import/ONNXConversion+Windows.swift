import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

extension ONNXConversion {
  /// Kernel, stride, padding and dilation of a node, checked, and the output's size.
  private struct Sliding {
    var kernel: [Int]
    var strides: [Int]
    /// [top, left, bottom, right].
    var pads: [Int]
    var dilations: [Int]
    var isSame: Bool
    var output: [Int]
    var isExact: Bool

    /// The keys of a config.
    func options(isPool: Bool) -> [(String, JSON)] {
      var options: [(String, JSON)] = [("kernel", JSON(pair: kernel))]
      if isPool ? strides != kernel : strides != [1, 1] { options.append(("stride", JSON(pair: strides))) }
      if isSame {
        options.append(("padding", "same"))
      } else if pads != [0, 0, 0, 0] {
        let isEven = Set(pads).count == 1
        options.append(("padding", isEven ? JSON(pads[0]) : JSON(pads.map { JSON($0) })))
      }
      if dilations != [1, 1] { options.append(("dilation", JSON(pair: dilations))) }
      if !isSame, !isExact { options.append(("rounding", "floor")) }
      return options
    }

    /// TensorFlow's padding of an axis.
    static func same(_ size: Int, _ kernel: Int, _ stride: Int) -> (before: Int, after: Int) {
      let total = max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0)
      return (total / 2, total - total / 2)
    }
  }

  /// Reads the window of a node over a map of [C, H, W].
  private func sliding(_ node: ONNXGraph.Node, over shape: [Int], kernel: [Int]?) throws(DataError) -> Sliding
  {
    let kernel = try integers(node, "kernel_shape", default: kernel ?? [])
    let strides = try integers(node, "strides", default: [1, 1])
    let dilations = try integers(node, "dilations", default: [1, 1])
    var pads = try integers(node, "pads", default: [0, 0, 0, 0])
    let isInRange = (kernel + strides + dilations).allSatisfy { 1...4096 ~= $0 }
    guard [kernel, strides, dilations].allSatisfy({ $0.count == 2 }), pads.count == 4, isInRange,
      pads.allSatisfy({ 0...4096 ~= $0 })
    else {
      throw fault(
        node, "kernel \(kernel), strides \(strides), dilations \(dilations), pads \(pads) are no 2-D window")
    }
    let extent = (0..<2).map { (kernel[$0] - 1) * dilations[$0] + 1 }
    let same = (0..<2).map { Sliding.same(shape[$0 + 1], extent[$0], strides[$0]) }
    let samePads = [same[0].before, same[1].before, same[0].after, same[1].after]
    switch try text(node, "auto_pad", default: "NOTSET") {
    case "NOTSET": break
    case "VALID": pads = [0, 0, 0, 0]
    case "SAME_UPPER": pads = samePads
    case let mode: throw fault(node, "auto_pad \(mode.oneLine) is not supported")
    }
    var (output, isExact) = ([shape[0]], true)
    for axis in 0..<2 {
      let span = shape[axis + 1] + pads[axis] + pads[axis + 2] - extent[axis]
      guard span >= 0 else { throw fault(node, "a kernel of \(extent) does not fit a map of \(shape)") }
      if span % strides[axis] != 0 {
        isExact = false
        if try integer(node, "ceil_mode", default: 0) != 0 { throw fault(node, "ceil_mode is not supported") }
      }
      output.append(span / strides[axis] + 1)
    }
    // Written as "same" where that is what the padding is, which an even border is not.
    let isSame = pads == samePads && Set(pads).count > 1
    return Sliding(
      kernel: kernel, strides: strides, pads: pads, dilations: dilations, isSame: isSame, output: output,
      isExact: isExact)
  }

  private mutating func map(_ node: ONNXGraph.Node) throws(DataError) -> ONNXStream {
    let stream = try materialize(node, 0)
    try checkMap(stream, node)
    return stream
  }

  private func checkMap(_ stream: ONNXStream, _ node: ONNXGraph.Node) throws(DataError) {
    guard stream.shape.count == 3, stream.shape == stream.ownShape else {
      throw fault(node, "it reads \(stream.shape), no map [channels, height, width]")
    }
  }

  mutating func convertConvolution(_ node: ONNXGraph.Node) throws(DataError) {
    var stream = try map(node)
    let (shape, values) = try constant(node, 1)
    let groups = try integer(node, "group", default: 1)
    guard shape.count == 4, 1...65_536 ~= shape[0], 1...65_536 ~= groups, stream.shape[0] % groups == 0,
      shape[0] % groups == 0, shape[1] == stream.shape[0] / groups
    else { throw fault(node, "weights of \(shape) in \(groups) groups do not fit a map of \(stream.shape)") }
    let window = try sliding(node, over: stream.shape, kernel: Array(shape[2...]))
    guard window.kernel == Array(shape[2...]) else {
      throw fault(node, "kernel_shape \(window.kernel) is not that of the weights, \(shape)")
    }
    let hasBias = inputName(node, 2) != nil
    var options: [(String, JSON)] = [("type", "conv2d"), ("filters", JSON(shape[0]))]
    options += window.options(isPool: false)
    if groups != 1 { options.append(("groups", JSON(groups))) }
    if !hasBias { options.append(("bias", false)) }
    stream.layer = try append(node, options, from: [stream.layer], weight: inputName(node, 1))
    try add("weight", of: stream.layer, shape: shape, values, node)
    if hasBias {
      let bias = try constant(node, 2)
      guard bias.shape == [shape[0]] else {
        throw fault(node, "a bias of \(bias.shape) for \(shape[0]) filters")
      }
      try add("bias", of: stream.layer, shape: bias.shape, bias.values, node)
    } else {
      setBiasless(stream.layer, count: shape[0])
    }
    let output = [shape[0]] + window.output.dropFirst()
    (stream.shape, stream.ownShape, stream.scaling) = (output, output, .init())
    try set(node, .stream(stream))
  }

  /// `MaxPool` or `AveragePool`; the largest of negated values is the smallest, negated.
  mutating func convertPool(_ node: ONNXGraph.Node) throws(DataError) {
    var isNegated = false
    var stream: ONNXStream
    if node.type == "MaxPool", case .stream(let negated) = try meaning(node, 0),
      case .negation = negated.function
    {
      isNegated = true
      stream = negated
      stream.function = .identity
      try read(stream, node)
      try checkMap(stream, node)
    } else {
      stream = try map(node)
    }
    var window = try sliding(node, over: stream.shape, kernel: nil)
    guard window.dilations == [1, 1] else { throw fault(node, "dilated pools are not supported") }
    var type = isNegated ? "min_pool2d" : "max_pool2d"
    if node.type == "AveragePool" {
      type = "average_pool2d"
      let countsPadding = try integer(node, "count_include_pad", default: 0) != 0
      let isPadded = window.pads != [0, 0, 0, 0]
      if isPadded, countsPadding {
        window.isSame = false
      } else if isPadded {
        let same = (0..<2).map { Sliding.same(stream.shape[$0 + 1], window.kernel[$0], window.strides[$0]) }
        guard window.pads == [same[0].before, same[1].before, same[0].after, same[1].after] else {
          throw fault(node, "a mean that leaves out the padding is only supported for \"same\"")
        }
        window.isSame = true
      }
    }
    stream.layer = try append(
      node, [("type", JSON(type))] + window.options(isPool: true), from: [stream.layer])
    (stream.shape, stream.ownShape, stream.scaling) = (window.output, window.output, .init())
    if isNegated { stream.function = .negation }
    try set(node, .stream(stream))
  }
}
