import ConfigDecoding
import FileIO
import Formatting

/// Weights that Keras has saved, and the config of their model where the file has it.
///
/// Three kinds of files are read: `.keras` (a zip archive), `.weights.h5` of Keras 3 (weights alone), and `.h5` of
/// Keras 2 and, as its legacy format, Keras 3. Optimizers and metrics are ignored.
public struct KerasFile: Sendable {
  /// A tensor of a layer.
  public struct Weight: Sendable, Equatable {
    /// Its name in the file: `conv2d/kernel:0`, or its number in the layer.
    public let name: String
    /// Keras' shape.
    public let shape: [Int]
    /// The values in row-major order.
    public let values: [Float]
  }

  /// The weights of a layer.
  public struct Layer: Sendable, Equatable {
    /// Keras' name of the layer; in a file of weights alone that of its group, such as `conv2d_1`.
    public let name: String
    /// Keras' class, such as `Conv2D`; in a file of weights alone `conv2d`, or nil where it does not say.
    public let className: String?
    /// The weights in Keras' order, such as kernel and bias.
    public let weights: [Weight]
  }

  /// The name in error messages: the path.
  public let name: String
  /// Keras' own config of the model; nil for a file of weights alone.
  public let config: KerasConfig?
  /// The layers: those of the config in its order, else those that the file names.
  public let layers: [Layer]
  /// Whether the layers are in the model's order; those of `.weights.h5` are in the order of their names and numbers.
  public let isInOrder: Bool

  /// The largest config in bytes.
  private static let configLimit = 1 << 24

  /// Reads the file at `path`; throws `unreadable`, `malformed` with the byte, or `unsuitable` for a file without
  /// weights of Keras, and for a config that is no sequence or graph of layers.
  public init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    try self.init(parsing: source.readAll(), name: path)
  }

  /// Reads a file in memory, called `name` in errors; throws as above.
  public init(parsing bytes: [UInt8], name: String) throws(DataError) {
    self.name = name
    guard FileSignature.isZip(bytes) else {
      let file = try HDF5File(parsing: bytes, name: name)
      if let text = file.root.attributes["model_config"]?.first {
        let training = file.root.attributes["training_config"]?.first
        config = try KerasConfig(
          parsing: Array(text.utf8), training: training.map { Array($0.utf8) }, name: name)
      } else {
        config = nil
      }
      var weights = KerasWeights(file)
      isInOrder = config != nil || weights.hasNames
      layers = try weights.layers(of: config)
      return
    }
    let archive = try ZipArchive(parsing: bytes, name: name)
    func content(_ entry: String, limit: Int) throws(DataError) -> [UInt8] {
      guard let found = archive.entries.first(where: { $0.name == entry }) else {
        let names =
          archive.entries.isEmpty ? "nothing" : archive.entries.prefix(6).map(\.name).joined(separator: ", ")
        throw .unsuitable(path: name, reason: "not a Keras archive: it has no \(entry), but \(names)")
      }
      var source = try archive.source(of: found)
      let bytes = try source.readAll(limit: limit)
      try source.expectEnd(of: entry)
      return bytes
    }
    let text = try content("config.json", limit: Self.configLimit)
    let config = try KerasConfig(parsing: text, name: "\(name)[config.json]")
    let content = try content("model.weights.h5", limit: ByteSource.byteLimit)
    var weights = KerasWeights(try HDF5File(parsing: content, name: "\(name)[model.weights.h5]"))
    (self.config, isInOrder) = (config, true)
    layers = try weights.layers(of: config)
  }

  /// Whether an archive with these entries is one of Keras.
  package static func isArchive(_ entries: [String]) -> Bool {
    entries.contains("config.json") && entries.contains { $0.hasPrefix("model.weights.") }
  }

  /// The layers of weights alone for layers of these classes (`conv2d`, `dense`): the n-th of a class is the n-th here.
  ///
  /// Throws `unsuitable` where the file has other layers.
  public func layers(inOrder classes: [String]) throws(DataError) -> [Layer] {
    var rest = Dictionary(grouping: layers.filter { !$0.weights.isEmpty }) { $0.className ?? "" }
    let found = rest.mapValues(\.count)
    var result: [Layer] = []
    for name in classes {
      guard var group = rest[name], !group.isEmpty else {
        let counts = found.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.oneLine)" }
        throw .unsuitable(
          path: self.name,
          reason: "too few layers of class \(name); the file has \(counts.joined(separator: ", "))")
      }
      result.append(group.removeFirst())
      rest[name] = group
    }
    if let left = rest.sorted(by: { $0.key < $1.key }).first(where: { !$0.value.isEmpty }) {
      throw .unsuitable(
        path: name,
        reason: "it has \(found[left.key] ?? 0) layers of class \(left.key.oneLine), the network fewer")
    }
    return result
  }
}
