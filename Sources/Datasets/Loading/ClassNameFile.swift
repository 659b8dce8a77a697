import FileIO
import Formatting

/// The names of classes in a text file, one a line, in the order of the labels: `classes.txt`.
struct ClassNameFile {
  let names: [String]

  /// The names by label.
  var byLabel: [Int: String] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.offset, $0.element) })
  }

  /// Reads the file at `path`; throws `malformed` if there is no name, a name twice, or too many of them.
  init(path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    let bytes = try source.readAll(limit: 1 << 24)
    var names: [String] = []
    for line in bytes.split(separator: 0x0A) {
      let text = line.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
      let end = text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex
      if text.startIndex < end { names.append(String(decoding: text[..<end], as: UTF8.self).oneLine) }
    }
    guard !names.isEmpty, Set(names).count == names.count, names.count <= ClassAssignment.limit else {
      throw source.malformed(at: 0, "expected the names of the classes, one a line, each once")
    }
    self.names = names
  }

  /// The names in `classes.txt` of a folder; nil without it.
  static func inFolder(_ folder: String) throws(DataError) -> [Int: String]? {
    let path = joinPath(folder, "classes.txt")
    return isRegularFile(path) ? try ClassNameFile(path: path).byLabel : nil
  }
}
