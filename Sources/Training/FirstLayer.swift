import CNNEngine

/// The first convolution or dense layer, and the activation after it, computed separately to show its feature maps.
public final class FirstLayer {
  /// The name of the last computed layer: the activation if there is one.
  public let name: String
  /// The shape of its output, [channels, height, width]; [1, 1, features] if it is flat.
  public let shape: [Int]
  private let probe: LayerProbe
  private let scale: PixelNormalization

  /// The first layer of a model; `parameters` is shared.
  ///
  /// - Throws: `MemoryError`.
  public init(_ config: ExperimentConfig, parameters: FlatTensorBuffer) throws(MemoryError) {
    let layers = config.model.layers
    let first = layers.firstIndex { $0.layer is Conv2D || $0.layer is Dense } ?? 0
    let isActivated =
      layers[first].layer.activation == nil && first + 1 < layers.count
      && layers[first + 1].layer is any ActivationLayer && layers[first + 1].inputs == [first + 1]
    let last = isActivated ? first + 1 : first
    probe = try LayerProbe(Model(config.model, prefix: last + 1), parameters: parameters, images: 1)
    scale = config.pixelNormalization
    name = layers[last].name
    let output = probe.model.output
    shape = output.isFlat ? [1, 1, output.count] : [output.channels, output.height, output.width]
  }

  /// The feature maps of one image: from bytes, [C, H, W], to `shape`.
  public func maps(of image: [UInt8]) -> [Float] { probe.forward(scale.values(of: image), training: false) }
}
