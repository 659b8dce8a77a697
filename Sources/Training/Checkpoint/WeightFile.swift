import CNNEngine
import ModelFormats

/// Reads the weights and the state of a model from a safetensors file with the model's names.
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
        throw CheckpointError(path, "no tensor \(name); the file has \(list(file.tensors.map(\.name)))")
      }
      let values = try floats(tensor, of: parameter.shape, in: file, path: path)
      weights.append(NamedTensor(name: name, shape: parameter.shape, values: values))
    }
    return weights
  }

  /// The tensors `<prefix><state>` of all state of `model`, in its order.
  ///
  /// - Parameter needsCounters: whether a count of batches must be there; without one it starts anew.
  /// - Throws: `CheckpointError` as for weights; also for a negative variance, and for a count that is
  ///   negative or no integer.
  static func state(
    of model: Model, in file: SafeTensors, path: String, prefix: String = "", needsCounters: Bool = true
  ) throws(CheckpointError) -> [NamedTensor] {
    let missing = model.state.filter {
      file[prefix + $0.name] == nil && (needsCounters || !$0.spec.isCounter)
    }
    if !missing.isEmpty {
      throw CheckpointError(
        path,
        "no running statistics \(list(missing.map { prefix + $0.name })); without them the network cannot be evaluated"
      )
    }
    var state: [NamedTensor] = []
    for entry in model.state {
      let name = prefix + entry.name
      var values = [Float](repeating: entry.spec.initial, count: entry.count)
      if let tensor = file[name] {
        values =
          try entry.spec.isCounter
          ? counts(tensor, of: entry.shape, in: file, path: path)
          : floats(tensor, of: entry.shape, in: file, path: path)
      }
      if entry.spec.isNonnegative, let negative = values.first(where: { $0 < 0 }) {
        throw CheckpointError(path, "\(name) has the negative value \(negative)")
      }
      state.append(
        NamedTensor(name: name, shape: entry.shape, values: values, isCounter: entry.spec.isCounter))
    }
    return state
  }

  private static func floats(
    _ tensor: SafeTensors.Tensor, of shape: [Int], in file: SafeTensors, path: String
  ) throws(CheckpointError) -> [Float] {
    try check(tensor, hasShape: shape, path)
    guard let values = file.floats(of: tensor) else {
      throw CheckpointError(path, "\(tensor.name) is \(tensor.dataType.rawValue), not a floating-point type")
    }
    guard values.allSatisfy(\.isFinite) else {
      throw CheckpointError(path, "\(tensor.name) has values that are not finite")
    }
    return values
  }

  private static func counts(
    _ tensor: SafeTensors.Tensor, of shape: [Int], in file: SafeTensors, path: String
  ) throws(CheckpointError) -> [Float] {
    try check(tensor, hasShape: shape, path)
    guard let values = file.integers(of: tensor) else {
      throw CheckpointError(path, "\(tensor.name) is \(tensor.dataType.rawValue), not an integer type")
    }
    if let wrong = values.first(where: { !(0...1 << 53).contains($0) }) {
      throw CheckpointError(path, "\(tensor.name) is \(wrong), not a number of batches")
    }
    return values.map { Float($0) }
  }

  private static func check(
    _ tensor: SafeTensors.Tensor, hasShape shape: [Int], _ path: String
  ) throws(CheckpointError) {
    if tensor.shape == shape { return }
    throw CheckpointError(path, "\(tensor.name) is \(tensor.shape), the network's is \(shape)")
  }

  /// The first names, for an error message.
  static func list(_ names: [String]) -> String {
    if names.isEmpty { return "none" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
