import FileIO
import Formatting
import ImageFiles

/// What was read from many small files or from text, in one file of a cache folder.
///
/// It is found by the paths and the options, and used if sizes, times and inodes of all files are those that it was
/// made from and its checksum is right.
struct DatasetCache {
  /// Changes with the format, and with every change of what is read from the same files.
  private static let magic = Array("cnn data cache 2\n".utf8)

  private let path: String
  private let key: [UInt8]

  /// The result of `read`, remembered from an earlier time or for the next one, if the options name a folder.
  ///
  /// A cache that cannot be written is a notice.
  static func remembered(
    _ paths: [String], _ options: DatasetOptions, _ read: () throws(DataError) -> RawDataset
  ) throws(DataError) -> RawDataset {
    guard let folder = options.cacheFolder, let cache = DatasetCache(paths, options, in: folder) else {
      return try read()
    }
    if let raw = cache.load() { return raw }
    let start = ContinuousClock.now
    var raw = try read()
    if ContinuousClock.now - start < options.rememberedDuration { return raw }
    // What was changed while it was read is not remembered.
    guard let after = DatasetCache(paths, options, in: folder), after.key == cache.key else { return raw }
    do throws(DataError) {
      try AtomicFile.createFolder(folder)
      try cache.store(raw)
    } catch {
      raw.notices.append("what was read cannot be remembered: \(error.description.oneLine)")
    }
    return raw
  }

  /// The place and the key for these files; nil if one of them is missing.
  private init?(_ paths: [String], _ options: DatasetOptions, in folder: String) {
    var (name, key) = (SHA256(), SHA256())
    func text(_ text: String) -> [UInt8] { text.utf8.count.littleEndianBytes + text.utf8 }
    let settings =
      text("\(options.shape.map(String.init(describing:)) ?? "") \(options.pictures?.rawValue ?? "")")
      + text(options.labelColumn ?? "") + text("\(options.skipsUnreadable)")
    let folders = Set(
      [paths.first, paths.last].compactMap { $0 }.map { AtomicFile.folder(of: absolutePath($0)) })
    for folder in folders.sorted() { name.update(text(folder)) }
    name.update(settings)
    key.update(settings)
    for path in paths {
      guard let stamp = FileStamp(of: path) else { return nil }
      key.update(text(absolutePath(path)))
      key.update(stamp.bytes)
    }
    self.path = joinPath(folder, String(name.hexadecimalDigest().prefix(32)) + ".data")
    self.key = key.finalize()
  }

  /// What is remembered; nil if there is nothing, if it is of other files, or damaged.
  private func load() -> RawDataset? {
    guard isRegularFile(path) else { return nil }
    do throws(DataError) {
      var source = try ByteSource(path: path)
      guard try source.read(upTo: Self.magic.count) == Self.magic, try source.read(upTo: key.count) == key
      else {
        return nil
      }
      let size = Int(clamping: try source.read(exactly: 8).littleEndian(at: 0, 8))
      guard let remaining = source.remaining, size <= remaining else { return nil }
      let header = try source.read(exactly: size)
      let pixelCount = remaining - size - 4
      guard pixelCount >= 0 else { return nil }
      var pixels: [UInt8] = []
      try source.append(pixelCount, to: &pixels, expecting: pixelCount)
      var sum = CRC32(
        expected: UInt32(truncatingIfNeeded: try source.read(exactly: 4).littleEndian(at: 0, 4)))
      header.withUnsafeBytes { sum.update($0) }
      pixels.withUnsafeBytes { sum.update($0) }
      return sum.isValid ? RawDataset(cached: header, pixels: pixels) : nil
    } catch {
      return nil
    }
  }

  private func store(_ raw: RawDataset) throws(DataError) {
    let header = raw.cacheHeader
    var sum = CRC32(expected: 0)
    header.withUnsafeBytes { sum.update($0) }
    raw.pixels.withUnsafeBytes { sum.update($0) }
    let checksum = sum.value
    let start = Self.magic + key + header.count.littleEndianBytes + header
    try AtomicFile.write(to: path) { (output) throws(DataError) in
      try output.write(start)
      try output.write(raw.pixels)
      try output.write(checksum.littleEndianBytes)
    }
  }
}
