import FileIO
import ModelFormats

/// The formats of files with weights, by their content.
enum WeightFormat {
  case safetensors
  /// NumPy's archive of arrays.
  case npz
  /// `torch.save` of a state dict.
  case pytorch
  /// `.keras`, `.h5` and `.weights.h5`.
  case keras
  case onnx

  /// The formats for messages.
  static let list = "safetensors, PyTorch's .pt, Keras' .keras and .h5, ONNX and NumPy's .npz"

  /// The format of the file at `path`.
  ///
  /// - Throws: `DataError` for a file that cannot be read, or that has no weights of a known format.
  init(ofFile path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    let start = try source.peek(FileSignature.length)
    // The header length at the start may look like any signature; only safetensors has a brace after it.
    if start.dropFirst(8).first == UInt8(ascii: "{") {
      self = .safetensors
      return
    }
    let signature = FileSignature(start)
    if signature == .keras || signature == .hdf5 {
      self = .keras
    } else if signature == .torch {
      self = .pytorch
    } else if FileSignature.isZip(start), signature != .spreadsheet {
      self = try Self.ofArchive(source.readAll(), path: path)
    } else if PyTorchFile.isLegacy(start) {
      self = .pytorch
    } else if signature == .onnx || start.first == 0x08 && path.hasSuffix(".onnx") {
      self = .onnx
    } else {
      let found = FileSignature.describeForeignWeights(start, path: path)
      throw source.malformed(at: 0, "\(found); \(Self.advice)")
    }
  }

  private static let advice = "weights are read from \(list) (docs/interop.md)"

  private static func ofArchive(_ bytes: [UInt8], path: String) throws(DataError) -> WeightFormat {
    let names = try ZipArchive(parsing: bytes, name: path, largestCount: 65_536).entries.map(\.name)
    if KerasFile.isArchive(names) { return .keras }
    if names.contains(where: { $0.hasSuffix(".pkl") }) { return .pytorch }
    if names.contains(where: { $0.hasSuffix(".npy") }) { return .npz }
    let found = FileSignature.describe(bytes.prefix(FileSignature.length))
    throw .malformed(path: path, byte: 0, reason: "\(found), without any weights; \(advice)")
  }
}
