import FileIO
import Formatting
import ImageFiles

extension Dataset {
  /// Reads `mnist-original.mat`: `data`, with an image in each column, and `label`, one for each column.
  ///
  /// The training images come first, sorted by class, then the test images, sorted by class too: the first label that
  /// is smaller than the one before it begins the test set. In any other order the last seventh is the test set,
  /// as in MNIST (10,000 of 70,000).
  package init(
    mat bytes: [UInt8], name path: String, as name: String = "mnist",
    classNames: [String] = Dataset.digitNames
  ) throws(DataError) {
    let file = try MATFile(parsing: bytes, name: path)
    var data = try file.reader(of: "data")
    guard data.sizes.count == 2, let side = (1...4096).first(where: { $0 * $0 == data.sizes[0] }),
      1...Int(Int32.max) ~= data.sizes[1]
    else {
      throw data.malformed(
        "data has the shape \(data.sizes); expected an image in each column, such as [784, 70000]")
    }
    let count = data.sizes[1]
    var label = try file.reader(of: "label")
    guard label.count == count, label.sizes.count == 2, label.sizes.contains(1) else {
      throw label.malformed("label has the shape \(label.sizes) for \(count.pluralized("image"))")
    }
    let labels = try label.readBytes()
    if let index = labels.firstIndex(where: { Int($0) >= classNames.count }) {
      throw label.malformed(
        "label \(labels[index]) of image \(index.grouped) is not one of 0 to \(classNames.count - 1)")
    }
    let restarts = labels.indices.dropFirst().filter { labels[$0] < labels[$0 - 1] }
    guard let firstRestart = restarts.first, count >= 7 else {
      throw label.malformed(
        "all labels are sorted, so there is no boundary of training and test set; shuffle the columns")
    }
    let pixels = try data.readBytes()
    let images = Images(pixels: pixels, shape: ImageShape(height: side, width: side))
    self.init(
      name: name, pool: LabeledImages(images: images, labels: labels),
      trainCount: restarts.count == 1 ? firstRestart : count - count / 7, classNames: classNames)
  }
}
