import FileIO
import Formatting
import ModelFormats

/// A trained network that leaves for other tools.
public struct ModelExport {
  /// The formats there are.
  public enum Format: String, CaseIterable, Sendable {
    /// The network with its weights, for onnxruntime and others.
    case onnx
    /// The weights alone, under PyTorch's names.
    case safetensors
    /// The weights alone, as arrays for NumPy.
    case npz
  }

  /// How arrays are named and laid out.
  public enum Layout: String, CaseIterable, Sendable {
    /// As in a state_dict: `conv1.weight`, [out, in, h, w].
    case pytorch
    /// As `model.get_weights()` lists them: `arr_0`, [h, w, in, out], channels last.
    case keras
  }

  private let path: String
  let config: ExperimentConfig
  let classNames: [String]
  let weights: [NamedTensor]

  /// The network that `source` names.
  ///
  /// - Throws: `CheckpointError` for a config, which has no weights.
  public init(_ source: LoadedModel) throws(CheckpointError) {
    (path, config, classNames) = (source.path, source.config, source.classNames)
    weights = config.model.tensors(of: try source.requireParameters())
  }

  /// Where a file goes unless somebody says otherwise: beside the checkpoint, under its name.
  public func defaultPath(_ format: Format) -> String {
    let name = path.split(separator: "/").last ?? ""
    let stem = name.dropFirst().lastIndex(of: ".").map { name[..<$0] } ?? name
    return path.dropLast(name.count) + stem + ".\(format.rawValue)"
  }

  /// What is in a file, in words for a user.
  public func summary(_ format: Format) -> String {
    let parameters = "\(config.model.parameterCount.grouped) parameters"
    switch format {
    case .onnx: return "\(config.name), \(parameters): input \(config.model.input) pixels, 0 to 255"
    case .safetensors, .npz: return "\(config.name), \(parameters) in \(weights.count.pluralized("array"))"
    }
  }

  /// A file's bytes: the same for the same network.
  ///
  /// - Throws: `DataError` for a network that Keras would lay out in another way.
  public func encoded(_ format: Format, layout: Layout = .pytorch) throws -> [UInt8] {
    switch format {
    case .onnx: return onnx()
    case .safetensors: return try safetensors()
    case .npz: return try layout == .keras ? kerasArrays() : npz()
    }
  }

  private func kerasArrays() throws(DataError) -> [UInt8] {
    guard let layout = KerasLayout(config.model) else {
      throw .unsatisfiable(
        reason: "\(path): a network with a reshape has no Keras layout; export ONNX instead")
    }
    return NPZ.encode(
      weights.enumerated().map { index, tensor in
        (name: "arr_\(index)", shape: layout.shape(index), values: layout.toKeras(tensor.values, index))
      })
  }

  private func npz() -> [UInt8] {
    NPZ.encode(weights.map { (name: $0.name, shape: $0.shape, values: $0.values) })
  }

  private func safetensors() throws(SafeTensorsError) -> [UInt8] {
    var file = SafeTensors()
    // What PyTorch's own files say.
    file.setMetadata("format", to: "pt")
    for tensor in weights { try file.append(tensor.name, shape: tensor.shape, tensor.values) }
    return try file.encoded()
  }
}
