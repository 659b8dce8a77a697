import CNNEngine

/// Keras' layout of the weights of a network: kernels [h, w, in, out], dense weights [in, out], flattened features
/// channels last.
package struct KerasLayout {
  /// The dimensions of each parameter in PyTorch's order, [out, channels, rows, columns]; nil for biases.
  private let sizes: [[Int]?]
  private let parameters: [Parameter]

  /// The layout of `model`; nil for a model with a reshape, whose features have another order in Keras.
  package init?(_ model: Model) {
    if model.layers.contains(where: { $0.layer is Reshape }) { return nil }
    parameters = model.parameters
    // The shape before the last flatten.
    var map: Shape?
    var sizes: [[Int]?] = []
    for layer in model.layers {
      if layer.layer is Flatten, !layer.input.isFlat { map = layer.input }
      for parameter in layer.parameters {
        switch parameter.shape.count {
        case 4: sizes.append(parameter.shape)
        case 2: sizes.append([parameter.shape[0]] + (map?.dimensions ?? [parameter.shape[1], 1, 1]))
        default: sizes.append(nil)
        }
      }
      if layer.layer is Dense { map = nil }
    }
    self.sizes = sizes
  }

  /// The shape of parameter `index` in Keras.
  package func shape(_ index: Int) -> [Int] {
    let shape = parameters[index].shape
    return shape.count == 4 ? [2, 3, 1, 0].map { shape[$0] } : shape.reversed()
  }

  /// Converts the values of parameter `index` from PyTorch's to Keras' layout.
  package func toKeras(_ values: [Float], _ index: Int) -> [Float] {
    permuted(values, index) { keras, torch in (to: keras, from: torch) }
  }

  /// Converts the values of parameter `index` from Keras' to PyTorch's layout.
  package func fromKeras(_ values: [Float], _ index: Int) -> [Float] {
    permuted(values, index) { keras, torch in (to: torch, from: keras) }
  }

  private func permuted(
    _ values: [Float], _ index: Int, _ places: (_ keras: Int, _ torch: Int) -> (to: Int, from: Int)
  ) -> [Float] {
    guard let sizes = sizes[index] else { return values }
    let (outputs, channels, pixels) = (sizes[0], sizes[1], sizes[2] * sizes[3])
    var result = values
    for output in 0..<outputs {
      for channel in 0..<channels {
        for pixel in 0..<pixels {
          let (to, from) = places(
            (pixel * channels + channel) * outputs + output, (output * channels + channel) * pixels + pixel)
          result[to] = values[from]
        }
      }
    }
    return result
  }
}
