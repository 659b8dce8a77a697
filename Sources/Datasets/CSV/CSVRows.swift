import FileIO
import Formatting

/// The rows of a CSV file, read in one pass.
struct CSVRows {
  private(set) var scale: PixelScale
  private var pixels: [UInt8] = []
  private var numbers: [UInt16] = []
  private var names: (places: [String: UInt16], list: [String])?
  let layout: CSVLayout
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

  /// Reads a file; stops early where the scale is contradicted.
  mutating func read(_ file: CSVInput, _ progress: ((Int, Int) -> Void)?) throws(DataError) {
    var lines = try CSVLines(file.open())
    let total = lines.length ?? 0
    defer { if total > 0 { progress?(total, total) } }
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
      guard let label = UInt16(whole: number) else { throw CSVFault(.label(text), index, p) }
      numbers.append(label)
      return
    }
    // Names that differ only in such characters would be one.
    if text.unicodeScalars.contains("\u{FFFD}") { throw CSVFault(.encoding, index, p) }
    var known = names ?? earlierNames()
    let name = CSVLine.number(text).flatMap { UInt16(whole: $0) }.map { String($0) } ?? text
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
    let (indices, list) = RawDataset.Labels.numbers(numbers).asNames
    numbers = indices
    return (Dictionary(uniqueKeysWithValues: list.enumerated().map { ($0.element, UInt16($0.offset)) }), list)
  }
}
