import FileIO
import Formatting

/// Fields and lines of a CSV file.
extension CSVRows {
  /// The number in a field, perhaps in quotes or between spaces.
  func readNumber(
    _ bytes: UnsafeBufferPointer<UInt8>, _ p: inout Int, _ index: Int
  ) throws(CSVFault) -> Double {
    if let (value, end) = CSVNumber.parse(bytes, from: p), isEndOfField(bytes[end]) {
      p = end
      return value
    }
    let start = p
    let text = try field(bytes, &p, index)
    if let value = CSVLine.number(text) { return value }
    throw CSVFault(text.isEmpty ? .empty : .text(text), index, start)
  }

  private func isEndOfField(_ byte: UInt8) -> Bool {
    byte == layout.separator || byte == 0x0A || byte == 0x0D
  }

  /// The text of the field at `p`, which moves to the separator or line break behind it.
  func field(
    _ bytes: UnsafeBufferPointer<UInt8>, _ p: inout Int, _ index: Int
  ) throws(CSVFault) -> String {
    let start = p
    var isQuoted = false
    while bytes[p] != 0x0A, isQuoted || bytes[p] != layout.separator {
      if bytes[p] == 0x22 { isQuoted.toggle() }
      p += 1
    }
    if isQuoted { throw CSVFault(.quote, index, start) }
    return CSVLine(bytes[start..<p], separator: layout.separator).fields[0]
  }

  func isEmptyLine(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Bool {
    var p = position
    while bytes[p] == 0x20 || bytes[p] == 0x0D { p += 1 }
    guard bytes[p] == 0x0A else { return false }
    position = p + 1
    return true
  }

  func endOfLine(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    var p = position
    while bytes[p] != 0x0A { p += 1 }
    return p + 1
  }

  func describe(_ fault: CSVFault, _ bytes: UnsafeBufferPointer<UInt8>, rowStart: Int) -> String {
    guard case .count = fault.kind else { return "column \(fault.column + 1): \(fault.kind.description)" }
    let end = endOfLine(bytes, rowStart) - 1
    let count = CSVLine.columnCount(bytes[rowStart..<end], separator: layout.separator)
    let expected = layout.columns.count
    return count == expected
      ? "column \(fault.column + 1): something is wrong with its quotes"
      : "column \(fault.column + 1): \(count.pluralized("column")), but the first line has \(expected.grouped)"
  }
}
