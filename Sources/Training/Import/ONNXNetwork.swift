import ConfigDecoding
import FileIO
import Formatting
import JSONText
import ModelFormats

/// A network of this program made of an ONNX graph: its config, and its weights under the config's names.
///
/// Read are the operators that `cnn export` writes and those of PyTorch's two exporters. Layers are called by their
/// weights (`features.0.weight` gives `features_0`), others by their type and number.
public struct ONNXNetwork: Sendable {
  /// The config of an experiment: `data.normalize`, `model`, and `loss`.
  public let config: JSON
  /// The weights and running statistics: `conv1.weight`, `norm1.running_mean`.
  public let weights: SafeTensors
  /// What is assumed, one line each, with the path.
  public let notices: [String]

  /// Converts the graph of the model at `path`.
  ///
  /// - Throws: `unsuitable`, with the operator and its node, for a graph that has no counterpart here.
  public init(_ graph: ONNXGraph, path: String) throws(DataError) {
    var conversion = try ONNXConversion(graph, path: path)
    guard 1...64 ~= graph.outputs.count else {
      throw .unsuitable(
        path: path, reason: "\(graph.outputs.count.pluralized("output")); 1 to 64 are supported")
    }
    let (outputs, left) = Self.scores(of: graph)
    // The labels of outputs are in the config that this program's own graphs have.
    let text = graph.producer == "cnn" ? graph.metadata.first { $0.key == "config" }?.value : nil
    let own = text.flatMap { try? JSON(parsing: Array($0.utf8), origin: path) }
    let needed = Self.nodes(needed: outputs, in: graph)
    for (index, node) in graph.nodes.enumerated() where needed[index] { try conversion.convert(node) }
    var heads: [(layer: String, loss: String, labels: JSON?)] = []
    for (index, output) in outputs.enumerated() {
      let head = try conversion.head(output)
      let labels = own?["model"]?["outputs"]?.array?.dropFirst(index).first?["labels"]
      if !heads.contains(where: { $0.layer == head.layer }) { heads.append((head.layer, head.loss, labels)) }
    }
    var model: [(String, JSON)] = [
      ("input", JSON(conversion.input.map { JSON($0) })), ("layers", JSON(conversion.layers)),
    ]
    let isPlain = heads.count == 1 && heads[0].layer == conversion.previous
    if !isPlain {
      let entries = heads.map { head -> JSON in
        var entry: JSON = ["layer": JSON(head.layer), "loss": JSON(head.loss)]
        entry["labels"] = head.labels
        return entry
      }
      model.append(("outputs", JSON(entries)))
    }
    let (normalization, assumption) = try conversion.normalization()
    let members: [(String, JSON)] = [
      ("data", ["normalize": normalization]), ("model", JSON(object: model)),
      ("loss", JSON(heads.first?.loss ?? "cross_entropy")),
    ]
    config = JSON(object: members)
    weights = conversion.weights
    let omission =
      left.isEmpty ? nil : "outputs of other classes are left out: \(left.joined(separator: ", "))"
    notices = [assumption, omission].compactMap { $0 }.map { "\(path): \($0)".oneLine }
  }

  /// The outputs that are scores, and those that are left out: of this program's own graphs, which give probabilities
  /// as well, the logits; of others those with as many classes as the first.
  private static func scores(of graph: ONNXGraph) -> (names: [String], left: [String]) {
    let names = graph.outputs.map(\.name)
    guard graph.producer == "cnn" else {
      let kept = graph.outputs.filter {
        $0.shape?.last == nil || $0.shape?.last == graph.outputs.first?.shape?.last
      }
      return (kept.map(\.name), names.filter { name in !kept.contains { $0.name == name } })
    }
    let logits = names.filter { $0.hasSuffix("logits") }
    guard !logits.isEmpty else { return (names, []) }
    // Logits of a network that ends in a softmax are made of its input, which is read back instead.
    let scores = logits.map { name in
      ["Max", "LogSoftmax"].reduce(name) { value, type in
        let node = graph.nodes.first { $0.outputs.first == value }
        return node?.type == type ? node?.inputs.first ?? value : value
      }
    }
    return (scores, [])
  }

  /// Which nodes the values called `outputs` are computed from.
  private static func nodes(needed outputs: [String], in graph: ONNXGraph) -> [Bool] {
    var values = Set(outputs)
    var needed = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated().reversed()
    where node.outputs.contains(where: values.contains) {
      needed[index] = true
      values.formUnion(node.inputs)
    }
    return needed
  }
}
