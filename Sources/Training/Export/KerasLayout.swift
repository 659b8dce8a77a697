import CNNEngine

/// Keras' layout of the weights of a network: kernels [h, w, in, out], dense weights [in, out], flattened features
/// channels last; after gamma and beta of a batch norm its moving mean and variance. Layers are in the order of a
/// functional model with a layer for each of the network's.
package struct KerasLayout {
  /// The number in the network's own order of the tensor at each place of `get_weights()`.
  package let order: [Int]
  private let tensors: [Tensor]

  /// A tensor with the order of the features on its last axis.
  private struct Tensor {
    /// PyTorch's shape.
    let shape: [Int]
    /// The feature here of each feature in Keras; nil where the order is the same.
    let order: [Int]?
  }

  /// The layout of `model`; nil for a model with a reshape, whose features have another order in Keras, a sum of features
  /// that have different orders there, or an output whose classes have another order.
  package init?(_ model: Model) {
    // The order of the features of each value; nil for maps, and where it is that of Keras.
    var orders: [[Int]?] = [nil]
    var tensors: [Tensor] = []
    // The numbers of each layer's tensors.
    var numbers: [Range<Int>] = []
    for layer in model.layers {
      let inputs = layer.inputs.map { orders[$0] }
      guard let order = Self.order(behind: layer, inputs) else { return nil }
      orders.append(order)
      let first = tensors.count
      let own = layer.layer is Dense || layer.layer is BatchNorm ? inputs[0] : nil
      for (index, parameter) in layer.parameters.enumerated() {
        // A bias of a dense layer is about its outputs, which have no order of their own.
        let isOfInputs = layer.layer is BatchNorm || index == 0
        tensors.append(Tensor(shape: parameter.shape, order: isOfInputs ? own : nil))
      }
      for entry in layer.state where !entry.spec.isCounter {
        tensors.append(Tensor(shape: entry.shape, order: own))
      }
      numbers.append(first..<tensors.count)
    }
    if model.outputs.contains(where: { orders[$0.value] != nil }) { return nil }
    self.tensors = tensors
    order = Self.listed(model).flatMap { numbers[$0] }
  }

  /// Keras' classes of the layers with weights, as in the names of their groups, in Keras' order.
  static func classes(of model: Model) -> [String] {
    listed(model).compactMap { index in
      switch model.layers[index].layer {
      case let layer as Conv2D: layer.groups == 1 ? "conv2d" : "depthwise_conv2d"
      case is Dense: "dense"
      case is BatchNorm: "batch_normalization"
      default: nil
      }
    }
  }

  /// The layers as a functional model of Keras lists them: those with a longer way to an output first, those of equal
  /// depth as a search from the outputs finds them, which follows each layer's inputs in order.
  private static func listed(_ model: Model) -> [Int] {
    let layers = model.layers
    // By value: 0 is the image.
    var depths = [Int](repeating: 0, count: layers.count + 1)
    for (index, layer) in layers.enumerated().reversed() {
      for input in layer.inputs { depths[input] = max(depths[input], depths[index + 1] + 1) }
    }
    var places = [Int?](repeating: nil, count: layers.count + 1)
    var (stack, found) = (Array(model.outputs.map(\.value).reversed()), 0)
    while let value = stack.popLast() {
      guard value > 0, places[value] == nil else { continue }
      places[value] = found
      found += 1
      stack += layers[value - 1].inputs.reversed()
    }
    return layers.indices.sorted {
      (-depths[$0 + 1], places[$0 + 1] ?? found, $0) < (-depths[$1 + 1], places[$1 + 1] ?? found, $1)
    }
  }

  /// Elements in Keras' order, one for each tensor, in the network's own.
  func inNetworkOrder<Element>(_ elements: [Element]) -> [Element] {
    zip(order, elements).sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// The order of the features behind a layer; the outer nil for a layer that has no counterpart in Keras.
  private static func order(behind layer: ModelLayer, _ inputs: [[Int]?]) -> [Int]?? {
    switch layer.layer {
    case is Reshape: return nil
    case is Flatten where !layer.input.isFlat: return .some(channelsLast(layer.input))
    case is Concat where layer.output.isFlat:
      if inputs.allSatisfy({ $0 == nil }) { return .some(nil) }
      var order: [Int] = []
      for (shape, input) in zip(layer.inputShapes, inputs) {
        let first = order.count
        order += (input ?? Array(0..<shape.count)).map { first + $0 }
      }
      return .some(order)
    case is Add: return inputs.allSatisfy { $0 == inputs[0] } ? .some(inputs[0]) : nil
    case is Dense: return .some(nil)
    default: return layer.output.isFlat && layer.input.isFlat ? .some(inputs[0]) : .some(nil)
    }
  }

  /// The order of a flattened map; nil where both orders are the same.
  private static func channelsLast(_ map: Shape) -> [Int]? {
    let pixels = map.height * map.width
    if pixels == 1 || map.channels == 1 { return nil }
    return (0..<map.count).map { $0 % map.channels * pixels + $0 / map.channels }
  }

  /// The shape of tensor `index` in Keras.
  package func shape(_ index: Int) -> [Int] {
    let shape = tensors[index].shape
    return shape.count == 4 ? [2, 3, 1, 0].map { shape[$0] } : shape.reversed()
  }

  /// Converts the values of tensor `index` from PyTorch's to Keras' layout.
  package func toKeras(_ values: [Float], _ index: Int) -> [Float] {
    let place = place(index)
    return values.indices.map { values[place($0)] }
  }

  /// Converts the values of tensor `index` from Keras' to PyTorch's layout.
  package func fromKeras(_ values: [Float], _ index: Int) -> [Float] {
    let place = place(index)
    var result = values
    for keras in values.indices { result[place(keras)] = values[keras] }
    return result
  }

  /// The function of a value's place in Keras' layout that gives its place in PyTorch's.
  private func place(_ index: Int) -> (Int) -> Int {
    let (shape, order) = (tensors[index].shape, tensors[index].order)
    switch shape.count {
    case 4:
      let (outputs, channels, pixels) = (shape[0], shape[1], shape[2] * shape[3])
      return { place in
        let (pixel, channel) = (place / (channels * outputs), place / outputs % channels)
        return (place % outputs * channels + channel) * pixels + pixel
      }
    case 2:
      let (outputs, features) = (shape[0], shape[1])
      return { place in
        let feature = place / outputs
        return place % outputs * features + (order?[feature] ?? feature)
      }
    default: return { order?[$0] ?? $0 }
    }
  }
}
