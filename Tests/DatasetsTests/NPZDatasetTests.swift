import Datasets
import Foundation
import ImageFiles
import Testing
import TestSupport

private func floats(_ values: [Float]) -> [UInt8] {
  values.flatMap { TestBytes.littleEndian($0.bitPattern, 4) }
}

@Suite struct NPZDatasetTests {
  /// An archive like `mnist.npz` with some arrays replaced or added, or left out where nil.
  private func archive(_ changes: [String: [UInt8]?]) -> [UInt8] {
    var arrays: [String: [UInt8]] = [
      "x_train": Archives.npy("|u1", "(2, 2, 2)", [UInt8](0..<8)),
      "y_train": Archives.npy("|u1", "(2,)", [3, 4]),
      "x_test": Archives.npy("|u1", "(1, 2, 2)", [9, 9, 9, 9]), "y_test": Archives.npy("|u1", "(1,)", [5]),
    ]
    for (name, content) in changes { arrays[name] = content }
    return Self.pack( arrays)
  }

  private static func pack(_ arrays: [String: [UInt8]]) -> [UInt8] {
    Archives.zip(arrays.sorted { $0.key < $1.key }.map { .init(name: "\($0.key).npy", content: $0.value) })
  }

  private func load(
    _ bytes: [UInt8], _ options: DatasetOptions = DatasetOptions(units: 10)
  ) throws -> Dataset {
    try DataSource.with { source in
      try source.write(bytes, "f.npz")
      return try source.load("f.npz", options)
    }
  }

  @Test func coloursAndWideLabels() throws {
    let set = try load(
      archive([
        "x_train": Archives.npy("|u1", "(1, 3, 1, 2)", [UInt8](0..<6)),
        "y_train": Archives.npy("<u2", "(1, 1)", [7, 0]),
        "x_test": Archives.npy("|u1", "(1, 1, 2, 3)", [0, 2, 4, 1, 3, 5]),
        "y_test": Archives.npy("<i4", "(1,)", [9, 0, 0, 0]),
      ]))
    #expect(set.pool.shape == ImageShape(channels: 3, height: 1, width: 2))
    #expect(set.pool.labels == [7, 9])
  }

  @Test("MedMNIST: parts with a validation set, labels N x 1, channels last")
  func medMNIST() throws {
    let names = ["train", "val", "test"]
    var arrays: [String: [UInt8]] = [:]
    for (index, name) in names.enumerated() {
      let bytes = (0..<12).map { UInt8(100 * index + $0) }
      arrays["\(name)_images"] = Archives.npy("|u1", "(1, 2, 2, 3)", bytes)
      arrays["\(name)_labels"] = Archives.npy("|u1", "(1, 1)", [UInt8(index)])
    }
    let set = try load(Self.pack( arrays), DatasetOptions())
    #expect(set.pool.shape == ImageShape(channels: 3, height: 2, width: 2))
    #expect(Array(set.train[0]) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
    #expect(try #require(set.validation)[0].first == 100)
    #expect(set.test[0].first == 200)
    #expect((set.train.label(at: 0), set.validation?.label(at: 0), set.test.label(at: 0)) == (0, 1, 2))
    #expect(set.classNames == ["0", "1", "2"])
  }

  @Test(
    "Floats from 0 to 1 and from 0 to 255, also where the first values are 0 and 1",
    arguments: [
      ([0, 1, 0.5, 0.2], [0, 255, 128, 51]), ([0, 1, 254.6, 2], [0, 1, 255, 2]),
      ([0.25, 0, 1, 100], [0, 0, 1, 100]), ([0, 1, 1, 0], [0, 255, 255, 0]),
    ] as [([Float], [UInt8])])
  func readsFloats(values: [Float], expected: [UInt8]) throws {
    let set = try load(
      Self.pack( [
        "X": Archives.npy("<f4", "(1, 2, 2)", floats(values)), "y": Archives.npy("<i4", "(1,)", [2, 0, 0, 0]),
      ]), DatasetOptions(undivided: .test))
    #expect(Array(set.test[0]) == expected)
  }

