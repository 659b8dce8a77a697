import CNNEngine
import FileIO
import Formatting
import ModelFormats

/// Exports a trained network for other tools.
public struct ModelExport {
  /// A file format.
  public enum Format: String, CaseIterable, Sendable {
    /// The network with its weights, as an ONNX model.
    case onnx
    /// The weights, under PyTorch's names.
    case safetensors
    /// The weights, as NumPy arrays.
    case npz
  }

  /// Names and layout of the arrays of an npz.
  public enum Layout: String, CaseIterable, Sendable {
    /// PyTorch's `state_dict`: `conv1.weight`, [out, in, h, w].
    case pytorch
    /// Keras' `get_weights()`: `arr_0`, [h, w, in, out], channels last.
    case keras
  }

  private let path: String
  /// The networks that vote in an ONNX model; mostly one.
  let members: [(config: ExperimentConfig, buffer: FlatTensorBuffer)]
  /// The views of an image in an ONNX model.
  let views: [PixelShift]
  /// The config of the first network.
  let config: ExperimentConfig
  let classNames: [String]
  /// Weights and running statistics, layer by layer.
  private let weights: [NamedTensor]

  /// An export of a loaded model.
  ///
  /// - Throws: `CheckpointError` for a config, which has no weights.
  public init(_ source: LoadedModel) throws(CheckpointError) {
    let buffer = try source.requireParameters()
    self.init(source, members: [(source.config, buffer)], views: [PixelShift(x: 0, y: 0)])
  }

  /// An export of the vote of several models, or of one for several views of an image; only as ONNX.
  ///
  /// - Throws: `DataError.unsuitable` for models that cannot vote; `CheckpointError` for a config.
  public init(_ sources: [LoadedModel], views: [PixelShift]) throws {
    precondition(!sources.isEmpty && !views.isEmpty, "an export needs a network and a view")
    try sources.checkSameOutputs()
    let members = try sources.map { (config: $0.config, buffer: try $0.requireParameters()) }
    self.init(sources[0], members: members, views: views)
  }

  private init(
    _ first: LoadedModel, members: [(config: ExperimentConfig, buffer: FlatTensorBuffer)], views: [PixelShift]
  ) {
    (path, config, classNames) = (first.path, first.config, first.classNames)
    (self.members, self.views) = (members, views)
    weights = config.model.stateDict(of: members[0].buffer)
  }

  /// The default path of the file: the checkpoint's path with the format's extension.
  public func defaultPath(_ format: Format) -> String {
    let name = path.split(separator: "/").last ?? ""
    let stem = name.dropFirst().lastIndex(of: ".").map { name[..<$0] } ?? name
    return path.dropLast(name.count) + stem + ".\(format.rawValue)"
  }

  /// A description of the file for the user.
  public func summary(_ format: Format, layout: Layout = .pytorch) -> String {
    let count = members.reduce(0) { $0 + $1.config.model.parameterCount }
    let parameters = "\(count.grouped) parameters"
    switch format {
    case .onnx:
      var name = Ensemble.name(of: members.count, single: config.name)
      if views.count > 1 { name += ", \(views.count) views each" }
      return "\(name), \(parameters): input \(config.model.input) pixels, 0 to 255"
    case .safetensors, .npz:
      let arrays = layout == .keras ? floats : weights
      return "\(config.name), \(parameters) in \(arrays.count.pluralized("array"))"
    }
  }

  /// Writes the file and returns its path.
  ///
  /// - Parameters:
  ///   - foldsBatchNorms: whether an ONNX model has batch norms in the weights before them, where that is possible.
  ///   - path: nil for `defaultPath`.
  ///   - overwrite: whether an existing file may be overwritten.
  /// - Throws: `DataError`, `SafeTensorsError`.
  public func write(
    _ format: Format, layout: Layout, foldsBatchNorms: Bool = false, to path: String?, overwrite: Bool
  ) throws -> String {
    let path = path ?? defaultPath(format)
    if isFolder(path) { throw DataError.unwritable(path: path, reason: "this is a folder; name a file") }
    if !overwrite, isFile(path) {
      throw DataError.unwritable(path: path, reason: "the file already exists; --force overwrites it")
    }
    try AtomicFile.write(
      encoded(format, layout: layout, foldsBatchNorms: foldsBatchNorms), to: path)
    return path
  }

  /// The bytes of the file; the same network gives the same bytes.
  ///
  /// - Throws: `DataError` for a network without a Keras layout.
  public func encoded(
    _ format: Format, layout: Layout = .pytorch, foldsBatchNorms: Bool = false
  ) throws -> [UInt8] {
    switch format {
    case .onnx: return try onnx(foldsBatchNorms: foldsBatchNorms)
    case .safetensors: return try safetensors()
    case .npz: return try layout == .keras ? kerasArrays() : npz()
    }
  }

  /// Weights and running statistics without the counts of batches, which Keras and inference do without.
  private var floats: [NamedTensor] { weights.filter { !$0.isCounter } }

  private func kerasArrays() throws(DataError) -> [UInt8] {
    guard let layout = KerasLayout(config.model) else {
      throw .unsatisfiable(
        reason:
          "\(path): a network with a reshape, a sum of flattened and other features, or an output of flattened maps "
          + "has no Keras layout; export ONNX instead")
    }
    let floats = floats
    return NPZ.encode(
      layout.order.enumerated().map { place, index in
        (
          name: "arr_\(place)", shape: layout.shape(index),
          values: layout.toKeras(floats[index].values, index)
        )
      })
  }

  private func npz() -> [UInt8] {
    NPZ.encode(
      arrays: weights.map { tensor in
        tensor.isCounter
          ? (tensor.name, .int64, tensor.shape, tensor.counterBytes)
          : (tensor.name, .float32, tensor.shape, tensor.values.flatMap(\.bitPattern.littleEndianBytes))
      })
  }

  private func safetensors() throws(SafeTensorsError) -> [UInt8] {
    var file = SafeTensors()
    // The value in PyTorch's own files.
    file.setMetadata("format", to: "pt")
    for tensor in weights { try file.append(tensor) }
    return try file.encoded()
  }
}
