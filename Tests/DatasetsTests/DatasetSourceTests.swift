import Datasets
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct DatasetSourceTests {
  @Test(
    "NumPy's and MATLAB's files hold the same set as the IDX files, bit for bit",
    arguments: ["mnist.npz", "stored.npz", "mnist-original.mat", "plain.mat"])
  func sameAsIDX(name: String) throws {
    let idx = try Dataset.load(from: Archives.folder)
    let other = try Dataset.load(from: "\(Archives.folder)/\(name)")
    #expect(other.pool == idx.pool)
    #expect((other.train.count, other.test.count) == (30, 10))
    #expect(other.fingerprint() == idx.fingerprint())
  }

  @Test func aFolderMayHoldAnArchive() throws {
    try withTemporaryFolder { folder in
      #expect(!DatasetSource.isPresent(at: folder))
      try write(Archives.fixture("mnist-original.mat"), "\(folder)/mnist-original.mat")
      #expect(DatasetSource.isPresent(at: folder))
      #expect(try DatasetSource(at: folder) == .mat(path: "\(folder)/mnist-original.mat"))
      try write(Archives.fixture("mnist.npz"), "\(folder)/mnist.npz")
      #expect(try DatasetSource(at: folder) == .npz(path: "\(folder)/mnist.npz"))
      for name in try listing(Archives.folder) where name.hasSuffix("ubyte") {
        try write(Archives.fixture(name), "\(folder)/\(name)")
      }
      #expect(try DatasetSource(at: folder) == .idx(DatasetFiles(in: folder)))
    }
  }

  @Test func otherFilesAreNamed() throws {
    #expect(
      message { _ = try DatasetSource(at: "\(Archives.folder)/t10k-labels-idx1-ubyte") }
        .hasSuffix("ubyte: byte 0: this is one IDX file; give the folder of all four"))
    #expect(
      message { _ = try DatasetSource(at: #filePath) }
        .hasSuffix(".swift: byte 0: neither an npz nor a mat file: it begins with 69 6D 70 6F"))
    #expect(message { _ = try DatasetSource(at: "/nowhere") }.hasPrefix("/nowhere: no training images"))
  }

  /// An archive like `mnist.npz` with some arrays replaced, or left out where nil.
  private func archive(_ changes: [String: [UInt8]?]) -> [UInt8] {
    var arrays: [String: [UInt8]] = [
      "x_train": Archives.npy("|u1", "(2, 2, 2)", [UInt8](0..<8)),
      "y_train": Archives.npy("|u1", "(2,)", [3, 4]),
      "x_test": Archives.npy("|u1", "(1, 2, 2)", [9, 9, 9, 9]), "y_test": Archives.npy("|u1", "(1,)", [5]),
    ]
    for (name, content) in changes { arrays[name] = content }
    return Archives.zip(
      arrays.sorted { $0.key < $1.key }.map { .init(name: "\($0.key).npy", content: $0.value) })
  }

  private func load(_ changes: [String: [UInt8]?]) throws -> Dataset {
    try withTemporaryFolder { folder in
      try write(archive(changes), "\(folder)/f.npz")
      return try Dataset.load(from: "\(folder)/f.npz")
    }
  }

  @Test func coloursAndWideLabels() throws {
    let set = try load([
      "x_train": Archives.npy("|u1", "(1, 3, 1, 2)", [UInt8](0..<6)),
      "y_train": Archives.npy("<u2", "(1, 1)", [7, 0]),
      "x_test": Archives.npy("|u1", "(1, 3, 1, 2)", [UInt8](0..<6)),
      "y_test": Archives.npy("<i4", "(1,)", [9, 0, 0, 0]),
    ])
    #expect(set.pool.shape == ImageShape(channels: 3, height: 1, width: 2))
    #expect(set.pool.labels == [7, 9])
  }

  @Test(
    arguments: [
      (["y_test": nil], ": byte 0: no array y_test; the archive has x_test, x_train, y_train"),
      (
        ["x_train": Archives.npy("<f4", "(1, 1, 1)", [0, 0, 0, 0])],
        "[x_train.npy]: byte 0: elements of type <f4; images must be |u1, from 0 to 255"
      ),
      (
        ["x_train": Archives.npy("|u1", "(2, 2)", [0, 0, 0, 0])],
        "[x_train.npy]: byte 0: the shape [2, 2] is not that of images: [N, H, W], or [N, C, H, W] with 1 or 3 channels"
      ),
      (
        ["x_train": Archives.npy("|u1", "(1, 2, 2, 3)", [UInt8](0..<12))],
        "[x_train.npy]: byte 0: the shape [1, 2, 2, 3] is not that of images: [N, H, W], or [N, C, H, W] with 1 or 3 channels"
      ),
      (
        [
          "x_train": Archives.npy(
            "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2, 2)}", [UInt8](0..<4))
        ], "[x_train.npy]: byte 0: the array is column-major; save numpy.ascontiguousarray(x) instead"
      ),
      (["x_train": Archives.npy("|u1", "(0, 2, 2)", [])], "[x_train.npy]: byte 0: no images: [0, 2, 2]"),
      (
        ["x_test": Archives.npy("|u1", "(1, 2, 3)", [UInt8](0..<6))],
        "[x_test.npy]: byte 0: images of 1x2x3, but x_train has 1x2x2"
      ),
      (
        ["y_train": Archives.npy("|u1", "(1,)", [1])],
        "[y_train.npy]: byte 0: labels of shape [1] for 2 images"
      ),
      (
        ["y_test": Archives.npy("<f4", "(1,)", [0, 0, 0, 0])],
        "[y_test.npy]: byte 0: elements of type <f4; labels must be integers"
      ),
      (
        ["y_test": Archives.npy("|u1", "(1,)", [10])],
        "[y_test.npy]: byte 0: label 10 of image 0 is not one of 0 to 9"
      ),
      (
        ["y_test": Archives.npy("|i1", "(1,)", [0xFE])],
        "[y_test.npy]: byte 0: label -2 of image 0 is not one of 0 to 9"
      ),
      (
        ["y_test": Archives.npy("<u8", "(1,)", [UInt8](repeating: 0xFF, count: 8))],
        "[y_test.npy]: byte 0: label 18446744073709551615 of image 0 is not one of 0 to 9"
      ),
    ] as [([String: [UInt8]?], String)])
  func refuses(changes: [String: [UInt8]?], expected: String) {
    #expect(message { _ = try load(changes) } == "DIR/f.npz" + expected)
  }
}
