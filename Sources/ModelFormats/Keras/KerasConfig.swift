import ConfigDecoding
import FileIO
import Formatting
import JSONText

/// Keras' config of a model: its layers, and what each of them reads.
public struct KerasConfig: Sendable {
  /// A layer.
  public struct Layer: Sendable {
    /// Its name.
    public let name: String
    /// Its class, such as `Conv2D`.
    public let className: String
    /// Its options, by Keras' names.
    public let options: JSON
    /// The names of the layers that it reads, in order; none for an input.
    public let inputs: [String]

    /// A layer of these parts.
    package init(name: String, className: String, options: JSON, inputs: [String]) {
      (self.name, self.className, self.options, self.inputs) = (name, className, options, inputs)
    }
  }

  /// The layers in the order of the config, an input before its readers.
  public let layers: [Layer]
  /// The names of the layers whose outputs are the model's.
  public let outputs: [String]
  /// The shape of one image where no layer says it: what a sequence was built for.
  public let builtShape: JSON?
  /// The name of the loss that the model was compiled with; nil where there is none, or several.
  public let loss: String?

  /// The limits of a config: 1,024 layers as in a network, and its text.
  private static let (largestCount, limits) = (1024, JSON.Limits(bytes: 1 << 24, depth: 64))

  /// Parses `config.json`, or the attribute `model_config` of an HDF5 file beside its `training_config`; `name` is
  /// that in errors.
  ///
  /// Throws `malformed` for text that is not JSON, `unsuitable` for a model that is neither a sequence nor a graph of
  /// layers, has models within, several inputs, or layers that are used more than once.
  public init(parsing bytes: [UInt8], training: [UInt8]? = nil, name: String) throws(DataError) {
    let training = try training.map { (text) throws(DataError) in
      try Self.json(text, origin: "training_config", name: name)
    }
    try self.init(Self.json(bytes, origin: "config", name: name), training: training, name: name)
  }

  private static func json(_ bytes: [UInt8], origin: String, name: String) throws(DataError) -> JSON {
    do {
      return try JSON(parsing: bytes, origin: origin, limits: limits)
    } catch {
      throw .malformed(path: name, byte: 0, reason: error.issues.first?.description ?? "not JSON")
    }
  }

  private init(_ json: JSON, training: JSON?, name: String) throws(DataError) {
    func fault(_ reason: String) -> DataError { .unsuitable(path: name, reason: "Keras config: \(reason)") }
    let kind = json["class_name"]?.string ?? "nothing"
    guard ["Sequential", "Functional", "Model"].contains(kind) else {
      throw fault("a model of class \(kind.quoted); only Sequential and Functional are read, not subclasses")
    }
    let content = json["config"]
    // Before Keras 2.2.3 the config of a sequence was its layers.
    guard let list = content?["layers"]?.array ?? (kind == "Sequential" ? content?.array : nil) else {
      throw fault("no layers")
    }
    guard (1...Self.largestCount).contains(list.count) else {
      throw fault("\(list.count.grouped) layers; 1 to \(Self.largestCount.grouped) are read")
    }
    var layers: [Layer] = []
    var names: Set<String> = []
    for (index, entry) in list.enumerated() {
      guard let className = entry["class_name"]?.string, let options = entry["config"],
        let layerName = options["name"]?.string ?? entry["name"]?.string, !layerName.isEmpty
      else { throw fault("layer \(index) has no class and no name") }
      if ["Sequential", "Functional", "Model"].contains(className) || options["layers"] != nil {
        throw fault("\(layerName.quoted) is a model within the model, which is not read; save it flat")
      }
      guard names.insert(layerName).inserted else { throw fault("two layers are called \(layerName.quoted)") }
      var inputs: [String] = []
      if kind != "Sequential" {
        inputs = try KerasGraph.inputs(of: entry).get(orThrow: { fault("\(layerName.quoted) \($0)") })
      } else if className != "InputLayer", let last = layers.last {
        inputs = [last.name]
      }
      if let unknown = inputs.first(where: { name in name == layerName || !names.contains(name) }) {
        throw fault("\(layerName.quoted) reads \(unknown.quoted), which does not come before it")
      }
      layers.append(Layer(name: layerName, className: className, options: options, inputs: inputs))
    }
    if kind == "Sequential" {
      outputs = [layers[layers.count - 1].name]
    } else {
      outputs = KerasGraph.names(content?["output_layers"])
      let inputs = KerasGraph.names(content?["input_layers"])
      guard inputs.count == 1 else { throw fault("\(inputs.count) inputs; a network here has one") }
    }
    if let unknown = outputs.first(where: { !names.contains($0) }) {
      throw fault("the output \(unknown.quoted) is no layer")
    }
    if outputs.isEmpty { throw fault("no outputs") }
    self.layers = layers
    builtShape = content?["build_input_shape"] ?? json["build_config"]?["input_shape"]
    let loss = (training ?? json["compile_config"])?["loss"]
    self.loss = loss?.string ?? loss?["class_name"]?.string
  }
}

extension Result where Failure == KerasGraph.Fault {
  fileprivate func get(orThrow fault: (String) -> DataError) throws(DataError) -> Success {
    switch self {
    case .success(let value): return value
    case .failure(let error): throw fault(error.message)
    }
  }
}
