import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// A network of this program made of a file of Keras: its config, and its weights under the config's names.
///
/// Layers keep Keras' names. Kernels [h, w, in, out] become [out, in, h, w], dense weights [in, out] become [out, in],
/// and features behind a flatten, whose channels are last in Keras, get the order of the maps here.
public struct KerasNetwork: Sendable {
  /// The config of an experiment: `model`, `loss`, and `data.normalize` where Keras scales its input within the model.
  public let config: JSON
  /// The weights and running statistics: `conv2d.weight`, `batch_normalization.running_mean`.
  public let weights: SafeTensors
  /// What is assumed or left out, one line each, with the path.
  public let notices: [String]

  /// Converts `file`, which must have a config.
  ///
  /// Throws `unsuitable`, with the layer's name, for layers and options that have no counterpart here, and for weights
  /// that do not fit the config.
  public init(_ file: KerasFile) throws(DataError) {
    guard let config = file.config else {
      throw .unsuitable(
        path: file.name,
        reason: "weights of Keras without their network; name its config with --config FILE")
    }
    var conversion = try KerasConversion(config, path: file.name)
    for (layer, weights) in zip(config.layers, file.layers) {
      try conversion.convert(layer, weights.weights)
    }
    let outputs = try conversion.outputs(config.outputs)
    var model: [(String, JSON)] = [
      ("input", JSON(conversion.input.map { JSON($0) })), ("layers", JSON(conversion.layers)),
    ]
    if let outputs { model.append(("outputs", outputs)) }
    var members: [(String, JSON)] = [("model", JSON(object: model))]
    if let normalization = try conversion.scaling.config(path: file.name) {
      members.insert(("data", ["normalize": normalization]), at: 0)
    }
    let isSquared = ["mse", "mean_squared_error", "MeanSquaredError"].contains(config.loss)
    members.append(("loss", isSquared ? "mse" : "cross_entropy"))
    self.config = JSON(object: members)
    weights = conversion.tensors
    notices = (conversion.notices + [conversion.scaling.notice]).map { "\(file.name): \($0)".oneLine }
  }
}
