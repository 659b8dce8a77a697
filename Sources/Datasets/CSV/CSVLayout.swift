import FileIO
import Formatting
import ImageFiles

/// What each column of a CSV file of images is, found from its first lines.
struct CSVLayout: Equatable {
  /// What a column is.
  enum Column: Equatable {
    case pixel, label, dropped
  }

  let separator: UInt8
  let hasHeader: Bool
  let columns: [Column]
  let shape: ImageShape
  /// Whether nobody said that the first column is the label: it may be the last one.
  let isLabelGuessed: Bool

  /// Whether there is a label column.
  var hasLabels: Bool { columns.contains(.label) }

  private static let largestCount = 1 << 20
  private static let labelNames: Set = ["label", "class", "target", "y"]
  private static let counterNames: Set = ["id", "index", "imageid", "image_id"]

  /// The layout of a file with these first lines (one to three, without line breaks); throws `malformed` if there is no
  /// column with the wanted name, or the columns that are left are no image.
  init(
    _ lines: [ArraySlice<UInt8>], path: String, shape preferred: ImageShape?, labelColumn: String?
  ) throws(DataError) {
    func fault(_ reason: String) -> DataError { .malformed(path: path, byte: 0, reason: "line 1: \(reason)") }
    guard let first = lines.first, let (separator, separators) = CSVLine.separator(of: first) else {
      throw fault("no columns, separated by commas, semicolons or tabs")
    }
    guard separators < Self.largestCount else {
      throw fault("\((separators + 1).grouped) columns; the limit is \(Self.largestCount.grouped)")
    }
    self.separator = separator
    var rows = lines.map { CSVLine($0, separator: separator).fields }
    // A separator at the end of each line.
    if rows.allSatisfy({ $0.last == "" && $0.count > 1 }) { rows = rows.map { Array($0.dropLast()) } }
    let count = rows[0].count
    hasHeader = Self.isHeader(rows[0], labelColumn)
    let names = hasHeader ? rows[0].map { $0.lowercased() } : []
    let samples = rows.dropFirst(hasHeader ? 1 : 0)
    var columns = [Column](repeating: .pixel, count: count)
    var label = try Self.label(labelColumn, names, count, fault)
    let named = label != nil
    var dropped = names.indices.first { index in
      index != label
        && (Self.isUnnamed(names[index])
          || Self.counterNames.contains(names[index]) && Self.counts(samples, index))
    }
    // Without a name it is one where there is no image otherwise.
    func isImage(_ length: Int) -> Bool {
      length > 0 && PixelLayout.shape(ofLength: length, preferred: preferred) != nil
    }
    let lengths = labelColumn == "none" ? [count] : [count, count - 1]
    if dropped == nil, label != 0, Self.counts(samples, 0), !lengths.contains(where: isImage),
      lengths.contains(where: { isImage($0 - 1) })
    {
      dropped = 0
    }
    func length(_ hasLabel: Bool) -> Int { count - (hasLabel ? 1 : 0) - (dropped == nil ? 0 : 1) }
    func shape(_ hasLabel: Bool) -> ImageShape? {
      length(hasLabel) > 0 ? PixelLayout.shape(ofLength: length(hasLabel), preferred: preferred) : nil
    }
    let isUnlabelled =
      labelColumn == "none" || !named && Self.isUnlabelled(shape(false), shape(true), preferred)
    if !named, !isUnlabelled { label = dropped == 0 ? 1 : 0 }
    guard let found = shape(!isUnlabelled) else {
      let pixels = length(!isUnlabelled).grouped
      throw fault(
        "\(count.pluralized("column")), of which \(pixels) would be pixels: no "
          + (preferred.map { "\($0) and no " } ?? "")
          + "square image, gray or RGB"
          + (named || !hasHeader ? "" : "; name the label column (data.label_column)"))
    }
    if let label, !isUnlabelled { columns[label] = .label }
    if let dropped { columns[dropped] = .dropped }
    (self.columns, self.shape) = (columns, found)
    isLabelGuessed = !isUnlabelled && !named
  }

  /// The layout with the label in the last column, of those that are not dropped.
  var withLabelLast: CSVLayout {
    var copy = columns
    if let label = copy.firstIndex(of: .label) { copy[label] = .pixel }
    if let last = copy.lastIndex(of: .pixel) { copy[last] = .label }
    return CSVLayout(separator: separator, hasHeader: hasHeader, columns: copy, shape: shape)
  }

  private init(separator: UInt8, hasHeader: Bool, columns: [Column], shape: ImageShape) {
    (self.separator, self.hasHeader, self.columns, self.shape) = (separator, hasHeader, columns, shape)
    isLabelGuessed = false
  }

  /// The label column that is asked for, or that the header names.
  private static func label(
    _ wanted: String?, _ names: [String], _ count: Int, _ fault: (String) -> DataError
  ) throws(DataError) -> Int? {
    guard let wanted, wanted != "none" else { return names.firstIndex { labelNames.contains($0) } }
    if let index = names.firstIndex(of: wanted.lowercased()) { return index }
    if wanted == "first" { return 0 }
    if wanted == "last" { return count - 1 }
    throw fault(
      names.isEmpty
        ? "no header, so no column \(wanted.oneLine); the label column is first or last"
        : "no column \(wanted.oneLine); the header has " + ClassAssignment.list(names))
  }

  /// Whether all columns are pixels: they fit the preferred shape, or, where none is preferred, only they fit one.
  private static func isUnlabelled(
    _ all: ImageShape?, _ others: ImageShape?, _ preferred: ImageShape?
  ) -> Bool {
    guard let all else { return false }
    guard let others else { return true }
    if let preferred, all == preferred || others == preferred { return all == preferred }
    return others.channels == 3 && all.channels == 1
  }

  /// Whether a first line is a header: it has text that is no label, or counts 0, 1, 2 and so on.
  private static func isHeader(_ fields: [String], _ labelColumn: String?) -> Bool {
    let texts = fields.filter { !$0.isEmpty && CSVLine.number($0) == nil }
    if texts.count > 1 { return true }
    let numbers = fields.compactMap(CSVLine.number)
    let isCounting = numbers.count > 2 && zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 }
    guard let name = texts.first?.lowercased() else { return isCounting && numbers[0] == 0 }
    return isCounting || labelNames.contains(name) || counterNames.contains(name) || isUnnamed(name)
      || name == labelColumn?.lowercased()
  }

  /// Whether a name in a header is that of a column without one, as pandas writes it.
  private static func isUnnamed(_ name: String) -> Bool { name.isEmpty || name.hasPrefix("unnamed: ") }

  /// Whether a column counts the rows, as far as they are known.
  private static func counts(_ rows: ArraySlice<[String]>, _ column: Int) -> Bool {
    let values = rows.map { $0.indices.contains(column) ? CSVLine.number($0[column]) : nil }
    guard let first = values.first, let first, first == 0 || first == 1 else { return values.isEmpty }
    return values.enumerated().allSatisfy { $0.element == first + Double($0.offset) }
  }
}
