import Formatting

/// An element of XML or HTML, whose text and attributes are escaped when it is serialized.
///
/// HTML does not decode escapes in a `style` element, so a style sheet must not contain the escaped characters.
public struct MarkupElement: Sendable {
  /// A child of an element.
  public enum Node: Sendable {
    case element(MarkupElement)
    case text(String)
  }

  /// The tag name, such as `path`.
  public let name: String
  /// The attributes, in order.
  public var attributes: [(name: String, value: String)]
  /// The children, in order.
  public var children: [Node]

  /// An element with child elements.
  public init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ elements: [MarkupElement] = []
  ) {
    self.init(name, attributes, nodes: elements.map { .element($0) })
  }

  /// An element with text and no attributes.
  public init(_ name: String, _ text: String) { self.init(name, [:], text) }

  /// An element with attributes and text.
  public init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    self.init(name, attributes, nodes: [.text(text)])
  }

  /// An element with elements and text.
  public init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], nodes: [Node]) {
    self.name = name
    self.attributes = attributes.map { ($0.key, $0.value) }
    children = nodes
  }

  /// The serialized element, well-formed in XML and in HTML.
  public var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// HTML's void elements; every other element, even an empty one, has an end tag.
  private static let voidElements: Set = ["br", "hr", "img", "meta"]

  private func write(to output: inout String) {
    output += "<\(name)"
    for (name, value) in attributes { output += " \(name)=\"\(value.escaped)\"" }
    if Self.voidElements.contains(name) { return output += "/>" }
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
  /// The text escaped for an element or an attribute; characters that XML does not allow become U+FFFD.
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
      case _ where scalar.undecodedByte != nil: text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
