import FileIO
import Formatting
import ImageFiles

/// The files of pictures in folders, one folder per class: `train/<class>`, `test/<class>` and `val/<class>`, or `<class>`.
struct PictureTree: Sendable {
  /// A file, which may turn out to be no picture.
  struct File: Sendable {
    let path: String
    /// The place of its class in `classes`.
    let classIndex: Int
  }

  /// The names of the class folders of all parts, in the order of the classes.
  let classes: [String]
  /// The files of all parts, each in the order of its file names and then of the classes.
  let files: [File]
  /// The parts and their numbers of files.
  let parts: [RawDataset.Part]
  let notices: [String]

  private static let deepest = 4
  private static let fileLimit = 20_000_000
  private static let parts: [(RawDataset.Role, Set<String>)] = [
    (.train, ["train", "training", "trainset", "trainingset"]),
    (.test, ["test", "testing", "testset", "testingset"]),
    (.validation, ["val", "valid", "validation", "valset", "validationset"]),
  ]

  /// Finds the files under `folder`; nil if it has no folders with pictures.
  ///
  /// Throws `unreadable` if there are too many files, or several folders for one part.
  init?(in folder: String) throws(DataError) {
    let root = Self.unwrapped(folder)
    var roots: [(role: RawDataset.Role, folder: String, classes: [String])] = []
    var other: [String] = []
    for name in Self.subfolders(of: root) {
      let path = Self.unwrapped(joinPath(root, name))
      let role = Self.role(of: name)
      let classes = role == nil ? [] : Self.classFolders(in: path)
      // Pictures in `testSet/testSet` have no classes.
      let isUnlabelled = classes.count == 1 && Self.role(of: classes[0]) == role
      if let role, !classes.isEmpty, !isUnlabelled {
        if let twin = roots.first(where: { $0.role == role }) {
          throw .unreadable(path: root, reason: "\(twin.folder) and \(path) are the same part; remove one")
        }
        roots.append((role, path, classes))
      } else {
        other.append(name)
      }
    }
    var notices: [String] = []
    if roots.isEmpty {
      let classes = Self.classFolders(in: root)
      if classes.isEmpty { return nil }
      // The folder `test` of a set alone is its test set.
      roots = [(Self.role(of: lastComponent(of: folder)) ?? .undivided, root, classes)]
    } else if !other.isEmpty {
      notices.append(
        "\(ClassAssignment.list(other)) beside the parts \(other.count == 1 ? "is" : "are") not read")
    }
    classes = Set(roots.flatMap(\.classes)).sorted(by: ClassAssignment.before)
    guard classes.count <= ClassAssignment.limit else {
      throw .unreadable(
        path: folder,
        reason: "\(classes.count.grouped) folders; the limit is \(ClassAssignment.limit.grouped) classes")
    }
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, $0.offset) })
    var (files, parts): ([File], [RawDataset.Part]) = ([], [])
    for root in roots.sorted(by: { $0.role.rawValue < $1.role.rawValue }) {
      var found: [(name: [UInt8], file: File)] = []
      for name in root.classes {
        let classIndex = places[name] ?? 0
        Self.collect(joinPath(root.folder, name), prefix: "", depth: 0) { name, path in
          found.append((name, File(path: path, classIndex: classIndex)))
          return found.count + files.count <= Self.fileLimit
        }
      }
      guard found.count + files.count <= Self.fileLimit else {
        throw .unreadable(path: folder, reason: "more than \(Self.fileLimit.grouped) files")
      }
      found.sort { a, b in
        let order = NaturalOrder.compare(a.name, b.name)
        if order != 0 { return order < 0 }
        if a.file.classIndex != b.file.classIndex { return a.file.classIndex < b.file.classIndex }
        return a.name.lexicographicallyPrecedes(b.name)
      }
      files += found.map(\.file)
      parts.append(RawDataset.Part(role: root.role, count: found.count, labelPath: root.folder))
    }
    (self.files, self.parts, self.notices) = (files, parts, notices)
  }

  /// Whether `folder` has folders with pictures.
  static func isPresent(in folder: String) -> Bool {
    let root = unwrapped(folder)
    return !classFolders(in: root).isEmpty
      || subfolders(of: root).contains {
        role(of: $0) != nil && !classFolders(in: unwrapped(joinPath(root, $0))).isEmpty
      }
  }

  /// The part that the name of a folder means.
  private static func role(of name: String) -> RawDataset.Role? {
    let word = name.lowercased().filter { $0.isLetter }
    return parts.first { $0.1.contains(word) }?.0
  }

  /// The folder in `folder`, in that one, and so on, while each has one folder and no picture.
  private static func unwrapped(_ folder: String) -> String {
    var folder = folder
    for _ in 0..<deepest {
      let inner = subfolders(of: folder)
      guard inner.count == 1, !hasPicture(folder) else { break }
      let path = joinPath(folder, inner[0])
      // The only class, or the only part.
      if hasPicture(path) || role(of: inner[0]) != nil || subfolders(of: path).isEmpty { break }
      folder = path
    }
    return folder
  }

  /// The names of the folders in `folder`, without hidden ones.
  private static func subfolders(of folder: String) -> [String] {
    fileNames(in: folder).filter { isVisible($0) && isFolder(joinPath(folder, $0)) }.sorted()
  }

  private static func isVisible(_ name: String) -> Bool { !name.hasPrefix(".") && name != "__MACOSX" }

  /// The names of the folders in `folder` that have pictures, or folders with pictures.
  private static func classFolders(in folder: String) -> [String] {
    subfolders(of: folder).filter { name in
      let path = joinPath(folder, name)
      return hasPicture(path) || subfolders(of: path).contains { hasPicture(joinPath(path, $0)) }
    }
  }

  /// Whether a folder has a file that is called like a picture, or whose content is one.
  private static func hasPicture(_ folder: String) -> Bool {
    let names = fileNames(in: folder).filter(isVisible)
    if names.contains(where: { PictureName.isPicture($0) && isRegularFile(joinPath(folder, $0)) }) {
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

  /// Calls `body` with the name, relative to the class folder, and the path of each regular file until it returns false.
  @discardableResult
  private static func collect(
    _ folder: String, prefix: String, depth: Int, _ body: ([UInt8], String) -> Bool
  ) -> Bool {
    for name in fileNames(in: folder) where isVisible(name) {
      let path = joinPath(folder, name)
      if isRegularFile(path) {
        if !body(Array((prefix + name).utf8), path) { return false }
      } else if depth < deepest, isFolder(path) {
        if !collect(path, prefix: prefix + name + "/", depth: depth + 1, body) { return false }
      }
    }
    return true
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
