/// The keys and indices that lead to a value: `model.layers[3].kernel`.
struct JSONPath: Sendable, Equatable {
  /// One step down.
  enum Step: Sendable, Equatable {
    case key(String)
    case index(Int)

    /// The index, also one written as a key: the 3 of `layers.3`.
    var index: Int? {
      switch self {
      case .key(let key): Int(key)
      case .index(let index): index
      }
    }
  }

  /// The steps from the top.
  var steps: [Step] = []

  /// The path to the member `key`.
  func appending(_ key: String) -> JSONPath { JSONPath(steps: steps + [.key(key)]) }
  /// The path to the element at `index`.
  func appending(_ index: Int) -> JSONPath { JSONPath(steps: steps + [.index(index)]) }
}

extension JSONPath: CustomStringConvertible {
  /// `model.layers[3].kernel`; keys beyond 64 characters are cut.
  var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + key.prefix(64)
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }
}

extension JSONPath {
  /// Reads `model.layers[3].kernel` or `model.layers.3.kernel`; nil if a key is empty or a bracket is astray.
  ///
  /// A key of digits only, as in the second form, stays a key: only the value it meets can tell. A path deeper
  /// than a config may nest is nil, too.
  init?(parsing text: String) {
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.isEmpty, !key.contains("]") else { return nil }
      steps.append(.key(String(key)))
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index >= 0 else { return nil }
        steps.append(.index(index))
      }
      if steps.count > JSON.Limits().depth { return nil }
    }
  }
}
