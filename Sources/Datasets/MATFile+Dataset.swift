import FileIO
import Formatting
import ImageFiles

extension Dataset {
  /// Reads `mnist-original.mat`: `data`, an image in each column, and `label`, one for each column.
  ///
  /// The images of the training set come first, sorted by class, then those of the test set, sorted again: where the
  /// labels begin anew is the border. In a file whose order is another, the last seventh is the test set, as
  /// MNIST's 10,000 of 70,000.
  package init(
    mat bytes: [UInt8], name path: String, as name: String = "mnist",
    classNames: [String] = Dataset.digitNames
  ) throws(DataError) {
    let file = try MATFile(parsing: bytes, name: path)
    var data = try file.reader(of: "data")
    guard data.sizes.count == 2, let side = (1...4096).first(where: { $0 * $0 == data.sizes[0] }),
      1...Int(Int32.max) ~= data.sizes[1]
    else {
      throw data.malformed("data is \(data.sizes); it has an image in each column, such as [784, 70000]")
    }
    let count = data.sizes[1]
    var label = try file.reader(of: "label")
    guard label.count == count, label.sizes.count == 2, label.sizes.contains(1) else {
      throw label.malformed("label is \(label.sizes) for \(count.pluralized("image"))")
    }
    let labels = try label.readBytes()
    if let index = labels.firstIndex(where: { Int($0) >= classNames.count }) {
      throw label.malformed(
        "label \(labels[index]) of image \(index.grouped) is not one of 0 to \(classNames.count - 1)")
    }
    let restarts = labels.indices.dropFirst().filter { labels[$0] < labels[$0 - 1] }
    guard let restart = restarts.first, count >= 7 else {
      throw label.malformed("the labels are sorted to the end, so there is no test set; shuffle the columns")
    }
    let pixels = try data.readBytes()
    let images = Images(pixels: pixels, shape: ImageShape(height: side, width: side))
    self.init(
      name: name, pool: LabeledImages(images: images, labels: labels),
      trainCount: restarts.count == 1 ? restart : count - count / 7, classNames: classNames)
  }
}