  @Test func halfPrecisionAndColumnMajor() throws {
    // 0, 1, 0.5 and 2^-24 in half precision.
    let half = try load(archive(["x_test": Archives.npy("<f2", "(1, 2, 2)", [0, 0, 0, 0x3C, 0, 0x38, 1, 0])]))
    #expect(half.test[0].suffix(4) == [0, 1, 1, 0], "levels, as the training images are")
    let columns = Archives.npy(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2)}", [0, 4, 2, 6, 1, 5, 3, 7])
    #expect(try load(archive(["x_train": columns])).pool.pixels.prefix(8) == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  @Test func oneHotLabelsAndFlatRows() throws {
    let set = try load(
      archive([
        "x_train": Archives.npy("|u1", "(2, 4)", [UInt8](0..<8)),
        "y_train": Archives.npy("<f4", "(2, 3)", floats([0, 0, 1, 1, 0, 0])),
      ]))
    #expect(set.pool.labels == [2, 0, 5])
    #expect(set.pool.shape == ImageShape(height: 2, width: 2))
  }

  @Test("Flat RGB rows: the order of the values is found from the pixels")
  func flatColours() throws {
    let (side, planes) = (8, 3)
    // Smooth planes of different brightness.
    let image = (0..<planes).flatMap { plane in
      (0..<side * side).map { UInt8(60 * plane + 5 * ($0 / side) + $0 % side) }
    }
    let interleaved = (0..<side * side).flatMap { pixel in (0..<planes).map { image[$0 * side * side + pixel] } }
    for row in [image, interleaved] {
      let set = try load(
        Self.pack( ["x": Archives.npy("|u1", "(1, 192)", row), "y": Archives.npy("|u1", "(1,)", [1])]),
        DatasetOptions(shape: ImageShape(channels: 3, height: 8, width: 8), undivided: .test))
      #expect(set.pool.pixels == image)
    }
  }

  @Test("Only training or only test images")
  func oneSet() throws {
    let test = try load(archive(["x_train": nil, "y_train": nil]))
    #expect((test.train.count, test.test.count) == (0, 1))
    #expect(test.fingerprints().test == (try load(archive([:])).fingerprints().test))
    let train = try load(archive(["x_test": nil, "y_test": nil]))
    #expect((train.train.count, train.test.count) == (2, 0))
    #expect(train.notices == [
      "the source has no test set, and too few images for a fifth of each class"
    ])
  }

  @Test("Arrays without names, by their order", arguments: [[0, 1, 2, 3], [0, 2, 1, 3]])
  func positional(order: [Int]) throws {
    let arrays = [
      Archives.npy("|u1", "(2, 2, 2)", [UInt8](0..<8)), Archives.npy("|u1", "(2,)", [3, 4]),
      Archives.npy("|u1", "(1, 2, 2)", [9, 9, 9, 9]), Archives.npy("|u1", "(1,)", [5]),
    ]
    let entries = order.enumerated().map {
      Archives.Entry(name: "arr_\($0.offset).npy", content: arrays[$0.element])
    }
    let set = try load(Archives.zip(entries))
    #expect(set.pool.labels == [3, 4, 5])
  }

  @Test("KMNIST and Kuzushiji-49: four archives of one array")
  func arrayFiles() throws {
    try DataSource.with { source in
      let pixels = [UInt8](repeating: 7, count: 28 * 28)
      for (part, label) in [("train", UInt8(0)), ("test", 48)] {
        let images = Archives.npy("|u1", "(1, 28, 28)", pixels)
        try source.write(
          Archives.zip([.init(name: "arr_0.npy", content: images)]), "k49-\(part)-imgs.npz")
        let labels = Archives.npy("|u1", "(1,)", [label])
        try source.write(
          Archives.zip([.init(name: "arr_0.npy", content: labels)]), "k49-\(part)-labels.npz")
      }
      let set = try source.load()
      #expect((set.train.count, set.test.count) == (1, 1))
      #expect((set.classNames.count, set.classNames[0], set.classNames[48]) == (49, "あ", "ゝ"))
      try removeFile(source.path("k49-test-labels.npz"))
      #expect(message { _ = try source.load() }.hasSuffix("the labels of k49-test-imgs.npz are missing"))
    }
  }

  @Test(
    arguments: [
      (
        ["y_test": nil],
        ": byte 0: no array y_test, the labels of x_test; the archive has x_test, x_train, y_train"
      ),
      (
        ["x_train": nil, "x_test": nil],
        ": byte 0: no images: looked for x_train, train_images, x_test, images, x and the like; the archive has "
          + "y_test, y_train"
      ),
      (
        ["x_train": Archives.npy("<f4", "(1, 1, 1)", floats([256]))],
        "[x_train.npy]: byte 0: value 0 is 256; pixels are from 0 to 255, or from 0 to 1"
      ),
      (
        ["x_train": Archives.npy("<f4", "(1, 1, 1)", floats([.nan]))],
        "[x_train.npy]: byte 0: value 0 is nan; pixels are from 0 to 255, or from 0 to 1"
      ),
      (
        ["x_train": Archives.npy("<i2", "(1, 1, 2)", [1, 0, 0xFF, 0xFF])],
        "[x_train.npy]: byte 0: value 1 is -1; pixels are from 0 to 255, or from 0 to 1"
      ),
      (
        ["x_train": Archives.npy("|u1", "(2, 5)", [UInt8](0..<10))],
        "[x_train.npy]: byte 0: rows of 5 values are no square images, gray or RGB; reshape them to [N, H, W]"
      ),
      (
        ["x_train": Archives.npy("|u1", "(2,)", [0, 0])],
        "[x_train.npy]: byte 0: the shape [2] is not that of images: [N, H, W], [N, C, H, W] or [N, H, W, C] "
          + "with 1 or 3 channels"
      ),
      (
        ["x_train": Archives.npy("|u1", "(1, 2, 2, 2)", [UInt8](0..<8))],
        "[x_train.npy]: byte 0: the shape [1, 2, 2, 2] has neither 1 nor 3 channels; volumes (3-D sets) and other "
          + "channels are not supported"
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
        ["y_test": Archives.npy("<f4", "(1,)", floats([0.5]))],
        "[y_test.npy]: byte 0: label 0.5 of image 0 is not one of 0 to 65,535"
      ),
      (
        ["y_test": Archives.npy("|i1", "(1,)", [0xFE])],
        "[y_test.npy]: byte 0: label -2 of image 0 is not one of 0 to 65,535"
      ),
      (
        ["y_test": Archives.npy("<u8", "(1,)", [UInt8](repeating: 0xFF, count: 8))],
        "[y_test.npy]: byte 0: label 1.8446744073709552e+19 of image 0 is not one of 0 to 65,535"
      ),
      (
        ["y_train": Archives.npy("|u1", "(2, 14)", [1, 1] + [UInt8](repeating: 0, count: 26))],
        "[y_train.npy]: byte 0: labels of shape [2, 14], of which image 0 has 2: several classes an image are not "
          + "supported"
      ),
      (
        ["y_train": Archives.npy("|u1", "(2, 2)", [1, 0, 3, 0])],
        "[y_train.npy]: byte 0: labels of shape [2, 2], and no one-hot ones: row 1 has 3"
      ),
    ] as [([String: [UInt8]?], String)])
  func refuses(changes: [String: [UInt8]?], expected: String) {
    #expect(message { _ = try load(archive(changes)) } == "DIR/f.npz" + expected)
  }
}
