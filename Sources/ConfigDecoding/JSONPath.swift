/// The keys and indices that lead to a value: `model.layers[3].kernel`.
package struct JSONPath: Sendable, Equatable {
  /// One step down.
  package enum Step: Sendable, Equatable {
    case key(String)
    case index(Int)

    /// The index, also one written as a key: the 3 of `layers.3`.
    package var index: Int? {
      switch self {
      case .key(let key): Int(key)
      case .index(let index): index
      }
    }
  }

  /// The steps from the top.
  package var steps: [Step]

  /// The path of these steps; without any, that of the whole value.
  package init(steps: [Step] = []) { self.steps = steps }

  /// The path to the member `key`.
  package func appending(_ key: String) -> JSONPath { JSONPath(steps: steps + [.key(key)]) }
  /// The path to the element at `index`.
  package func appending(_ index: Int) -> JSONPath { JSONPath(steps: steps + [.index(index)]) }
}

extension JSONPath: CustomStringConvertible {
  /// `model.layers[3].kernel`; keys beyond 64 characters are cut.
  package var description: String {
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
