import ConfigDecoding
import Formatting

extension JSON {
  /// The value as JSON text without a final newline, keys in their order.
  ///
  /// Pretty text is indented by 2 spaces; a short array or object of scalars (or of arrays of scalars) is written
  /// on one line of at most 100 columns. Compact text is one line without spaces.
  public func text(pretty: Bool = true) -> String {
    guard pretty else { return description }
    var writer = JSONWriter()
    writer.writePretty(self, indentation: 0)
    return writer.text
  }
}

private struct JSONWriter {
  static let lineWidth = 100
  var text = ""
  private var column = 0

  mutating func writePretty(_ json: JSON, indentation: Int) {
    if json.isShallow {
      let line = json.inlineText(spaced: true)
      // The comma needs a column.
      if json.isScalar || column + line.unicodeScalars.count < Self.lineWidth { return put(line) }
    }
    switch json.content {
    case .array(let elements):
      writeLines(elements, "[", "]", indentation) { $0.writePretty($1, indentation: indentation + 2) }
    case .object(let members):
      writeLines(members, "{", "}", indentation) {
        $0.put($1.key.quoted + ": ")
        $0.writePretty($1.value, indentation: indentation + 2)
      }
    default: break
    }
  }

  private mutating func writeLines<Item>(
    _ items: [Item], _ open: String, _ close: String, _ indentation: Int,
    write: (inout JSONWriter, Item) -> Void
  ) {
    put(open)
    for (index, item) in items.enumerated() {
      startLine(indentation + 2)
      write(&self, item)
      if index < items.count - 1 { put(",") }
    }
    startLine(indentation)
    put(close)
  }

  private mutating func put(_ piece: String) {
    text += piece
    column += piece.unicodeScalars.count
  }

  private mutating func startLine(_ indentation: Int) {
    text += "\n" + String(repeating: " ", count: indentation)
    column = indentation
  }
}

extension JSON {
  fileprivate var isScalar: Bool { array == nil && members == nil }

  fileprivate var isScalarList: Bool { array?.allSatisfy(\.isScalar) ?? isScalar }

  /// Whether the value may be written on one line.
  fileprivate var isShallow: Bool {
    switch content {
    case .array(let elements): elements.allSatisfy(\.isScalarList)
    case .object(let members): members.allSatisfy(\.value.isScalarList)
    default: true
    }
  }
}
