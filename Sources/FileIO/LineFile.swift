/// A text file that grows line by line.
package struct LineFile: ~Copyable {
  private let file: AppendOnlyFile

  /// Writes `lines` in place of what was there.
  package init(path: String, lines: [String]) throws(DataError) {
    file = try AppendOnlyFile(path: path, bytes: Array(lines.map { "\($0)\n" }.joined().utf8))
  }

  /// Adds a line, whole or not at all.
  package func append(_ line: String) throws(DataError) { try file.append(Array("\(line)\n".utf8)) }

  /// Waits until all lines are on the disk.
  package func sync() throws(DataError) { try file.sync() }

  /// The lines of the file at `path` up to the last one that belongs to an epoch up to `epoch`, without a last
  /// line that was cut off; none where there is no file.
  ///
  /// - Parameter epochOf: the epoch a line belongs to, nil if it says nothing of one.
  package static func lines(of path: String, through epoch: Int, epochOf: (String) -> Int?) throws(DataError)
    -> [String]
  {
    let lines = try lines(of: path)
    let last = lines.lastIndex { line in epochOf(line).map { $0 <= epoch } ?? false }
    return last.map { Array(lines[...$0]) } ?? []
  }

  /// The lines of the file at `path` without a last one that was cut off; none where there is no file.
  package static func lines(of path: String) throws(DataError) -> [String] {
    guard isFile(path) else { return [] }
    var source = try ByteSource(path: path)
    return lines(in: try source.readAll())
  }

  /// The lines in the bytes of a file, without a last one that was cut off.
  package static func lines(in bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
