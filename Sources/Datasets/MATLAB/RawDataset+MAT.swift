import FileIO
import Formatting
import ImageFiles

extension RawDataset {
  /// Reads a MAT-file: `mnist-original.mat`, or a part of SVHN (`train_32x32.mat`) if it has the arrays `X` and `y`.
  init(mat bytes: [UInt8], name path: String) throws(DataError) {
    let file = try MATFile(parsing: bytes, name: path)
    if try !file.has("data"), try file.has("X") {
      self = try RawDataset(svhn: file)
    } else {
      self = try RawDataset(mnistOriginal: file)
    }
  }

  /// Reads `mnist-original.mat`: `data`, with an image in each column, and `label`, one for each column.
  ///
  /// The training images come first, sorted by class, then the test images, sorted by class too: the first label that
  /// is smaller than the one before it begins the test set. In any other order the last seventh is the test set,
  /// as in MNIST (10,000 of 70,000).
  private init(mnistOriginal file: MATFile) throws(DataError) {
    var data = try file.reader(of: "data")
    guard data.sizes.count == 2, let side = (1...4096).first(where: { $0 * $0 == data.sizes[0] }),
      1...Int(Int32.max) ~= data.sizes[1]
    else {
      throw data.malformed(
        "data has the shape \(data.sizes); expected an image in each column, such as [784, 70000]")
    }
    var label = try Self.labelReader("label", in: file, count: data.sizes[1])
    let labels = try label.readBytes().map { UInt16($0) }
    let restarts = labels.indices.dropFirst().filter { labels[$0] < labels[$0 - 1] }
    guard let firstRestart = restarts.first, labels.count >= 7 else {
      throw label.malformed(
        "all labels are sorted, so there is no boundary of training and test set; shuffle the columns")
    }
    let trainCount = restarts.count == 1 ? firstRestart : labels.count - labels.count / 7
    self.init(
      pixels: try data.readBytes(), shape: ImageShape(height: side, width: side),
      parts: [
        Part(role: .train, count: trainCount, labelPath: file.name),
        Part(role: .test, count: labels.count - trainCount, labelPath: file.name),
      ], labels: .numbers(labels))
  }

  /// Reads a part of SVHN, cropped digits: `X` [32, 32, 3, N] and `y` [N, 1], where 10 is the digit 0.
  private init(svhn file: MATFile) throws(DataError) {
    var data = try file.reader(of: "X")
    let sizes = data.sizes
    guard sizes.count == 4, [1, 3].contains(sizes[2]), sizes.allSatisfy({ 1...Int(Int32.max) ~= $0 }) else {
      throw data.malformed(
        "X has the shape \(sizes); expected [height, width, 3, N], such as [32, 32, 3, 26032]")
    }
    var label = try Self.labelReader("y", in: file, count: sizes[3])
    var labels = try label.readBytes().map { UInt16($0) }
    if labels.contains(10), !labels.contains(0) { labels = labels.map { $0 == 10 ? 0 : $0 } }
    let shape = ImageShape(channels: sizes[2], height: sizes[0], width: sizes[1])
    var pixels = try data.readBytes()
    // The first index, of the row, varies fastest.
    PixelLayout.transpose(&pixels, shape: ImageShape(channels: sizes[2], height: sizes[1], width: sizes[0]))
    let name = lastComponent(of: file.name)
    let role: Role = name.hasPrefix("train") ? .train : name.hasPrefix("test") ? .test : .undivided
    self.init(
      pixels: pixels, shape: shape,
      parts: [Part(role: role, count: labels.count, labelPath: file.name)], labels: .numbers(labels))
  }

  private static func labelReader(
    _ name: String, in file: MATFile, count: Int
  ) throws(DataError) -> MATFile.Reader {
    let label = try file.reader(of: name)
    guard label.count == count, label.sizes.count == 2, label.sizes.contains(1) else {
      throw label.malformed("\(name) has the shape \(label.sizes) for \(count.pluralized("image"))")
    }
    return label
  }
}
