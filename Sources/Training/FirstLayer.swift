import CNNEngine

/// The first layer of a network that learns, with the activation behind it, run by itself so that it can be looked at.
public final class FirstLayer {
  /// The last layer that is run: the activation if there is one.
  public let name: String
  /// The shape of its output, [channels, height, width]; one row where it is flat.
  public let shape: [Int]
  private let probe: LayerProbe
  private let scale: PixelNormalization

  /// The first layer with its weights in `parameters`, read where they lie.
  public init(_ config: ExperimentConfig, parameters: FlatTensorBuffer) {
    let layers = config.model.layers
    let first = layers.firstIndex { !$0.parameters.isEmpty } ?? 0
    let isActivated = first + 1 < layers.count && layers[first + 1].layer is any ActivationLayer
    let last = isActivated ? first + 1 : first
    probe = LayerProbe(Model(config.model, prefix: last + 1), parameters: parameters, images: 1)
    scale = config.pixelNormalization
    name = layers[last].name
    let output = probe.model.output
    shape = output.isFlat ? [1, 1, output.count] : [output.channels, output.height, output.width]
  }

  /// What the layer makes of one image of bytes, [C, H, W]: its output, [channels, height, width].
  public func maps(of image: [UInt8]) -> [Float] { probe.forward(scale.values(of: image), training: false) }
}
