import FileIO

/// A walk through the folders of a tree of pictures that notes what it cannot read, and enters no folder twice.
struct PictureWalk {
  /// A file: its name from the folder of its class on, and its path.
  typealias Found = (name: [UInt8], path: String)

  /// The number of files of all parts.
  private(set) var count = 0
  /// What cannot be read.
  private(set) var unreadable: [PictureTree.Unreadable] = []
  /// The folders that were not entered, since they had been.
  private(set) var repeated: [String] = []
  private var entered: Set<FileIdentity> = []

  /// Notes the entries of `folder` that lead nowhere.
  mutating func lookAround(in folder: String) { unreadable += PictureTree.unreachable(in: folder) }

  /// Finds the files in the folders `classes` of a part, but for a folder that is another one of them.
  mutating func enter(_ part: String, classes: [String]) -> [(name: String, files: [Found])] {
    entered = Self.ancestors(of: part)
    lookAround(in: part)
    let distinct = classes.filter { isFirstTime(joinPath(part, $0), FolderEntry(at: joinPath(part, $0))) }
    return distinct.map { name in
      var files: [Found] = []
      collect(joinPath(part, name), prefix: "", &files)
      return (name, files)
    }
  }

  /// A folder and all those around it: a link to one of them has no end.
  private static func ancestors(of folder: String) -> Set<FileIdentity> {
    var (known, path) = (Set<FileIdentity>(), folder)
    while case .folder(let identity) = FolderEntry(at: path), known.insert(identity).inserted {
      path += "/.."
    }
    return known
  }

  private mutating func collect(_ folder: String, prefix: String, _ files: inout [Found]) {
    var inner: [(name: String, path: String, entry: FolderEntry)] = []
    for name in fileNames(in: folder) where PictureTree.isVisible(name) {
      let path = joinPath(folder, name)
      switch FolderEntry(at: path) {
      case .special where PictureName.isPicture(name): note(path, "not a regular file")
      case .file, .special:
        guard count <= PictureTree.fileLimit else { return }
        count += 1
        files.append((Array((prefix + name).utf8), path))
      case .unreachable(let reason): note(path, reason)
      case .folder(let identity): inner.append((name, path, .folder(identity)))
      }
    }
    for (name, path, entry) in inner.sorted(by: { $0.name < $1.name }) where isFirstTime(path, entry) {
      collect(path, prefix: prefix + name + "/", &files)
    }
  }

  private mutating func isFirstTime(_ path: String, _ entry: FolderEntry) -> Bool {
    guard case .folder(let identity) = entry else { return false }
    if entered.insert(identity).inserted { return true }
    repeated.append(path)
    return false
  }

  private mutating func note(_ path: String, _ reason: String) {
    unreadable.append(PictureTree.Unreadable(path: path, reason: reason))
  }
}
