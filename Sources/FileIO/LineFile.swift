/// A text file to which lines are appended.
package struct LineFile: ~Copyable {
  private let file: AppendOnlyFile

  /// Replaces the file by `lines` and opens it; throws `unwritable`.
  package static func create(_ location: FileLocation, lines: [String]) throws(DataError) -> LineFile {
    LineFile(file: try AppendOnlyFile.create(location, bytes: Array(lines.map { "\($0)\n" }.joined().utf8)))
  }

  private init(file: consuming AppendOnlyFile) { self.file = file }

  /// Appends a complete line, or nothing if an error is thrown (`unwritable`).
  package func append(_ line: String) throws(DataError) { try file.append(Array("\(line)\n".utf8)) }

  /// Waits until all lines are stored on the disk; throws `unwritable`.
  package func sync() throws(DataError) { try file.sync() }

  /// The complete lines of a file: a last one without a newline, cut off by a crash, is left out.
  ///
  /// None if there is no file; throws `unreadable`.
  package static func lines(of file: FileLocation) throws(DataError) -> [String] {
    guard file.isFile else { return [] }
    var source = try ByteSource(file)
    return lines(in: try source.readAll())
  }

  /// The complete lines of a file up to the last one that satisfies `predicate`; none if no line does.
  package static func lines(
    of file: FileLocation, upToLast predicate: (String) -> Bool
  ) throws(DataError) -> [String] {
    let lines = try lines(of: file)
    return lines.lastIndex(where: predicate).map { Array(lines[...$0]) } ?? []
  }

  /// The complete lines in the bytes of a file.
  package static func lines(in bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
