/// The path of a value: its keys and indices, `model.layers[3].kernel`.
package struct JSONPath: Sendable, Equatable {
  /// A component of a path.
  package enum Step: Sendable, Equatable {
    case key(String)
    case index(Int)

    /// The index, also of a key of digits: the 3 in `layers.3`.
    package var index: Int? {
      switch self {
      case .key(let key): Int(key)
      case .index(let index): index
      }
    }
  }

  /// The components from the root.
  package var steps: [Step]

  /// The path of these components, by default the root.
  package init(steps: [Step] = []) { self.steps = steps }

  /// The path to the member `key`.
  package func appending(_ key: String) -> JSONPath { JSONPath(steps: steps + [.key(key)]) }
  /// The path to the element at `index`.
  package func appending(_ index: Int) -> JSONPath { JSONPath(steps: steps + [.index(index)]) }
}

extension JSONPath: CustomStringConvertible {
  /// `model.layers[3].kernel`; keys are cut after 64 characters.
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
