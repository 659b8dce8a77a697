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
    let labels = try Self.labels("label", in: file, count: data.sizes[1])
    let restarts = labels.indices.dropFirst().filter { labels[$0] < labels[$0 - 1] }
    guard let firstRestart = restarts.first, labels.count >= 7 else {
      throw data.malformed(
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
      throw data.malformed("X has the shape \(sizes); expected [height, width, 3, N], such as [32, 32, 3, 26032]")
    }
    var labels = try Self.labels("y", in: file, count: sizes[3])
    if labels.contains(10), !labels.contains(0) { labels = labels.map { $0 == 10 ? 0 : $0 } }
    let shape = ImageShape(channels: sizes[2], height: sizes[0], width: sizes[1])
    var pixels = try data.readBytes()
    // The first index, of the row, varies fastest.
    PixelLayout.transpose(&pixels, shape: ImageShape(channels: sizes[2], height: sizes[1], width: sizes[0]))
    let name = file.name.split(separator: "/").last ?? ""
    let role: Role = name.hasPrefix("train") ? .train : name.hasPrefix("test") ? .test : .undivided
    self.init(
      pixels: pixels, shape: shape,
      parts: [Part(role: role, count: labels.count, labelPath: file.name)], labels: .numbers(labels))
  }

  private static func labels(_ name: String, in file: MATFile, count: Int) throws(DataError) -> [UInt16] {
    var label = try file.reader(of: name)
    guard label.count == count, label.sizes.count == 2, label.sizes.contains(1) else {
      throw label.malformed("\(name) has the shape \(label.sizes) for \(count.pluralized("image"))")
    }
    return try label.readBytes().map { UInt16($0) }
  }

  /// The images of several sources of one shape, one after another; the first are called `name` in errors.
  init(joining sources: [RawDataset], paths: [String]) throws(DataError) {
    guard var joined = sources.first else { throw .unsatisfiable(reason: "no images") }
    for (source, path) in zip(sources, paths).dropFirst() {
      guard source.shape == joined.shape else {
        throw .unsuitable(path: path, reason: "images of \(source.shape), but \(paths[0]) has \(joined.shape)")
      }
      joined.pixels += source.pixels
      joined.parts += source.parts
      joined.labels = joined.labels.appending(source.labels)
      joined.notices += source.notices
    }
    self = joined
  }
}

extension RawDataset.Labels {
  /// The labels with others behind them: as numbers where both are, else as names.
  func appending(_ other: RawDataset.Labels) -> RawDataset.Labels {
    if case .numbers(let a) = self, case .numbers(let b) = other { return .numbers(a + b) }
    let (indices, names) = asNames
    let (otherIndices, otherNames) = other.asNames
    var (places, all) = ([String: UInt16](), names)
    for (place, name) in names.enumerated() { places[name] = UInt16(place) }
    let moved = otherNames.map { name in
      if let place = places[name] { return place }
      let place = UInt16(clamping: all.count)
      places[name] = place
      all.append(name)
      return place
    }
    return .names(indices + otherIndices.map { moved[Int($0)] }, names: all)
  }

  /// The labels as indices into names.
  private var asNames: ([UInt16], [String]) {
    switch self {
    case .names(let indices, let names): return (indices, names)
    case .numbers(let values):
      let distinct = Set(values).sorted()
      let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($0.element, UInt16($0.offset)) })
      return (values.map { places[$0] ?? 0 }, distinct.map { String($0) })
    }
  }
}
