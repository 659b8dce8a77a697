import Datasets
import FileIO

/// The paths of the four IDX files of a data set, under any of the names of `IDXFiles`.
package struct DatasetFiles: Equatable, Sendable {
  /// The path of the training images.
  package let trainImages: String
  /// The path of the training labels.
  package let trainLabels: String
  /// The path of the test images.
  package let testImages: String
  /// The path of the test labels.
  package let testLabels: String

  /// Finds the files in `directory`; throws `unreadable` if one is missing.
  package init(in directory: String) throws(DataError) {
    let files = try IDXFiles(in: directory)
    func pair(_ pair: IDXFiles.Pair?, _ name: String, _ example: String) throws(DataError) -> IDXFiles.Pair {
      if let pair { return pair }
      throw .unreadable(path: directory, reason: "no \(name) images: looked for \(example), also with .gz")
    }
    let train = try pair(files?.train, "training", "train-images-idx3-ubyte")
    let test = try pair(files?.test, "test", "t10k-images-idx3-ubyte")
    (trainImages, trainLabels) = (train.images, train.labels)
    (testImages, testLabels) = (test.images, test.labels)
  }

  /// Whether all four files are in `directory`.
  package static func arePresent(in directory: String) -> Bool {
    (try? DatasetFiles(in: directory)) != nil
  }
}
