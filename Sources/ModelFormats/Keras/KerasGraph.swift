import ConfigDecoding
import Formatting

/// The edges of a functional model in its config.
///
/// Keras 2 has `[[["conv2d", 0, 0, {}]]]`, Keras 3 `[{"args": [{"class_name": "__keras_tensor__", "config":
/// {"keras_history": ["conv2d", 0, 0]}}], "kwargs": {}}]`, with the tensors of a merge in a list of their own.
enum KerasGraph {
  /// What is wrong with a layer's inputs, behind its name.
  struct Fault: Error {
    let message: String
  }

  /// The names of the layers that a layer reads.
  static func inputs(of layer: JSON) -> Result<[String], Fault> {
    let calls = layer["inbound_nodes"]?.array ?? []
    guard let call = calls.first else { return .success([]) }
    if calls.count > 1 {
      return .failure(Fault(message: "is used \(calls.count.grouped) times; a layer here is used once"))
    }
    var names: [String] = []
    if call.members != nil {
      collect(call["args"] ?? .null, depth: 0, &names)
    } else {
      names = (call.array ?? []).compactMap { $0.array?.first?.string }
    }
    if names.isEmpty { return .failure(Fault(message: "does not say what it reads")) }
    return .success(names)
  }

  /// Appends the names of the tensors in the arguments of a call.
  private static func collect(_ json: JSON, depth: Int, _ names: inout [String]) {
    if let history = json["config"]?["keras_history"]?.array {
      names += history.first?.string.map { [$0] } ?? []
    } else if depth < 4 {
      for element in json.array ?? [] { collect(element, depth: depth + 1, &names) }
    }
  }

  /// The names in `["conv2d", 0, 0]`, a list of such, or an object of them.
  static func names(_ json: JSON?) -> [String] {
    if let name = json?.array?.first?.string { return [name] }
    let entries = json?.array ?? json?.members?.map(\.value) ?? []
    return entries.compactMap { $0.array?.first?.string }
  }
}
