import FileIO
import Formatting
import ImageFiles
import ModelFormats

extension Dataset {
  /// Reads Keras' `mnist.npz`: `x_train` and `x_test`, uint8 [N, H, W] (or [N, C, H, W] with 1 or 3 channels), and
  /// `y_train` and `y_test`, integers [N]; throws `malformed` if an array is missing or invalid.
  package init(
    _ archive: NPZ, name: String = "mnist", classNames: [String] = Dataset.digitNames
  ) throws(DataError) {
    var train = try archive.reader(of: "x_train")
    var test = try archive.reader(of: "x_test")
    let (shape, testShape) = (try train.imageShape(), try test.imageShape())
    guard testShape == shape else {
      throw test.malformed("images of \(testShape), but x_train has \(shape)")
    }
    let trainLabels = try archive.labels("y_train", count: train.header.shape[0], classes: classNames.count)
    let testLabels = try archive.labels("y_test", count: test.header.shape[0], classes: classNames.count)
    let total = train.header.byteCount + test.header.byteCount
    guard total <= ByteSource.byteLimit else {
      throw test.malformed("with x_train more than the limit of 4 GiB")
    }
    var pixels: [UInt8] = []
    try train.append(to: &pixels, expecting: total)
    try test.append(to: &pixels, expecting: total)
    let images = Images(pixels: pixels, shape: shape)
    self.init(
      name: name, pool: LabeledImages(images: images, labels: trainLabels + testLabels),
      trainCount: trainLabels.count, classNames: classNames)
  }
}

extension NPZ.Reader {
  /// The shape of one image of the array.
  fileprivate func imageShape() throws(DataError) -> ImageShape {
    guard header.type == .uint8 else {
      throw malformed("elements of type \(header.type.rawValue); images must be |u1, from 0 to 255")
    }
    if header.isColumnMajor {
      throw malformed("the array is column-major; save numpy.ascontiguousarray(x) instead")
    }
    let sizes = header.shape
    guard header.byteCount > 0, sizes.allSatisfy({ $0 <= Int32.max }) else {
      throw malformed("no images: \(sizes)")
    }
    switch sizes.count {
    case 3: return ImageShape(height: sizes[1], width: sizes[2])
    case 4 where sizes[1] == 1 || sizes[1] == 3:
      return ImageShape(channels: sizes[1], height: sizes[2], width: sizes[3])
    // With one channel the layouts NHWC and NCHW are the same.
    case 4 where sizes[3] == 1: return ImageShape(height: sizes[1], width: sizes[2])
    default:
      throw malformed(
        "the shape \(sizes) is not that of images: [N, H, W], or [N, C, H, W] with 1 or 3 channels")
    }
  }
}

extension NPZ {
  /// The labels in the array called `name`, one for each of `count` images.
  fileprivate func labels(_ name: String, count: Int, classes: Int) throws(DataError) -> [UInt8] {
    var reader = try reader(of: name)
    let (type, shape) = (reader.header.type, reader.header.shape)
    guard type.isInteger else {
      throw reader.malformed("elements of type \(type.rawValue); labels must be integers")
    }
    guard shape == [count] || shape == [count, 1] else {
      throw reader.malformed("labels of shape \(shape) for \(count.pluralized("image"))")
    }
    let bytes = try reader.readAll()
    var labels: [UInt8] = []
    labels.reserveCapacity(count)
    for index in 0..<count {
      let bits = bytes.littleEndian(at: index * type.size, type.size)
      guard bits < classes else {
        let unused = 64 - 8 * type.size
        let value = type.isSigned ? "\(Int64(bitPattern: bits << unused) >> unused)" : "\(bits)"
        throw reader.malformed("label \(value) of image \(index.grouped) is not one of 0 to \(classes - 1)")
      }
      labels.append(UInt8(bits))
    }
    return labels
  }
}
