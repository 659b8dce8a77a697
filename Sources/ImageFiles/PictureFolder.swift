import FileIO

/// The pictures in a folder.
public struct PictureFolder: Sendable {
  /// Their paths in natural order: 2.png before 10.png.
  public let paths: [String]
  /// The names of what else there is: other files, folders.
  public let skipped: [String]

  /// Looks at the first bytes of every file in the folder at `path`; hidden ones are left out.
  ///
  /// Throws `unreadable` if there is no picture.
  public init(_ path: String) throws(DataError) {
    let names = fileNames(in: path).filter { !$0.hasPrefix(".") }.sorted(by: Self.isNaturallyBefore)
    var (paths, skipped): ([String], [String]) = ([], [])
    for name in names {
      let file = joinPath(path, name)
      if isFile(file), Self.isPicture(file) { paths.append(file) } else { skipped.append(name) }
    }
    guard !paths.isEmpty else {
      throw .unreadable(path: path, reason: "no PNG, JPEG or PGM picture in this folder")
    }
    (self.paths, self.skipped) = (paths, skipped)
  }

  private static func isPicture(_ file: String) -> Bool {
    do throws(DataError) {
      // Named so that a file that is no gzip is not refused for ending in .gz.
      var source = try ByteSource(path: file, name: "file")
      return try PictureFile.isPicture(FileSignature(source.peek(FileSignature.length)))
    } catch {
      // Whoever reads it will say what is wrong.
      return true
    }
  }

  /// Whether `a` comes before `b` when runs of digits are compared as numbers.
  package static func isNaturallyBefore(_ a: String, _ b: String) -> Bool {
    let (first, second) = (pieces(a), pieces(b))
    for (x, y) in zip(first, second) where x != y {
      guard let m = Int(x), let n = Int(y), m != n else { return x < y }
      return m < n
    }
    return first.count < second.count
  }

  /// `a12b` as `a`, `12`, `b`.
  private static func pieces(_ name: String) -> [String] {
    var pieces: [String] = []
    for character in name {
      if let last = pieces.last?.last, isDigit(last) == isDigit(character) {
        pieces[pieces.count - 1].append(character)
      } else {
        pieces.append(String(character))
      }
    }
    return pieces
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
