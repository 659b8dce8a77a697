import FileIO
import Formatting
import ImageFiles

/// The CSV files of a data set: one, or those of the parts in a folder, by their names: `mnist_train.csv`, `test.csv`.
struct CSVFiles: Equatable, Sendable {
  /// A file and what its name says.
  struct File: Equatable, Sendable {
    let role: RawDataset.Role
    let path: String
  }

  let files: [File]

  /// The one file at `path`.
  init(file path: String) {
    files = [File(role: Self.role(of: lastComponent(of: path)) ?? .undivided, path: path)]
  }

  /// Finds the files in a folder: one for each part, or the only one; nil if there are none.
  ///
  /// Throws `unsuitable` if it is not clear which files are meant.
  init?(in folder: String) throws(DataError) {
    let names = fileNames(in: folder)
      .filter { Self.isCSV($0) && !$0.hasPrefix(".") && isRegularFile(joinPath(folder, $0)) }.sorted()
    var files: [File] = []
    for role in [RawDataset.Role.train, .test, .validation] {
      let matching = names.filter { Self.role(of: $0) == role }
      guard matching.count <= 1 else {
        throw .unsuitable(
          path: folder,
          reason: "several CSV files for one part: \(ClassAssignment.list(matching)); give one of them")
      }
      if let name = matching.first { files.append(File(role: role, path: joinPath(folder, name))) }
    }
    if files.isEmpty {
      if names.count > 1 {
        throw .unsuitable(
          path: folder,
          reason:
            "which CSV file is the training set? \(ClassAssignment.list(names)); give one, or name it train.csv"
        )
      }
      files = names.map { File(role: .undivided, path: joinPath(folder, $0)) }
    }
    if files.isEmpty { return nil }
    self.files = files
  }

  /// Whether the extension is that of a table of text.
  static func isCSV(_ name: String) -> Bool {
    let lower = name.lowercased()
    let plain = lower.hasSuffix(".gz") ? lower.dropLast(3) : lower[...]
    return plain.hasSuffix(".csv") || plain.hasSuffix(".tsv")
  }

  /// The part that a word of the name means.
  private static func role(of name: String) -> RawDataset.Role? {
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
    return words.lazy.compactMap { RawDataset.Role(word: String($0)) }.first
  }

  /// Reads the files; throws if one is invalid, or none has labels.
  func read(_ options: DatasetOptions) throws(DataError) -> RawDataset {
    var (tables, notices): ([(file: File, table: CSVTable)], [String]) = ([], [])
    for file in files {
      let table = try CSVTable(
        .path(file.path), shape: options.shape ?? tables.first?.table.shape, labelColumn: options.labelColumn,
        progress: options.progress)
      if table.labels == nil {
        notices.append(
          "\(lastComponent(of: file.path)) has \(table.count.pluralized("image")) without labels, which predict reads"
        )
      } else {
        tables.append((file, table))
      }
      notices += table.notices
    }
    guard !tables.isEmpty else {
      throw .unsuitable(
        path: files[0].path, reason: "there are no labels: \(notices.joined(separator: "; "))")
    }
    let isUnit = tables.contains { $0.table.range == .unit }
    let isLevels = tables.contains { $0.table.range == .levels }
    if isUnit, isLevels {
      throw .unsuitable(
        path: files[0].path,
        reason: "pixels are from 0 to 1 in one file and from 0 to 255 in another; use one range in all files")
    }
    if !isLevels {
      if !isUnit { notices.append("all pixels are 0 or 1: they are black and white") }
      for index in tables.indices { tables[index].table.scaleBinary() }
    }
    let sources = tables.map { file, table in
      let labels = table.labels ?? .numbers([])
      return RawDataset(
        pixels: table.pixels, shape: table.shape,
        parts: [RawDataset.Part(role: file.role, count: table.count, labelPath: file.path)], labels: labels)
    }
    let paths = tables.map(\.file.path)
    tables = []
    var raw = try RawDataset(joining: sources, paths: paths)
    raw.notices += notices
    return raw
  }
}
