import ImageFiles

/// A training, a test and perhaps a validation set over one pool of images.
public struct Dataset: Sendable {
  /// The name of the data set: `mnist`, `builtin`.
  public let name: String
  /// All images: the training set, then the test set, then the validation set.
  public let pool: LabeledImages
  /// The training set; empty if the source has a test set alone.
  public let train: Subset
  /// The validation set of the source; nil if it has none.
  public let validation: Subset?
  /// The test set; the validation set if the source has no other, and empty if it has neither.
  public let test: Subset
  /// The names of the classes, in the order of the labels.
  public let classNames: [String]
  /// What was decided while it was read, and what is odd about it: a sentence each.
  public private(set) var notices: [String]
  /// How its pictures became images; nil if it was not read from pictures, or if they were scaled.
  private let pictures: PicturePreparation?
  /// The absolute path of the file or folder it was read from; nil if it was not.
  public let sourcePath: String?
  /// The sizes of its pictures before they were scaled; nil if it was not read from pictures.
  public let pictureSizes: PictureSizes?

  /// The classes of MNIST: `0` to `9`.
  public static let digitNames = (0..<10).map(String.init)

  /// A data set whose first `trainCount` images are the training set, and the others the test set.
  public init(
    name: String, pool: LabeledImages, trainCount: Int, classNames: [String] = Dataset.digitNames
  ) {
    self.init(
      name: name, pool: pool, counts: (trainCount, pool.count - trainCount, 0), classNames: classNames)
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

  /// A data set whose pool has as many training, test and validation images, in this order.
  ///
  /// Without test images the validation set is the test set too. `pictures` is how they were made from pictures; nil to
  /// find the way that suits the training images.
  init(
    name: String, pool: LabeledImages, counts: (train: Int, test: Int, validation: Int),
    classNames: [String], notices: [String] = [], pictures: PicturePreparation? = nil,
    sourcePath: String? = nil, pictureSizes: PictureSizes? = nil
  ) {
    (self.name, self.pool, self.classNames, self.notices) = (name, pool, classNames, notices)
    (self.sourcePath, self.pictureSizes) = (sourcePath, pictureSizes)
    let validationStart = counts.train + counts.test
    train = Subset(of: pool, range: 0..<counts.train)
    validation =
      counts.validation == 0
      ? nil : Subset(of: pool, range: validationStart..<validationStart + counts.validation)
    let test = Subset(of: pool, range: counts.train..<validationStart)
    self.test = test.count == 0 ? validation ?? test : test
    self.pictures = pictures
  }

  /// The number of images that decide how pictures become input.
  private static let imagesExamined = 400

  /// How pictures become input of a network that is trained on these images: as they did, or as suits the images.
  public var preparation: PicturePreparation {
    if let pictures { return pictures }
    let images = train.count > 0 ? train : test
    let positions = stride(from: 0, to: images.count, by: max(1, images.count / Self.imagesExamined))
    return PicturePreparation.suited(to: images.images(at: positions.prefix(Self.imagesExamined)))
  }

  /// Adds sentences to the notices.
  mutating func addNotices(_ more: [String]) { notices += more }
}
