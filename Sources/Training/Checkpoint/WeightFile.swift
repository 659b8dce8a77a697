import CNNEngine
import ModelFormats

/// Weights in a safetensors file, under the network's names.
enum WeightFile {
  /// The weights of `model`, in its order, or what stands under their names behind `prefix`; other tensors are left
  /// alone.
  ///
  /// - Throws: `CheckpointError` for a tensor that is missing, has another shape than the network's, or is not made
  ///   of finite numbers.
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
        throw CheckpointError(path, "\(name) is \(tensor.dataType.rawValue), not floating-point numbers")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(path, "\(name) has numbers that are not finite")
      }
      weights.append(NamedTensor(name: name, shape: parameter.shape, values: values))
    }
    return weights
  }

  /// The first few names, for an error.
  private static func names(in file: SafeTensors) -> String {
    let names = file.tensors.map(\.name)
    if names.isEmpty { return "none" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
