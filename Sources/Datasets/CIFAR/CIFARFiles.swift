import FileIO
import Formatting
import ImageFiles

/// CIFAR-10 in its binary version: `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, and the names of the
/// classes in `batches.meta.txt`.
///
/// A record is a label and 3072 bytes: the red, the green and the blue plane of 32x32 pixels.
struct CIFARFiles: Equatable, Sendable {
  let train: [String]
  let test: String?
  let names: String?
  /// The training batches of the five that are not there.
  let missing: [String]

  private static let shape = ImageShape(channels: 3, height: 32, width: 32)
  private static let batches = (1...5).map { "data_batch_\($0).bin" }

  /// Finds the files in a folder or in its `cifar-10-batches-bin`; nil if there are none.
  init?(in folder: String) {
    for place in [folder, joinPath(folder, "cifar-10-batches-bin")] {
      let (present, absent) = (
        Self.batches.filter { isRegularFile(joinPath(place, $0)) },
        Self.batches.filter { !isRegularFile(joinPath(place, $0)) }
      )
      func optional(_ name: String) -> String? {
        let path = joinPath(place, name)
        return isRegularFile(path) ? path : nil
      }
      let test = optional("test_batch.bin")
      if present.isEmpty, test == nil { continue }
      (train, missing) = (present.map { joinPath(place, $0) }, present.isEmpty ? [] : absent)
      (self.test, names) = (test, optional("batches.meta.txt"))
      return
    }
    return nil
  }

  /// The one file at `path`; nil if its name is not that of a batch.
  init?(file path: String) {
    let name = lastComponent(of: path)
    guard Self.batches.contains(name) || name == "test_batch.bin" else { return nil }
    (train, test, missing) = Self.batches.contains(name) ? ([path], nil, []) : ([], path, [])
    let list = joinPath(AtomicFile.folder(of: path), "batches.meta.txt")
    names = isRegularFile(list) ? list : nil
  }

  /// Reads the files; throws `malformed` if one has other records.
  func read() throws(DataError) -> RawDataset {
    var raw = RawDataset(pixels: [], shape: Self.shape, parts: [], labels: .numbers([]))
    for path in train { try raw.appendCIFAR(ByteSource(path: path), .train) }
    if let test { try raw.appendCIFAR(ByteSource(path: test), .test) }
    if let names { raw.labelNames = try ClassNameFile(path: names).byLabel }
    if !missing.isEmpty { raw.notices.append("\(missing.joined(separator: ", ")) is missing") }
    return raw
  }

  /// The images of one file; throws `malformed` if it has other records.
  static func read(_ source: consuming ByteSource, _ role: RawDataset.Role) throws(DataError) -> RawDataset {
    var raw = RawDataset(pixels: [], shape: shape, parts: [], labels: .numbers([]))
    try raw.appendCIFAR(source, role)
    return raw
  }
}

extension RawDataset {
  /// Appends the records of a file of CIFAR-10.
  fileprivate mutating func appendCIFAR(_ source: consuming ByteSource, _ role: Role) throws(DataError) {
    let length = 1 + shape.size
    var added: [UInt16] = []
    while true {
      let record = try source.read(upTo: length)
      if record.isEmpty { break }
      guard record.count == length else {
        throw source.malformed(
          at: source.offset, "the file ends within a record; one is a label and 3,072 bytes of pixels")
      }
      guard record[0] < 10 else {
        throw source.malformed(
          at: source.offset - length, "label \(record[0]); a record of CIFAR-10 begins with 0 to 9")
      }
      added.append(UInt16(record[0]))
      pixels += record.dropFirst()
      guard pixels.count <= ByteSource.byteLimit else {
        throw source.malformed(at: source.offset, "more than the limit of 4 GiB of pixels")
      }
    }
    guard !added.isEmpty else { throw source.malformed(at: 0, "no images") }
    labels = labels.appending(.numbers(added))
    parts.append(
      Part(
        role: role, count: added.count, labelPath: source.name, firstLabel: 0, labelStride: length,
        isCompressed: source.isCompressed))
  }
}
