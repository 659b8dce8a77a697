import CNNEngine
import ModelFormats
import Training

/// Weights from the input: ordinary, denormal and huge ones, and some that are not finite.
struct ExtremeWeights {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static let values: [Float] = [
    0, 0.5, -0.25, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-130, 1e-38, -1e-20, 1e10,
    1e19, -1e25, 1e38, 3.4e38, -3.4e38,
  ]

  /// The weights of a tensor of `count` elements.
  func values(_ count: Int) -> [Float] {
    (0..<count).map { index in
      let byte = bytes.isEmpty ? 1 : bytes[index % bytes.count]
      return byte == 255 ? .nan : byte == 254 ? .infinity : Self.values[Int(byte & 15)]
    }
  }

  /// The number of classes in the data that a network reads.
  func dataClasses(of config: ExperimentConfig) -> Int {
    let main = config.model.outputs[0]
    return main.labels?.count ?? main.classes
  }

  /// A checkpoint of a network before training; throws for weights that are not finite, as for a file.
  func checkpoint(_ config: ExperimentConfig) throws -> Checkpoint {
    var file = SafeTensors()
    let classes = (0..<dataClasses(of: config)).map { "\"c\($0)\"" }.joined(separator: ",")
    let progress =
      #"{"epoch":0,"step_in_epoch":0,"step":0,"loss_sum":0,"step_loss_sum":0,"correct":0,"images":0,"#
      + #""epochs_without_improvement":0}"#
    for (key, value) in [
      ("format", "cnn"), ("format_version", "1"), ("config", config.resolved.text(pretty: false)),
      ("progress", progress), ("classes", "[\(classes)]"), ("dataset", "builtin"), ("data_fingerprint", ""),
    ] { file.setMetadata(key, to: value) }
    for tensor in config.model.parameters {
      try file.append(NamedTensor(name: tensor.name, shape: tensor.shape, values: values(tensor.count)))
    }
    return try Checkpoint(SafeTensors(parsing: file.encoded(), file: "f"), path: "f")
  }
}
