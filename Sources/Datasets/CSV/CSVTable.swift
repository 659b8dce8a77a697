import FileIO
import Formatting
import ImageFiles

/// The images of a CSV file, a row each: pixels from 0 to 255 or from 0 to 1, and perhaps a label.
struct CSVTable {
  /// The pixels of all rows, [N, C, H, W].
  private(set) var pixels: [UInt8] = []
  /// The shape of each image.
  let shape: ImageShape
  /// The labels; nil if the file has none.
  private(set) var labels: RawDataset.Labels?
  /// What was found out about the file.
  private(set) var notices: [String] = []
  /// The range of the numbers.
  private(set) var range: PixelScale.Range

  /// The number of images.
  var count: Int { pixels.count / shape.size }

  /// Reads the file at `path`; `progress` is called with bytes.
  ///
  /// Throws `malformed` with line and column if a row has another number of columns, or a value is no pixel or label.
  init(
    path: String, shape: ImageShape?, labelColumn: String?, progress: ((Int, Int) -> Void)? = nil
  ) throws(DataError) {
    let layout = try Self.layout(path: path, shape: shape, labelColumn: labelColumn)
    var rows = CSVRows(layout, PixelScale())
    try rows.read(path, progress)
    if rows.scale.isContradicted {
      rows = CSVRows(layout, PixelScale(.levels))
      try rows.read(path, progress)
    }
    // A guess of the first column that gives one class is worth another one.
    if layout.isLabelGuessed, rows.isOneClass, rows.count > 1 {
      var other = CSVRows(layout.withLabelLast, PixelScale(rows.scale.range))
      if (try? other.read(path, progress)) != nil, !other.isOneClass, other.hasNumbers,
        !other.scale.isContradicted
      {
        rows = other
        notices.append("the label is in the last column: the first one is the same in all rows")
      }
    }
    self.shape = layout.shape
    labels = layout.hasLabels ? rows.labels : nil
    pixels = rows.takePixels()
    range = rows.scale.range
    if layout.shape.channels == 3,
      PixelLayout(guessing: pixels[...], shape: layout.shape) == .interleaved
    {
      PixelLayout.makePlanes(&pixels, shape: layout.shape)
    }
  }

  /// Scales pixels of which all are 0 or 1, if those of the whole source are.
  mutating func scaleBinary() {
    var scale = PixelScale(range)
    _ = scale.finish(&pixels)
    range = scale.range
  }

  private static func layout(
    path: String, shape: ImageShape?, labelColumn: String?
  ) throws(DataError) -> CSVLayout {
    var lines = try CSVLines(ByteSource(path: path))
    var first: [ArraySlice<UInt8>] = []
    _ = try lines.next { (bytes, _) in
      for line in bytes.split(separator: 0x0A, maxSplits: 64) {
        let isEmpty = line.allSatisfy { $0 == 0x0D || $0 == 0x20 }
        if !isEmpty, first.count < 3 { first.append(Array(line)[...]) }
      }
      return bytes.count
    }
    return try CSVLayout(first, path: path, shape: shape, labelColumn: labelColumn)
  }
}

/// The rows of a CSV file, read in one pass.
struct CSVRows {
  private(set) var scale: PixelScale
  private var pixels: [UInt8] = []
  private var numbers: [UInt16] = []
  private var names: (places: [String: UInt16], list: [String])?
  private let layout: CSVLayout
  private var line = 0

  init(_ layout: CSVLayout, _ scale: PixelScale) { (self.layout, self.scale) = (layout, scale) }

  /// The number of images.
  var count: Int { pixels.count / layout.shape.size }
  /// The labels of all rows.
  var labels: RawDataset.Labels {
    names.map { .names(numbers, names: $0.list) } ?? .numbers(numbers)
  }
  /// Whether all labels are the same.
  var isOneClass: Bool { numbers.first.map { first in numbers.allSatisfy { $0 == first } } ?? true }
  /// Whether all labels are numbers.
  var hasNumbers: Bool { names == nil }

