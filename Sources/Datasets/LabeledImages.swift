import FileIO
import Formatting
import ImageFiles

/// Images with their labels; pixels are stored as bytes.
public struct LabeledImages: Sendable, Equatable {
  /// The images, [N, C, H, W].
  public let images: Images
  /// The class of each image, [N].
  public let labels: [UInt16]

  /// Images with as many labels.
  public init(images: Images, labels: [UInt16]) {
    precondition(images.count == labels.count, "as many labels as images")
    self.images = images
    self.labels = labels
  }

  /// Images over `pixels`, [N, C, H, W], with N labels.
  public init(pixels: [UInt8], labels: [UInt16], channels: Int = 1, height: Int, width: Int) {
    let shape = ImageShape(channels: channels, height: height, width: width)
    self.init(images: Images(pixels: pixels, shape: shape), labels: labels)
  }

  /// Reads a pair of IDX files; throws if one is invalid, their counts differ or a label is not below `classes`.
  public static func load(
    images: String, labels: String, classes: Int = 10
  ) throws(DataError) -> LabeledImages {
    var reader = try LabeledReader(images: images, labels: labels, classes: classes)
    return LabeledImages(images: try reader.images.readAll(), labels: reader.labels)
  }

  /// The bytes of all images, [N, C, H, W].
  public var pixels: [UInt8] { images.pixels }
  /// The shape of each image.
  public var shape: ImageShape { images.shape }
  /// The channels of an image: 1 for gray, 3 for RGB.
  public var channels: Int { shape.channels }
  /// The height of an image.
  public var height: Int { shape.height }
  /// The width of an image.
  public var width: Int { shape.width }
  /// The number of images.
  public var count: Int { labels.count }

  /// The bytes of image `index`, [C, H, W].
  public subscript(index: Int) -> ArraySlice<UInt8> { images[index] }

  /// Copies of the images at `indices`, in that order.
  public func selecting(_ indices: some Collection<Int>) -> LabeledImages {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(indices.count * shape.size)
    for index in indices { pixels += self[index] }
    return LabeledImages(images: Images(pixels: pixels, shape: shape), labels: indices.map { labels[$0] })
  }
}

/// A pair of IDX files: the labels have been read and validated, the images are next.
struct LabeledReader: ~Copyable {
  var images: IDX.ImageReader
  let labels: [UInt16]

  init(images imagePath: String, labels labelPath: String, classes: Int) throws(DataError) {
    let reader = try IDX.ImageReader(ByteSource(path: imagePath))
    let file = try IDX.LabelFile(ByteSource(path: labelPath))
    try file.check(count: reader.count, of: imagePath)
    if let index = file.labels.firstIndex(where: { Int($0) >= classes }) {
      throw file.origin.fault(
        at: index, "label \(file.labels[index]) of image \(index.grouped) is not one of 0 to \(classes - 1)")
    }
    images = reader
    labels = file.labels
  }
}
