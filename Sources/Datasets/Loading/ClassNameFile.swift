import FileIO
import Formatting

/// The names of classes in a text file, one a line, in the order of the labels: `classes.txt`.
struct ClassNameFile {
  let names: [String]

  /// The names by label.
  var byLabel: [Int: String] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.offset, $0.element) })
  }

  /// Reads the file at `path`; throws `malformed` if it is no text in UTF-8, or if there is no name, a name twice, or too
  /// many of them.
  init(path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    let bytes = try source.readAll(limit: 1 << 24)
    var names: [String] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      let text = line.dropFirst(index == 0 && line.starts(with: mark) ? 3 : 0).drop(while: isSpace)
      guard let last = text.lastIndex(where: { !isSpace($0) }) else { continue }
      guard let name = String(validating: text[...last], as: UTF8.self), ClassName.isValid(name) else {
        let found = FileSignature(bytes).map { _ in FileSignature.describe(bytes) }
        throw source.malformed(
          at: line.startIndex,
          "expected the names of the classes, one a line, in UTF-8; "
            + (found ?? "line \(index + 1) is none"))
      }
      names.append(name)
    }
    guard !names.isEmpty, ClassName.duplicate(in: names) == nil, names.count <= ClassAssignment.limit else {
      throw source.malformed(at: 0, "expected the names of the classes, one a line, each once")
    }
    self.names = names
  }
}

extension RawDataset {
  /// Takes the names in `classes.txt` of the first of `folders` that has one, and says where they do not fit the labels.
  mutating func takeNames(in folders: [String]) throws(DataError) {
    let paths = folders.map { joinPath($0, "classes.txt") }
    guard let path = paths.first(where: isRegularFile) else { return }
    let list = try ClassNameFile(path: path)
    let count = list.names.count.pluralized("name")
    labelNames = list.byLabel
    switch labels {
    case .numbers(let values):
      let (lowest, highest) = (Int(values.min() ?? 0), Int(values.max() ?? 0))
      if lowest > 0, highest == list.names.count {
        labelNames = Dictionary(uniqueKeysWithValues: list.byLabel.map { ($0.key + 1, $0.value) })
      } else if highest + 1 != list.names.count {
        notices.append("classes.txt has \(count), but the labels are \(lowest) to \(highest)")
      }
    case .names(_, let names):
      if nameList(for: names) == nil {
        labelNames = [:]
        let unknown = names.filter { !list.names.contains($0) }.sorted(by: ClassAssignment.before)
        notices.append(
          "classes.txt is not used: its \(count) do not fit the classes \(ClassAssignment.list(unknown))")
      } else if names.count != list.names.count {
        notices.append("classes.txt has \(count) for \(names.count.pluralized("class"))")
      }
    }
  }
}
