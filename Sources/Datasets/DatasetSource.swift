import FileIO
import ImageFiles
import ModelFormats

/// A data set on disk: what a file or a folder is by its content.
public struct DatasetSource: Equatable, Sendable {
  /// What it is, with the paths of its files.
  enum Kind: Equatable, Sendable {
    /// IDX files.
    case idx(IDXFiles)
    /// An archive of NumPy arrays.
    case npz(path: String)
    /// Archives of one array each, as of KMNIST.
    case arrays(ArrayFiles)
    /// MAT-files: one, or the parts of SVHN.
    case mat(paths: [String])
    /// Binary batches of CIFAR-10.
    case cifar(CIFARFiles)
    /// Tables of text.
    case csv(CSVFiles)
    /// Folders of pictures, one per class.
    case pictures(folder: String)
  }

  let kind: Kind

  /// The format for people: `IDX files`, `CSV`, `folders of pictures`.
  public var format: String {
    switch kind {
    case .idx: "IDX files"
    case .npz, .arrays: "npz"
    case .mat: "a MATLAB file"
    case .cifar: "CIFAR-10's binary batches"
    case .csv: "CSV"
    case .pictures: "folders of pictures"
    }
  }

  /// The names of archives in a folder; IDX files take precedence over them.
  static let archiveNames = ["mnist.npz", "mnist-original.mat"]
  private static let svhnNames = ["train_32x32.mat", "test_32x32.mat"]

  /// The data set at `path`: a file, a folder, or `FOLDER/PREFIX` of IDX files with that prefix.
  ///
  /// Throws `unreadable` if there is none, `malformed` or `unsuitable` for files of other formats.
  public init(at path: String) throws(DataError) {
    if isFile(path) {
      kind = try Self.file(path)
    } else if let files = try IDXFiles(in: path) {
      kind = .idx(files)
    } else if isFolder(path) {
      kind = try Self.folder(path)
    } else {
      throw .unreadable(path: path, reason: "no such file or folder")
    }
  }

  /// Whether `path` is a file, or a folder with a data set.
  public static func isPresent(at path: String) -> Bool {
    if isFile(path) { return true }
    do throws(DataError) {
      _ = try DatasetSource(at: path)
      return true
    } catch {
      // A data set that cannot be read is there; its error is worth more than another place.
      switch error {
      case .malformed, .unsuitable: return true
      default: return false
      }
    }
  }

  private static func folder(_ path: String) throws(DataError) -> Kind {
    func place(_ name: String) -> String { joinPath(path, name) }
    if let name = archiveNames.first(where: { isRegularFile(place($0)) }) { return try file(place(name)) }
    if let files = try ArrayFiles(in: path) { return .arrays(files) }
    if let files = CIFARFiles(in: path) { return .cifar(files) }
    if let fault = CIFARFiles.otherVersion(in: path) { throw fault }
    let svhn = svhnNames.map(place).filter(isRegularFile)
    if !svhn.isEmpty { return .mat(paths: svhn) }
    if PictureTree.isPresent(in: path) { return .pictures(folder: path) }
    if let files = try CSVFiles(in: path) { return .csv(files) }
    let names = fileNames(in: path).filter { !$0.hasPrefix(".") }.sorted()
    let archives = names.filter { [".npz", ".mat"].contains($0.suffix(4)) && isRegularFile(place($0)) }
    if archives.count == 1 { return try file(place(archives[0])) }
    throw missing(path, names)
  }

  /// The error for a folder without a data set.
  private static func missing(_ path: String, _ names: [String]) -> DataError {
    for name in names.prefix(64) where isRegularFile(joinPath(path, name)) {
      let file = joinPath(path, name)
      if let start = try? start(of: file), let signature = FileSignature(start), signature != .json {
        if PictureFile.isPicture(signature) {
          return .withoutClasses(path)
        }
        return .unsuitable(
          path: file, reason: "no data set: " + FileSignature.describeForeignData(start, path: file))
      }
    }
    if let entry = PictureTree.unreachable(in: path).first {
      return .unreadable(path: entry.path.oneLine, reason: entry.reason)
    }
    return .unreadable(
      path: path,
      reason:
        "no data set in this folder: looked for train-images-idx3-ubyte and t10k-images-idx3-ubyte, also with "
        + ".gz and in raw and MNIST/raw, for \(archiveNames.joined(separator: " and ")), CSV, CIFAR-10's batches, and "
        + "folders of pictures, one per class")
  }

