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

  /// Finds the files in a folder or in its `cifar-10-batches-bin`; nil if there are none.
  init?(in folder: String) {
    for place in [folder, joinPath(folder, "cifar-10-batches-bin")] {
      let batches = (1...5).map { "data_batch_\($0).bin" }
      let (present, absent) = (
        batches.filter { isRegularFile(joinPath(place, $0)) },
        batches.filter { !isRegularFile(joinPath(place, $0)) }
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

  /// The folder of CIFAR-10's Python pickles, if `folder` is it or has it.
  static func pythonFolder(_ folder: String) -> String? {
    [folder, joinPath(folder, "cifar-10-batches-py")].first { place in
      isRegularFile(joinPath(place, "data_batch_1")) && isRegularFile(joinPath(place, "test_batch"))
    }
  }

  /// The error for CIFAR-10's Python pickles, with the line that converts them.
  static func pythonFault(_ folder: String) -> DataError {
    let place = folder.printable.filter { !"'\"\\$`!".contains($0) }
    return .unsuitable(
      path: folder,
      reason: "these are Python pickles, which can run programs; take the binary version of CIFAR-10, or convert "
        + "them: python3 -c \"import pickle, numpy as n; "
        + "f = lambda b: pickle.load(open('\(place)/' + b, 'rb'), encoding='latin1'); "
        + "x = lambda *b: n.concatenate([f(i)['data'] for i in b]).reshape(-1, 3, 32, 32); "
        + "y = lambda *b: n.concatenate([f(i)['labels'] for i in b]); "
        + "t = ['data_batch_' + str(i) for i in range(1, 6)]; "
        + "n.savez('cifar10.npz', x_train=x(*t), y_train=y(*t), x_test=x('test_batch'), y_test=y('test_batch'))\"")
  }

  /// Reads the files; throws `malformed` if one has other records.
  func read() throws(DataError) -> RawDataset {
    var raw = RawDataset(pixels: [], shape: Self.shape, parts: [], labels: .numbers([]))
    var labels: [UInt16] = []
    for (path, role) in train.map({ ($0, RawDataset.Role.train) }) + [test].compactMap({ $0 }).map({ ($0, .test) }) {
      var source = try ByteSource(path: path)
      let first = labels.count
      while true {
        let record = try source.read(upTo: 1 + Self.shape.size)
        if record.isEmpty { break }
        guard record.count == 1 + Self.shape.size else {
          throw source.malformed(
            at: source.offset, "the file ends within a record; one is a label and 3,072 bytes of pixels")
        }
        guard record[0] < 10 else {
          throw source.malformed(
            at: source.offset - record.count, "label \(record[0]); a record of CIFAR-10 begins with 0 to 9")
        }
        labels.append(UInt16(record[0]))
        raw.pixels += record.dropFirst()
        guard raw.pixels.count <= ByteSource.byteLimit else {
          throw source.malformed(at: source.offset, "more than the limit of 4 GiB of pixels")
        }
      }
      guard labels.count > first else { throw source.malformed(at: 0, "no images") }
      raw.parts.append(
        RawDataset.Part(
          role: role, count: labels.count - first, labelPath: path, firstLabel: 0,
          labelStride: 1 + Self.shape.size, isCompressed: source.isCompressed))
    }
    raw.labels = .numbers(labels)
    if let names { raw.labelNames = try ClassNameFile(path: names).byLabel }
    if !missing.isEmpty { raw.notices.append("\(missing.joined(separator: ", ")) is missing") }
    return raw
  }
}
