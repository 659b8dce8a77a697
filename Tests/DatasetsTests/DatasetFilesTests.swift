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
    [
      "gzip/emnist-letters-train-images-idx3-ubyte.gz", "gzip/emnist-letters-train-labels-idx1-ubyte.gz",
      "gzip/emnist-letters-test-images-idx3-ubyte.gz", "gzip/emnist-letters-test-labels-idx1-ubyte.gz",
    ],
    [
      "qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int.gz", "qmnist-test-images-idx3-ubyte",
      "qmnist-test-labels-idx2-int.gz",
    ],
    [
      "train-images-idx3-ubyte/train-images-idx3-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte/t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte",
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
    let wrapped = names.map { "\($0.replacing("-idx", with: ".idx"))/\($0)" }
    #expect(try find(names + wrapped) == names)
  }

  @Test func missingFilesAreNamed() {
    #expect(
      message { _ = try find([]) }
        == "DIR: no training images: looked for train-images-idx3-ubyte, also with .gz")
    #expect(
      message { _ = try find(["raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte"]) }
        == "DIR: no test images: looked for t10k-images-idx3-ubyte, also with .gz")
    #expect(
      message { _ = try find(["train-images-idx3-ubyte"]) }
        == "DIR: no training labels: looked for train-labels-idx1-ubyte, also with .gz, beside "
        + "train-images-idx3-ubyte")
  }

  @Test func severalSetsAreListed() {
    let names = ["emnist-letters", "emnist-balanced"].flatMap { set in
      ["images-idx3", "labels-idx1"].map { "\(set)-train-\($0)-ubyte" }
    }
    #expect(
      message { _ = try find(names) }
        == "DIR: there are 2 sets in this folder: emnist-balanced, emnist-letters; choose one, as "
        + "DIR/emnist-balanced")
  }

  /// A pipe would block.
  @Test func pipesAreNoFiles() throws {
    try withTemporaryFolder { folder in
      mkfifo("\(folder)/train-images-idx3-ubyte", 0o600)
      #expect(!DatasetSource.isPresent(at: folder))
    }
  }
}
