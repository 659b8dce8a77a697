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

  /// An entry of a folder that leads nowhere, or is a pipe called like a picture.
  struct Unreadable: Sendable {
    let path: String
    let reason: String
  }

  /// The names of the class folders of all parts, in the order of the classes.
  let classes: [String]
  /// The files of all parts, each in the order of its file names and then of the classes.
  let files: [File]
  /// The parts and their numbers of files.
  let parts: [RawDataset.Part]
  /// What cannot be read, by path.
  let unreadable: [Unreadable]
  let notices: [String]

  static let fileLimit = 20_000_000

  /// Finds the files under `folder`; nil if it has no folders with pictures.
  ///
  /// Throws `unreadable` if there are too many files, or several folders for one part; `unsuitable` if the folders of parts
  /// have pictures without classes.
  init?(in folder: String) throws(DataError) {
    let root = Self.unwrapped(folder)
    var (roots, other) = try Self.partRoots(in: root)
    var notices: [String] = []
    var walk = PictureWalk()
    if roots.isEmpty {
      let classes = Self.classFolders(in: root)
      if classes.isEmpty { return nil }
      let roles = classes.compactMap(Self.role)
      if roles.count == classes.count || Set(roles).count > 1 {
        throw .withoutClasses(root, in: classes.filter { Self.role(of: $0) != nil })
      }
      // The folder `test` of a set alone is its test set.
      roots = [(Self.role(of: lastComponent(of: folder)) ?? .undivided, root, classes)]
    } else {
      walk.lookAround(in: root)
      if !other.isEmpty {
        notices.append(
          "\(ClassAssignment.list(other)) beside the parts \(other.count == 1 ? "is" : "are") not read")
      }
    }
    let found = roots.sorted { $0.role.rawValue < $1.role.rawValue }.map { root in
      (root: root, classes: walk.enter(root.folder, classes: root.classes))
    }
    guard walk.count <= Self.fileLimit else {
      throw .unreadable(path: folder, reason: "more than \(Self.fileLimit.grouped) files")
    }
    let classes = Set(found.flatMap { $0.classes.map(\.name) }).sorted(by: ClassAssignment.before)
    guard classes.count <= ClassAssignment.limit else {
      throw .unreadable(
        path: folder,
        reason: "\(classes.count.grouped) folders; the limit is \(ClassAssignment.limit.grouped) classes")
    }
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, $0.offset) })
    var (files, parts): ([File], [RawDataset.Part]) = ([], [])
    for (root, folders) in found {
      let sorted = folders.flatMap { name, files in
        files.map { (name: $0.name, file: File(path: $0.path, classIndex: places[name] ?? 0)) }
      }.sorted { a, b in
        let order = NaturalOrder.compare(a.name, b.name)
        if order != 0 { return order < 0 }
        if a.file.classIndex != b.file.classIndex { return a.file.classIndex < b.file.classIndex }
        return a.name.lexicographicallyPrecedes(b.name)
      }
      files += sorted.map(\.file)
      parts.append(RawDataset.Part(role: root.role, count: sorted.count, labelPath: root.folder))
      notices += Self.emptyFolders(in: root.folder, besides: root.classes, from: folder)
    }
    let loose = Set([root] + roots.map(\.folder)).sorted().flatMap(Self.loosePictures)
    if !loose.isEmpty {
      notices.append(
        "\(loose.count.pluralized("picture")) outside of the folders of classes left out: "
          + Self.list(loose, from: folder))
    }
    if !walk.repeated.isEmpty {
      notices.append(
        "\(Self.list(walk.repeated, from: folder)) \(walk.repeated.count == 1 ? "is a folder" : "are folders") "
          + "read already, and not read again")
    }
    (self.classes, self.files, self.parts, self.notices) = (classes, files, parts, notices)
    unreadable = walk.unreadable.sorted { $0.path < $1.path }
  }

  /// The folders of the parts in `root`, and the names of the folders beside them.
  private static func partRoots(
    in root: String
  ) throws(DataError) -> (
    parts: [(role: RawDataset.Role, folder: String, classes: [String])], other: [String]
  ) {
    var roots: [(role: RawDataset.Role, folder: String, classes: [String])] = []
    var other: [String] = []
    for name in subfolders(of: root) {
      let path = unwrapped(joinPath(root, name))
      let role = role(of: name)
      let classes = role == nil ? [] : classFolders(in: path)
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
    return (roots, other)
  }

  /// A sentence about the folders of a part that are no classes; none if there are none.
  private static func emptyFolders(
    in part: String, besides classes: [String], from folder: String
  ) -> [String] {
    let known = Set(classes)
    let empty = subfolders(of: part).filter { !known.contains($0) }.map { joinPath(part, $0) }.filter {
      // What cannot be entered is unreadable.
      if case .folder = FolderEntry(at: $0) { true } else { false }
    }
    if empty.isEmpty { return [] }
    return [
      "no pictures in \(list(empty, from: folder)) or the folders in \(empty.count == 1 ? "it" : "them")"
    ]
  }

  /// The pictures that lie in a folder of classes itself.
  private static func loosePictures(in folder: String) -> [String] {
    fileNames(in: folder).filter { isVisible($0) && PictureName.isPicture($0) }.sorted()
      .map { joinPath(folder, $0) }.filter(isFile)
  }

  /// The first paths in quotes, shown from `folder` on.
  private static func list(_ paths: [String], from folder: String) -> String {
    ClassAssignment.list(paths.map { $0.shown(from: folder) })
  }

  /// Whether `folder` has folders with pictures.
  static func isPresent(in folder: String) -> Bool {
    let root = unwrapped(folder)
    return !classFolders(in: root).isEmpty
      || subfolders(of: root).contains {
        role(of: $0) != nil && !classFolders(in: unwrapped(joinPath(root, $0))).isEmpty
      }
  }
}
