import Formatting

extension JSON: CustomStringConvertible {
  /// The value on one line without spaces, keys in their order: `{"type":"relu"}`.
  public var description: String { inlineText(spaced: false) }

  /// The value on one line, with spaces after commas and colons if `spaced`.
  package func inlineText(spaced: Bool) -> String {
    var text = ""
    appendInline(to: &text, spaced: spaced)
    return text
  }

  private func appendInline(to text: inout String, spaced: Bool) {
    switch content {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .number(let number): text += number.text
    case .string(let string): text += string.quoted
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += spaced ? ", " : "," }
        element.appendInline(to: &text, spaced: spaced)
      }
      text += "]"
    case .object(let members):
      let margin = spaced && !members.isEmpty ? " " : ""
      text += "{" + margin
      for (index, member) in members.enumerated() {
        if index > 0 { text += spaced ? ", " : "," }
        text += member.key.quoted + (spaced ? ": " : ":")
        member.value.appendInline(to: &text, spaced: spaced)
      }
      text += margin + "}"
    }
  }
}
