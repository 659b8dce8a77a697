import ConfigDecoding
import FileIO
import ModelFormats

extension ONNXConversion {
  /// Operators that compute nothing: another shape of the same values, constants, and integers made of shapes.
  mutating func convertShape(_ node: ONNXGraph.Node) throws(DataError) {
    switch node.type {
    case "Constant": try set(node, constantValue(node))
    case "Identity", "Dropout": try set(node, meaning(node, 0))
    case "Cast":
      let value = try meaning(node, 0)
      // To float, float16 or double.
      if case .stream = value, ![1, 10, 11].contains(try integer(node, "to", default: 1)) {
        throw fault(node, "values of layers stay floating-point numbers")
      }
      try set(node, value)
    case "Flatten":
      let axis = try integer(node, "axis", default: 1)
      let stream = try materialize(node, 0)
      guard axis == 1 || axis == -stream.shape.count else {
        throw fault(node, "only axis 1 is supported, not \(axis)")
      }
      try setFlat(node, stream)
    case "Reshape": try reshape(node)
    case "Squeeze", "Unsqueeze": try changeSizesOfOne(node)
    case "Shape":
      guard case .stream(let stream) = try meaning(node, 0), node["start"] == nil, node["end"] == nil else {
        throw fault(node, "only the whole shape of a layer's output is supported")
      }
      try set(node, .integers([ONNXStream.batch] + stream.shape))
    default:
      let (list, indices) = try (integers(node, 0), integers(node, 1))
      var picked: [Int] = []
      for index in indices {
        let place = index < 0 ? index + list.count : index
        guard list.indices.contains(place), indices.count <= 8 else {
          throw fault(node, "index \(index) of \(list.count)")
        }
        picked.append(list[place])
      }
      try set(node, .integers(picked))
    }
  }

  private func constantValue(_ node: ONNXGraph.Node) throws(DataError) -> ONNXMeaning {
    switch node.attributes.first?.value {
    case .tensor(let tensor): .tensor(tensor)
    case .integer(let value): .integers([value])
    case .integers(let values): .integers(values)
    case .float(let value): .floats([value])
    case .floats(let values): .floats(values)
    default: throw fault(node, "a constant of that kind is not supported")
    }
  }

  private mutating func setFlat(_ node: ONNXGraph.Node, _ stream: ONNXStream) throws(DataError) {
    // Features of a flat input become a map only here, so that they are flattened where a layer reads them.
    if stream.shape.count == 1 { return try set(node, .stream(stream)) }
    try set(node, .stream(flattened(stream, node)))
  }

  private mutating func reshape(_ node: ONNXGraph.Node) throws(DataError) {
    let stream = try materialize(node, 0)
    var sizes = try integers(node, 1)
    let count = stream.shape.reduce(1, *)
    guard let first = sizes.first, 2...4 ~= sizes.count, [ONNXStream.batch, -1, 0, 1, batch].contains(first)
    else {
      throw fault(node, "the shape \(description(sizes)) does not keep the images apart")
    }
    sizes.removeFirst()
    if try integer(node, "allowzero", default: 0) == 0 {
      for (index, size) in sizes.enumerated() where size == 0 && index < stream.shape.count {
        sizes[index] = stream.shape[index]
      }
    }
    let known = sizes.filter { $0 != -1 }
    var product = 1
    for size in known {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard size > 0, !overflow, next <= count else {
        throw fault(node, "\(description(sizes)) has other values than \(stream.shape)")
      }
      product = next
    }
    let isInferred = known.count < sizes.count
    guard sizes.count - known.count <= (first == -1 ? 0 : 1),
      isInferred ? count % product == 0 : count == product
    else { throw fault(node, "\(description(sizes)) has other values than \(stream.shape)") }
    sizes = sizes.map { $0 == -1 ? count / product : $0 }
    if sizes == stream.shape { return try set(node, .stream(stream)) }
    if sizes.count == 1 { return try setFlat(node, stream) }
    var result = stream
    result.shape = sizes
    if sizes != stream.ownShape {
      result.layer = try append(
        node, [("type", "reshape"), ("shape", JSON(sizes.map { JSON($0) }))], from: [stream.layer])
      (result.ownShape, result.scaling) = (sizes, .init())
    }
    try set(node, .stream(result))
  }

  /// `Squeeze` or `Unsqueeze`: integers stay a list.
  private mutating func changeSizesOfOne(_ node: ONNXGraph.Node) throws(DataError) {
    guard case .stream(var stream) = try meaning(node, 0) else {
      return try set(node, .integers(integers(node, 0)))
    }
    let given = inputName(node, 1) == nil ? try integers(node, "axes", default: []) : try integers(node, 1)
    let isSqueeze = node.type == "Squeeze"
    let rank = stream.shape.count + 1 + (isSqueeze ? 0 : given.count)
    let axes = Set(given.map { $0 < 0 ? $0 + rank : $0 })
    guard axes.count == given.count, axes.allSatisfy({ 1..<rank ~= $0 }), rank <= 4 else {
      throw fault(node, "the axes \(given) are not supported")
    }
    var sizes: [Int] = []
    if isSqueeze {
      for (index, size) in stream.shape.enumerated() {
        guard axes.contains(index + 1) else {
          sizes.append(size)
          continue
        }
        if size != 1 { throw fault(node, "axis \(index + 1) has the size \(size)") }
      }
    } else {
      var rest = stream.shape[...]
      for axis in 1..<rank { sizes.append(axes.contains(axis) ? 1 : rest.popFirst() ?? 1) }
    }
    stream.shape = sizes
    try set(node, .stream(stream))
  }

  private func description(_ sizes: [Int]) -> String {
    "[" + sizes.map { $0 == ONNXStream.batch ? "N" : "\($0)" }.joined(separator: ", ") + "]"
  }
}
