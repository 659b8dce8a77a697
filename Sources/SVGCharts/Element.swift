/// An element of XML or HTML; whatever it holds is escaped when it is written.
///
/// HTML does not undo that in a style sheet, which has to do without the characters that are escaped.
public struct Element: Sendable {
  /// What an element holds.
  public enum Node: Sendable {
    case element(Element)
    case text(String)
  }

  /// Its name, such as `path`.
  public let name: String
  /// Its attributes, in the order they are written.
  public var attributes: [(name: String, value: String)]
  /// What it holds.
  public var children: [Node]

  /// An element that holds other elements.
  public init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ elements: [Element] = []) {
    self.init(name, attributes, nodes: elements.map { .element($0) })
  }

  /// An element without attributes that holds text.
  public init(_ name: String, _ text: String) { self.init(name, [:], text) }

  /// An element that holds text.
  public init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    self.init(name, attributes, nodes: [.text(text)])
  }

  /// An element that holds both.
  public init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], nodes: [Node]) {
    self.name = name
    self.attributes = attributes.map { ($0.key, $0.value) }
    children = nodes
  }

  /// The element as text, well-formed in XML and in HTML.
  public var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// HTML's elements without an end; any other, even if it is empty, is ended by a tag of its own.
  private static let void: Set = ["br", "hr", "img", "meta"]

  private func write(to output: inout String) {
    output += "<\(name)"
    for (name, value) in attributes { output += " \(name)=\"\(value.escaped)\"" }
    if Self.void.contains(name) { return output += "/>" }
    output += ">"
    for child in children {
      switch child {
      case .element(let element): element.write(to: &output)
      case .text(let text): output += text.escaped
      }
    }
    output += "</\(name)>"
  }
}

extension String {
  /// The text fit for an element or an attribute; characters that XML has no place for become U+FFFD.
  fileprivate var escaped: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\0"..<"\t", "\u{B}", "\u{C}", "\u{E}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
        text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
