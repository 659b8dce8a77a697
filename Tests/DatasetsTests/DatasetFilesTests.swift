import Datasets
import Foundation
import Testing
import TestSupport

@Suite struct DatasetFilesTests {
  /// Empty files of these names in a folder, and what is found there, without the folder.
  private func find(_ names: [String]) throws -> [String] {
    try withTemporaryFolder { folder in
      for name in names {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try write([], path)
      }
      let files = try DatasetFiles(in: folder)
      return [files.trainImages, files.trainLabels, files.testImages, files.testLabels].map {
        String($0.dropFirst(folder.count + 1))
      }
    }
  }

  @Test(arguments: [
    [
      "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ],
    [
      "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ],
    [
      "train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte",
      "t10k-labels.idx1-ubyte",
    ],
    [
      "train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte", "test-images-idx3-ubyte",
      "test-labels.idx1-ubyte.gz",
    ],
    [
      "train-images-idx4-ubyte", "train-labels-idx1-ubyte", "test-images-idx4-ubyte.gz",
      "test-labels-idx1-ubyte",
    ],
    [
      "raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte", "raw/t10k-images-idx3-ubyte",
      "raw/t10k-labels-idx1-ubyte",
    ],
    [
      "MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte",
      "MNIST/raw/t10k-images-idx3-ubyte", "MNIST/raw/t10k-labels-idx1-ubyte",
    ],
  ])
  func findsEveryName(names: [String]) throws {
    #expect(try find(names) == names)
  }

  @Test func plainFilesTakePrecedence() throws {
    let names = [
      "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ]
    #expect(try find(names + names.map { $0 + ".gz" }) == names)
  }

  @Test func missingFilesAreNamed() {
    #expect(
      message { _ = try find([]) }
        == "DIR: no training images: looked for train-images-idx3-ubyte, train-images.idx3-ubyte, "
        + "train-images-idx4-ubyte, train-images.idx4-ubyte, each also with .gz, here and in raw and MNIST/raw; "
        + "nor mnist.npz or mnist-original.mat"
    )
    #expect(
      message { _ = try find(["raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte"]) }
        == "DIR/raw: no test images: looked for t10k-images-idx3-ubyte, t10k-images.idx3-ubyte, "
        + "t10k-images-idx4-ubyte, t10k-images.idx4-ubyte, test-images-idx3-ubyte, test-images.idx3-ubyte, "
        + "test-images-idx4-ubyte, test-images.idx4-ubyte, each also with .gz")
    #expect(
      message { _ = try find(["train-images-idx3-ubyte"]) }
        == "DIR: no training labels: looked for train-labels-idx1-ubyte, train-labels.idx1-ubyte, "
        + "each also with .gz")
  }
}