  /// The pixels, which are no longer here afterwards.
  mutating func takePixels() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &pixels)
    return taken
  }

  /// Reads the file at `path`; stops early where the scale is contradicted.
  mutating func read(_ path: String, _ progress: ((Int, Int) -> Void)?) throws(DataError) {
    var lines = try CSVLines(ByteSource(path: path))
    let total = lines.length ?? 0
    let (name, isCompressed) = (lines.name, lines.length == nil)
    var row = [UInt8](repeating: 0, count: layout.shape.size)
    var (isFirst, offset) = (layout.hasHeader, 0)
    while !scale.isContradicted {
      let isMore = try lines.next { (bytes, place) throws(DataError) in
        offset = place
        var position = 0
        while position < bytes.count, !scale.isContradicted {
          line += 1
          if isEmptyLine(bytes, &position) { continue }
          if isFirst {
            isFirst = false
            position = endOfLine(bytes, position)
            continue
          }
          let start = position
          do throws(CSVFault) {
            try readRow(bytes, &position, &row)
          } catch {
            throw .malformed(
              path: name, byte: place + error.position, decompressed: isCompressed,
              reason: "line \(line), " + describe(error, bytes, rowStart: start))
          }
          if pixels.isEmpty, total > 0 {
            // The file is as long as rows like the first ones; what is not used is no memory.
            pixels.reserveCapacity(min(total / max(position - start, 1) * 9 / 8 * row.count, total))
          }
          pixels += row
        }
        if pixels.count > ByteSource.byteLimit || count > Int32.max {
          throw .malformed(path: name, byte: place, reason: "more than the limit of 4 GiB of pixels")
        }
        return bytes.count
      }
      if !isMore { break }
      if total > 0 { progress?(offset, total) }
    }
    if count == 0 { throw .malformed(path: name, byte: 0, reason: "no rows") }
    if total > 0 { progress?(total, total) }
  }

  // MARK: A row

  /// Reads the fields of a line into `row` and `numbers`; `position` moves behind the line break.
  private mutating func readRow(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ row: inout [UInt8]
  ) throws(CSVFault) {
    let separator = layout.separator
    var p = position
    var (pixel, brightest) = (0, UInt8(0))
    let isUnit = scale.range == .unit
    for (index, column) in layout.columns.enumerated() {
      if index > 0 {
        guard bytes[p] == separator else { throw CSVFault(.count, index, p) }
        p += 1
      }
      guard column == .pixel else {
        try readOther(column, bytes, &p, index)
        continue
      }
      // The common case: one to three digits and a separator.
      var value = Int(bytes[p] &- 0x30)
      if value <= 9, !isUnit, scale.range != .unit {
        var q = p + 1
        var next = Int(bytes[q] &- 0x30)
        if next <= 9 {
          (value, q) = (value * 10 + next, q + 1)
          next = Int(bytes[q] &- 0x30)
          if next <= 9 { (value, q) = (value * 10 + next, q + 1) }
        }
        if value <= 255, bytes[q] == separator || bytes[q] == 0x0A || bytes[q] == 0x0D {
          let byte = UInt8(truncatingIfNeeded: value)
          row[pixel] = byte
          brightest = max(brightest, byte)
          (p, pixel) = (q, pixel + 1)
          continue
        }
      }
      scale.noteLevels(upTo: brightest)
      let number = try readNumber(bytes, &p, index)
      let wasUnit = scale.range == .unit
      guard let byte = scale.byte(number, after: &pixels) else {
        throw CSVFault(.pixel(number), index, p)
      }
      if scale.range == .unit, !wasUnit {
        for earlier in 0..<pixel where row[earlier] != 0 { row[earlier] = 255 }
      }
      row[pixel] = byte
      if scale.range != .unit { brightest = max(brightest, byte) }
      pixel += 1
    }
    scale.noteLevels(upTo: brightest)
    if bytes[p] == separator { p += 1 }
    while bytes[p] == 0x20 || bytes[p] == 0x0D { p += 1 }
    guard bytes[p] == 0x0A else { throw CSVFault(.count, layout.columns.count, p) }
    position = p + 1
  }

  /// Reads the label, or a column that is dropped.
  private mutating func readOther(
    _ column: CSVLayout.Column, _ bytes: UnsafeBufferPointer<UInt8>, _ p: inout Int, _ index: Int
  ) throws(CSVFault) {
    let text = try field(bytes, &p, index)
    guard column == .label else { return }
    if text.isEmpty { throw CSVFault(.empty, index, p) }
    if names == nil, let number = CSVLine.number(text) {
      guard let label = UInt16(exactly: number) else { throw CSVFault(.label(text), index, p) }
      numbers.append(label)
      return
    }
    var known = names ?? earlierNames()
    let name = CSVLine.number(text).flatMap { UInt16(exactly: $0) }.map { String($0) } ?? text
    if known.places[name] == nil {
      guard let place = UInt16(exactly: known.list.count) else { throw CSVFault(.classes, index, p) }
      known.places[name] = place
      known.list.append(name)
    }
    numbers.append(known.places[name] ?? 0)
    names = known
  }

  /// The numbers so far as names: the first label that is none has come.
  private mutating func earlierNames() -> (places: [String: UInt16], list: [String]) {
    let distinct = Set(numbers).sorted()
    var places: [UInt16: UInt16] = [:]
    for (place, number) in distinct.enumerated() { places[number] = UInt16(place) }
    numbers = numbers.map { places[$0] ?? 0 }
    let list = distinct.map { String($0) }
    return (Dictionary(uniqueKeysWithValues: list.enumerated().map { ($0.element, UInt16($0.offset)) }), list)
  }

  /// The number in a field, perhaps in quotes or between spaces.
  private func readNumber(
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
  private func field(
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

  // MARK: Lines

  private func isEmptyLine(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Bool {
    var p = position
    while bytes[p] == 0x20 || bytes[p] == 0x0D { p += 1 }
    guard bytes[p] == 0x0A else { return false }
    position = p + 1
    return true
  }

  private func endOfLine(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    var p = position
    while bytes[p] != 0x0A { p += 1 }
    return p + 1
  }

  private func describe(_ fault: CSVFault, _ bytes: UnsafeBufferPointer<UInt8>, rowStart: Int) -> String {
    guard case .count = fault.kind else { return "column \(fault.column + 1): \(fault.kind.description)" }
    let end = endOfLine(bytes, rowStart) - 1
    var fields = CSVLine(bytes[rowStart..<end], separator: layout.separator).fields
    if fields.last == "", fields.count > 1 { fields.removeLast() }
    let expected = layout.columns.count
    return fields.count == expected
      ? "column \(fault.column + 1): something is wrong with its quotes"
      : "column \(fault.column + 1): \(fields.count.pluralized("column")), but the first line has \(expected.grouped)"
  }
}

/// What is wrong with a field.
private struct CSVFault: Error {
  enum Kind {
    case count, empty, quote, classes
    case pixel(Double)
    case text(String)
    case label(String)

    var description: String {
      switch self {
      case .count: "another number of columns"
      case .empty: "the field is empty"
      case .quote: "a quote is not closed on this line"
      case .classes: "more than \(ClassAssignment.limit.grouped) classes"
      case .pixel(let value): "\(CSVRows.text(value)) is no pixel: they are from 0 to 255, or from 0 to 1"
      case .text(let text): "\"\(text.prefix(40))\" is no number"
      case .label(let text): "the label \"\(text.prefix(40))\" is not one of 0 to \(Int(UInt16.max).grouped)"
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

extension CSVRows {
  fileprivate static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
