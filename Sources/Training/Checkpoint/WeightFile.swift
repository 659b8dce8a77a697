import CNNEngine
import ModelFormats

/// Reads the weights of a model from a safetensors file with the model's names.
enum WeightFile {
  /// The tensors `<prefix><parameter>` of all parameters of `model`, in its order; other tensors are ignored.
  ///
  /// - Throws: `CheckpointError` for a tensor that is missing, has another shape, is not floating-point, or has values
  ///   that are not finite.
  static func weights(
    of model: Model, in file: SafeTensors, path: String, prefix: String = ""
  ) throws(CheckpointError) -> [NamedTensor] {
    var weights: [NamedTensor] = []
    for parameter in model.parameters {
      let name = prefix + parameter.name
      guard let tensor = file[name] else {
        throw CheckpointError(path, "no tensor \(name); the file has \(names(in: file))")
      }
      guard tensor.shape == parameter.shape else {
        throw CheckpointError(path, "\(name) is \(tensor.shape), the network's is \(parameter.shape)")
      }
      guard let values = file.floats(of: tensor) else {
        throw CheckpointError(path, "\(name) is \(tensor.dataType.rawValue), not a floating-point type")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(path, "\(name) has values that are not finite")
      }
      weights.append(NamedTensor(name: name, shape: parameter.shape, values: values))
    }
    return weights
  }

  /// The first names, for an error message.
  private static func names(in file: SafeTensors) -> String {
    let names = file.tensors.map(\.name)
    if names.isEmpty { return "none" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
