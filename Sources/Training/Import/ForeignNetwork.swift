import CNNEngine
import ConfigDecoding
import FileIO
import ModelFormats

/// A network of another program with its weights, from a file that describes both.
struct ForeignNetwork {
  /// Its config.
  let config: ExperimentConfig
  /// Its weights and running statistics, under the config's names.
  let weights: SafeTensors
  /// What is assumed or left out, one line each.
  let notices: [String]

  /// Reads the file at `path`, of a known format; nil where it has weights alone.
  ///
  /// - Parameters:
  ///   - flags: options that override keys of its config.
  ///   - settings: values of `--set` for it.
  /// - Throws: `DataError` for a damaged file, or a network that this program cannot have; `ConfigError`.
  init?(
    contentsOf path: String, format: WeightFormat, flags: [ConfigSource.Flag] = [], settings: [String]
  ) throws {
    let json: JSON
    switch format {
    case .safetensors, .npz: return nil
    case .pytorch:
      // A whole module or TorchScript is named as such.
      _ = try PyTorchFile(contentsOf: path)
      return nil
    case .keras:
      let file = try KerasFile(contentsOf: path)
      if file.config == nil { return nil }
      let network = try KerasNetwork(file)
      (json, weights, notices) = (network.config, network.weights, network.notices)
    case .onnx:
      let network = try ONNXNetwork(ONNXGraph(contentsOf: path), path: path)
      (json, weights, notices) = (network.config, network.weights, network.notices)
    }
    config = try ConfigSource.load(json.named(after: path), flags: flags, settings: settings)
  }
}

extension JSON {
  /// The config with the name of a file, as far as a config's name may have its characters.
  fileprivate func named(after path: String) -> JSON {
    let stem = lastComponent(of: path).prefix { $0 != "." }
    guard !stem.isEmpty else { return self }
    var named = self
    named["name"] = JSON(String(stem.unicodeScalars.identifier.prefix(64)))
    return named
  }
}
