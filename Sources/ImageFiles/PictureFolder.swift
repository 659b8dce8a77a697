import FileIO

/// The picture files in a folder.
public struct PictureFolder: Sendable {
  /// The paths in natural order: 2.png before 10.png.
  public let paths: [String]
  /// The names of other files and of folders.
  public let skipped: [String]

  /// Finds the pictures in the folder at `path` by their first bytes; hidden files are left out.
  ///
  /// Throws `unreadable` if there are none.
  public init(_ path: String) throws(DataError) {
    let names = fileNames(in: path).filter { !$0.hasPrefix(".") }.sorted(by: Self.isNaturallyBefore)
    var (paths, skipped): ([String], [String]) = ([], [])
    for name in names {
      let file = joinPath(path, name)
      if isRegularFile(file), Self.isPicture(file) { paths.append(file) } else { skipped.append(name) }
    }
    guard !paths.isEmpty else {
      throw .unreadable(path: path, reason: "no \(PictureFile.formats) picture in this folder")
    }
    (self.paths, self.skipped) = (paths, skipped)
  }

  private static func isPicture(_ file: String) -> Bool {
    do throws(DataError) {
      // The name does not end in .gz, as a file with that ending is an error unless it is gzip.
      var source = try ByteSource(path: file, name: "file")
      return try PictureFile.isPicture(FileSignature(source.peek(FileSignature.length)))
    } catch {
      // The error is reported when the file is read.
      return true
    }
  }

  /// Whether `a` is before `b` in natural order: runs of digits are compared as numbers.
  package static func isNaturallyBefore(_ a: String, _ b: String) -> Bool {
    let (first, second) = (runs(of: a), runs(of: b))
    for (x, y) in zip(first, second) where x != y {
      guard let m = Int(x), let n = Int(y), m != n else { return x < y }
      return m < n
    }
    return first.count < second.count
  }

  /// The runs of digits and of other characters: `a`, `12`, `b` of `a12b`.
  private static func runs(of name: String) -> [String] {
    var runs: [String] = []
    for character in name {
      if let last = runs.last?.last, isDigit(last) == isDigit(character) {
        runs[runs.count - 1].append(character)
      } else {
        runs.append(String(character))
      }
    }
    return runs
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