  private static func file(_ path: String) throws(DataError) -> Kind {
    // Their first bytes are a label and pixels, or those of any pickle.
    if let files = CIFARFiles(file: path) { return .cifar(files) }
    if let fault = CIFARFiles.otherVersion(file: path) { throw fault }
    let start = try start(of: path)
    func malformed(_ reason: String) -> DataError { .malformed(path: path, byte: 0, reason: reason) }
    let signature = FileSignature(start)
    switch signature {
    case .zip: return .npz(path: path)
    case .matlab: return .mat(paths: [path])
    case .idx: throw malformed("this is one IDX file; give the folder of images and labels")
    case _ where PictureFile.isPicture(signature):
      throw malformed("this is one picture; give a folder with a folder of pictures for each class")
    case nil where CSVFiles.isCSV(path) || isTable(start): return .csv(CSVFiles(file: path))
    default: throw malformed("no data set: " + FileSignature.describeForeignData(start, path: path))
    }
  }

  /// The first bytes of the content of a file.
  private static func start(of path: String) throws(DataError) -> [UInt8] {
    var source = try ByteSource(path: path)
    return try source.peek(FileSignature.length)
  }

  /// Whether the first bytes of a file are the beginning of a line in columns.
  static func isTable(_ start: [UInt8]) -> Bool {
    let line = start.prefix { $0 != 0x0A }
    guard line.allSatisfy({ $0 >= 0x20 || $0 == 0x09 || $0 == 0x0D }) else { return false }
    return CSVLine.separator(of: line).map { $0.count >= 4 } ?? false
  }
}

extension Dataset {
  /// Reads the data set at `path`, in any format of `DatasetSource`.
  ///
  /// A source may have a training set, a test set, or both, perhaps with a validation set; what it lacks is empty. Throws
  /// if a file is missing or invalid, if images and labels differ in number, if a label is none of the classes of the
  /// options, or if training and test images differ in shape.
  public static func load(
    from path: String, _ options: DatasetOptions = DatasetOptions()
  ) throws(DataError) -> Dataset {
    try Dataset(DatasetSource(at: path).read(options), options, path: path)
  }
}

extension DatasetSource {
  /// Reads the images and labels, and the names of the classes.
  func read(_ options: DatasetOptions) throws(DataError) -> RawDataset {
    var raw = try content(options)
    if raw.labelNames.isEmpty { try raw.takeNames(in: namingFolders) }
    return raw
  }

  /// The folders that may have a list of class names.
  private var namingFolders: [String] {
    switch kind {
    case .idx(let files): files.folders
    case .csv(let files): files.files.prefix(1).map { AtomicFile.folder(of: $0.path) }
    case .pictures(let folder): [folder]
    case .npz, .arrays, .mat, .cifar: []
    }
  }

  private func content(_ options: DatasetOptions) throws(DataError) -> RawDataset {
    switch kind {
    case .idx(let files): return try RawDataset(files)
    case .npz(let path): return try RawDataset(NPZ(contentsOf: path), options)
    case .arrays(let files): return try files.read(options)
    case .cifar(let files): return try files.read()
    case .mat(let paths):
      var sources: [RawDataset] = []
      for path in paths {
        var source = try ByteSource(path: path)
        sources.append(try RawDataset(mat: source.readAll(), name: path))
      }
      return try RawDataset(joining: sources, paths: paths)
    case .csv(let files):
      return try DatasetCache.remembered(files.files.map(\.path), options) { () throws(DataError) in
        try files.read(options)
      }
    case .pictures(let folder):
      guard let tree = try PictureTree(in: folder) else {
        throw .unsuitable(path: folder, reason: "no pictures in folders of classes")
      }
      func read() throws(DataError) -> RawDataset { try RawDataset(tree, in: folder, options) }
      // What is unreadable is no file that a cache could be compared with.
      var raw =
        tree.unreadable.isEmpty
        ? try DatasetCache.remembered(tree.files.map(\.path), options, read) : try read()
      raw.notices = tree.notices + raw.notices
      return raw
    }
  }
}
