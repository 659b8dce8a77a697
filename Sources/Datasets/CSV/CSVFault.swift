import Formatting

/// What is wrong with a field.
struct CSVFault: Error {
  enum Kind {
    case count, empty, quote, classes, encoding
    case pixel(Double)
    case text(String)
    case label(String)

    var description: String {
      switch self {
      case .count: "another number of columns"
      case .empty: "the field is empty"
      case .quote: "a quote is not closed on this line"
      case .classes: "more than \(ClassAssignment.limit.grouped) classes"
      case .pixel(let value): "\(value.shortText) is no pixel: they are from 0 to 255, or from 0 to 1"
      case .encoding: "the label is not UTF-8; save the file in UTF-8"
      case .text(let text): "\"\(String(text.prefix(40)).oneLine)\" is no number"
      case .label(let text):
        "the label \"\(String(text.prefix(40)).oneLine)\" is not one of 0 to \(Int(UInt16.max).grouped)"
      }
    }
  }

  let kind: Kind
  /// The column from 0.
  let column: Int
  /// The place among the lines.
  let position: Int

  init(_ kind: Kind, _ column: Int, _ position: Int) {
    (self.kind, self.column, self.position) = (kind, column, position)
  }
}

extension Double {
  /// The number, without a fraction where it is whole.
  var shortText: String {
    if isNaN { return "nan" }
    return Int(whole: self).flatMap { $0.magnitude < 1_000_000_000_000_000 ? "\($0)" : nil } ?? "\(self)"
  }
}
