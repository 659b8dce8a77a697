import FileIO
import ImageFiles

/// What the folders of a tree of pictures are.
extension PictureTree {
  private static let deepest = 4
  private static let parts: [(RawDataset.Role, Set<String>)] = [
    (.train, ["train", "training", "trainset", "trainingset"]),
    (.test, ["test", "testing", "testset", "testingset"]),
    (.validation, ["val", "valid", "validation", "valset", "validationset"]),
  ]

  /// The part that the name of a folder means.
  static func role(of name: String) -> RawDataset.Role? {
    let word = name.lowercased().filter { $0.isLetter }
    return parts.first { $0.1.contains(word) }?.0
  }

  /// The folder in `folder`, in that one, and so on, while each has one folder and no picture.
  static func unwrapped(_ folder: String) -> String {
    var folder = folder
    for _ in 0..<deepest {
      let inner = subfolders(of: folder)
      guard inner.count == 1, !hasPicture(folder), unreachable(in: folder).isEmpty else { break }
      let path = joinPath(folder, inner[0])
      // The only class, or the only part.
      if hasPicture(path) || role(of: inner[0]) != nil || subfolders(of: path).isEmpty { break }
      folder = path
    }
    return folder
  }

  /// The names of the folders in `folder`, without hidden ones.
  static func subfolders(of folder: String) -> [String] {
    fileNames(in: folder).filter { isVisible($0) && isFolder(joinPath(folder, $0)) }.sorted()
  }

  /// The entries of `folder` that lead nowhere; any of them may have been a class.
  static func unreachable(in folder: String) -> [Unreadable] {
    fileNames(in: folder).filter(isVisible).sorted().compactMap { name in
      let path = joinPath(folder, name)
      guard case .unreachable(let reason) = FolderEntry(at: path) else { return nil }
      return Unreadable(path: path, reason: reason)
    }
  }

  /// Whether an entry is neither hidden nor the Mac's.
  static func isVisible(_ name: String) -> Bool { !name.hasPrefix(".") && name != "__MACOSX" }

  /// The names of the folders in `folder` that have pictures, or folders with pictures.
  static func classFolders(in folder: String) -> [String] {
    subfolders(of: folder).filter { name in
      let path = joinPath(folder, name)
      return hasPicture(path) || subfolders(of: path).contains { hasPicture(joinPath(path, $0)) }
    }
  }

  /// Whether a folder has a file that is called like a picture, or whose content is one.
  private static func hasPicture(_ folder: String) -> Bool {
    let names = fileNames(in: folder).filter(isVisible)
    if names.contains(where: { PictureName.isPicture($0) && !isFolder(joinPath(folder, $0)) }) {
      return true
    }
    return names.prefix(16).contains { name in
      let path = joinPath(folder, name)
      guard isRegularFile(path), let start = try? firstBytes(path) else { return false }
      return PictureFile.isPicture(FileSignature(start))
    }
  }

  private static func firstBytes(_ path: String) throws(DataError) -> [UInt8] {
    let file = try InputFile(regularFile: path)
    return try file.read(exactly: min(file.length ?? 0, FileSignature.length))
  }
}

/// What the name of a file says.
enum PictureName {
  private static let extensions: Set = [
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "pbm", "pgm", "ppm", "pnm", "webp", "tif",
    "tiff",
    "heic", "heif", "avif",
  ]

  /// Whether the extension is that of a picture.
  static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }
}

extension DataError {
  /// The error for pictures that lie in a folder, or in the parts `names` of it, without folders of classes.
  static func withoutClasses(_ folder: String, in names: [String] = []) -> DataError {
    let place = names.isEmpty ? "" : " in \(ClassAssignment.list(names))"
    return .unsuitable(
      path: folder,
      reason: "pictures without classes\(place); put those of each class into a folder of its name")
  }
}

extension String {
  /// The path from `folder` on, if it is in it.
  func shown(from folder: String) -> String {
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    return hasPrefix(start) ? String(dropFirst(start.count)) : self
  }
}
