import FileIO
import ImageFiles

/// A training and a test set over one pool of images: the training images first, then the test images.
public struct Dataset: Sendable {
  /// The name of the data set: `mnist`, `builtin`.
  public let name: String
  /// All images, the training set first.
  public let pool: LabeledImages
  /// The training set.
  public let train: Subset
  /// The test set.
  public let test: Subset
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]

  /// The classes of MNIST: `0` to `9`.
  public static let digitNames = (0..<10).map(String.init)

  /// A data set whose first `trainCount` images are the training set, and the others the test set.
  public init(
    name: String, pool: LabeledImages, trainCount: Int, classNames: [String] = Dataset.digitNames
  ) {
    self.name = name
    self.pool = pool
    self.classNames = classNames
    train = Subset(of: pool, range: 0..<trainCount)
    test = Subset(of: pool, range: trainCount..<pool.count)
  }

  /// A data set of training and test images of one shape, copied into one pool.
  public init(
    name: String, train: LabeledImages, test: LabeledImages, classNames: [String] = Dataset.digitNames
  ) {
    precondition(train.shape == test.shape, "training and test images have one shape")
    let images = Images(pixels: train.pixels + test.pixels, shape: train.shape)
    self.init(
      name: name, pool: LabeledImages(images: images, labels: train.labels + test.labels),
      trainCount: train.count, classNames: classNames)
  }

  /// Reads the four IDX files that `DatasetFiles` finds in `directory`.
  ///
  /// Throws if one of them is missing or invalid, if images and labels differ in number, if a label is not one of
  /// the classes, or if training and test images differ in shape. All pixels are read into one array, without a copy.
  public static func load(
    directory: String, name: String = "mnist", classNames: [String] = Dataset.digitNames
  ) throws(DataError) -> Dataset {
    let files = try DatasetFiles(in: directory)
    let classes = classNames.count
    var train = try LabeledReader(images: files.trainImages, labels: files.trainLabels, classes: classes)
    var test = try LabeledReader(images: files.testImages, labels: files.testLabels, classes: classes)
    let shape = train.images.shape
    guard test.images.shape == shape else {
      throw .malformed(
        path: files.testImages, byte: 8, decompressed: files.testImages.hasSuffix(".gz"),
        reason: "images of \(test.images.shape), but \(files.trainImages) has \(shape)")
    }
    let total = train.images.byteCount + test.images.byteCount
    var pixels: [UInt8] = []
    try train.images.append(to: &pixels, expecting: total)
    try test.images.append(to: &pixels, expecting: total)
    let pool = LabeledImages(images: Images(pixels: pixels, shape: shape), labels: train.labels + test.labels)
    return Dataset(name: name, pool: pool, trainCount: train.labels.count, classNames: classNames)
  }

  /// The SHA-256, in hexadecimal, of the shapes, pixels and labels of the training and the test set.
  ///
  /// It reads every pixel (55 MB for MNIST): callers should store it.
  public func fingerprint() -> String {
    fingerprint(of: [0..<train.count, train.count..<pool.count])
  }

  /// The SHA-256 of the shape, pixels and labels of the test set alone.
  public func testFingerprint() -> String { fingerprint(of: [train.count..<pool.count]) }

  private func fingerprint(of parts: [Range<Int>]) -> String {
    var hash = SHA256()
    for part in parts {
      hash.update(Array("\(part.count)x\(pool.shape)\n".utf8))
      pool.pixels.withUnsafeBytes { bytes in
        let range = part.lowerBound * pool.shape.size..<part.upperBound * pool.shape.size
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
      hash.update(pool.labels[part])
    }
    return hash.hexadecimalDigest()
  }
}
