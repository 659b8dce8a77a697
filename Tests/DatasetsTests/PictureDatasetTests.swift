import Datasets
import FileIO
import Foundation
import ImageFiles
import Synchronization
import Testing
import TestSupport

@Suite struct PictureDatasetTests {
  /// A gray PNG of one brightness.
  private func png(_ value: UInt8, width: Int = 2, height: Int = 2) -> [UInt8] {
    TestPNG.file(
      UInt32(width), UInt32(height),
      rows: (0..<height).map { _ in [UInt8](repeating: value, count: width) })
  }

  /// The first byte of each image of a part.
  private func values(_ subset: Subset?) -> [UInt8] {
    subset.map { subset in (0..<subset.count).map { subset[$0].first ?? 0 } } ?? []
  }

  @Test("Parts under any of their names, also in a folder around them")
  func parts() throws {
    for (train, test, validation) in [
      ("train", "test", "val"), ("training", "testing", "valid"), ("Train", "TEST", "validation"),
      ("trainingSet/trainingSet", "x/testSet", "x/val"), ("training_set", "test_set", "val"),
    ] where !test.hasPrefix("x/") {
      for wrapper in ["", "pictures/mnist/"] {
        try DataSource.with { source in
          for (part, value) in [(train, UInt8(0)), (test, 100), (validation, 200)] {
            for name in ["cat", "dog"] {
              try source.write(png(value + (name == "dog" ? 1 : 0)), "\(wrapper)\(part)/\(name)/1.png")
            }
          }
          let set = try source.load()
          #expect(values(set.train) == [0, 1])
          #expect(values(set.test) == [100, 101])
          #expect(values(set.validation) == [200, 201])
          #expect(set.classNames == ["cat", "dog"])
          #expect(set.pool.labels == [0, 1, 0, 1, 0, 1])
          #expect(set.notices.isEmpty)
          #expect(set.fingerprints().validation != nil)
        }
      }
    }
  }

  @Test("Without a test set the validation set is the test set too, and that is said")
  func validationIsTest() throws {
    try DataSource.with { source in
      for (part, value) in [("train", UInt8(0)), ("val", 200)] {
        for name in ["a", "b"] { try source.write(png(value), "\(part)/\(name)/1.png") }
      }
      let set = try source.load()
      #expect(set.validation?.indices == [2, 3])
      #expect(set.test.indices == [2, 3])
      #expect(set.notices == ["the source has no test set: its validation set is also the test set"])
      #expect(set.fingerprints().test == set.fingerprints().validation)
    }
  }

  @Test("One tree: a fifth of each class is the test set, always the same one")
  func oneTree() throws {
    try DataSource.with { source in
      for index in 0..<30 {
        try source.write(png(UInt8(index)), "\(index < 20 ? "a" : "b")/\(index).png")
      }
      let set = try source.load()
      #expect((set.train.count, set.test.count) == (24, 6))
      #expect(set.test.indices.count { set.pool.labels[Int($0)] == 0 } == 4)
      #expect(Set(values(set.train) + values(set.test)) == Set(0..<30))
      #expect(zip(values(set.train), values(set.train).dropFirst()).allSatisfy { $0 < $1 })
      #expect(values(set.test) != [0, 1, 2, 3, 20, 21])
      #expect(try source.load().fingerprints() == set.fingerprints())
      #expect(
        set.notices == ["the source has no test set: a fifth of each class, 6 images, is the test set"])
      let whole = try source.load("", DatasetOptions(undivided: .training))
      #expect((whole.train.count, whole.test.count) == (30, 0))
      #expect(try source.load("", DatasetOptions(undivided: .test)).test.count == 30)
    }
  }

  @Test("The order is that of the file names, numbers by value, then of the classes")
  func order() throws {
    try DataSource.with { source in
      let files = [
        "b/2.png", "a/10.png", "a/9.png", "b/9.png", "10/9.png", "a/img1.png", "a/x/1.png", "a/02.png",
      ]
      for (index, file) in files.enumerated() { try source.write(png(UInt8(index)), "test/\(file)") }
      // 02 of a, 2 of b, 9 of 10, a and b, 10, img1, x/1.
      #expect(values(try source.load().test) == [7, 0, 4, 2, 3, 1, 5, 6])
    }
  }

  @Test func hiddenFilesAndOtherFilesAreLeftOut() throws {
    try DataSource.with { source in
      for name in ["a", "b"] {
        try source.write(png(1), "test/\(name)/1.png")
        try source.write([1, 2, 3], "test/\(name)/.DS_Store")
        try source.write("names", "test/\(name)/readme.txt")
      }
      // A picture without an extension is one.
      try source.write(png(2), "test/a/2")
      try source.write(png(1), "__MACOSX/test/a/1.png")
      try source.write(png(1), ".hidden/1.png")
      try source.write(png(1), "extra/1.png")
      let set = try source.load()
      #expect(values(set.test) == [1, 1, 2])
      #expect(
        set.notices == [
          "\"extra\" beside the parts is not read",
          "2 files that are no pictures are left out: \"readme.txt\", \"readme.txt\"",
        ])
    }
  }

  @Test("Unreadable pictures are an error that lists some, or are skipped where asked")
  func unreadable() throws {
    try DataSource.with { source in
      for index in 0..<6 { try source.write(png(UInt8(index)), "test/a/\(index).png") }
      for index in 1..<6 { try source.write(Array(png(9).dropLast(20)), "test/b/\(index).png") }
      try source.write([], "test/b/0.png")
      let text = message { _ = try source.load() }
      #expect(
        text.hasPrefix("\(source.folder): 6 pictures cannot be read: test/b/0.png: byte 0: not a "), "\(text)"
      )
      #expect(text.contains("; test/b/1.png: byte ") && text.contains("; and 3 more; leave out what cannot"))
      let set = try source.load("", DatasetOptions(skipsUnreadable: true))
      #expect(values(set.test) == [0, 1, 2, 3, 4, 5])
      #expect(set.classNames == ["a", "b"])
      #expect(set.notices[0].hasPrefix("skipped: 6 pictures cannot be read: test/b/0.png"))
      #expect(set.notices[1] == "all images are of one class, \"a\"")
    }
  }

  @Test func picturesAreScaledToTheShape() throws {
    try DataSource.with { source in
      try source.write(png(60, width: 8, height: 4), "test/a/1.png")
      let colour = TestPNG.file(1, 1, kind: 2, rows: [[200, 100, 50]])
      try source.write(colour, "test/b/2.png")
      let gray = try source.load("", DatasetOptions(shape: ImageShape(height: 3, width: 5)))
      #expect(gray.pool.shape == ImageShape(height: 3, width: 5))
      #expect(values(gray.test) == [60, 124])
      let rgb = try source.load("", DatasetOptions(shape: ImageShape(channels: 3, height: 1, width: 1)))
      #expect(rgb.pool.pixels == [60, 60, 60, 200, 100, 50])
      let own = try source.load()
      #expect(own.pool.shape == ImageShape(channels: 3, height: 64, width: 64))
      #expect(own.notices == ["the pictures are of several sizes; all are scaled to 3x64x64"])
      let sizes = try #require(own.pictureSizes)
      #expect(sizes.smallest == (1, 1) && sizes.largest == (8, 4) && sizes.distinctCount == 2)
      #expect(
        message {
          _ = try source.load("", DatasetOptions(shape: ImageShape(channels: 2, height: 1, width: 1)))
        }
          == "pictures have 1 or 3 channels, not the 2 of 2x1x1")
      #expect(
        message {
          _ = try source.load("", DatasetOptions(shape: ImageShape(height: 1 << 16, width: 1 << 16)))
        }.contains("2 pictures of 1x65536x65536 take more than the limit of 4 GiB"))
    }
  }

  @Test("Photos of digits are found and centred where asked; others are told apart by their looks")
  func preparation() throws {
    // A dark bar on bright paper.
    let rows = (0..<60).map { row in
      (0..<60).map { column in UInt8(10..<50 ~= row && 28..<33 ~= column ? 10 : 240) }
    }
    let shape = ImageShape(height: 28, width: 28)
    try DataSource.with { source in
      for name in ["0", "1"] { try source.write(TestPNG.file(60, 60, rows: rows), "test/\(name)/1.png") }
      let scaled = try source.load("", DatasetOptions(shape: shape))
      #expect(scaled.preparation == .scale)
      #expect(scaled.test[0].first == 240)
      let digits = try source.load("", DatasetOptions(shape: shape, pictures: .digit))
      #expect(digits.preparation == .digit)
      #expect(digits.test[0].first == 0 && digits.test[0].max() == 255)
      // Those digits as files are MNIST's.
      for name in ["0", "1"] {
        try source.write(PNG.encode(digits.pool.images.image(at: 0)), "b/test/\(name)/1.png")
      }
      #expect(try source.load("b", DatasetOptions(shape: shape)).preparation == .digit)
      // A blank picture has no digit.
      try source.write(png(0, width: 40, height: 40), "test/0/2.png")
      #expect(
        message { _ = try source.load("", DatasetOptions(shape: shape, pictures: .digit)) }
          .contains("1 picture cannot be read: test/0/2.png: the picture is blank"))
    }
  }

  @Test func progressEndsWithAllPictures() throws {
    try DataSource.with { source in
      for index in 0..<100 { try source.write(png(UInt8(index)), "test/a/\(index).png") }
      let calls = Mutex([[Int]]())
      var options = DatasetOptions()
      options.progress = { done, total in calls.withLock { $0.append([done, total]) } }
      let set = try source.load("", options)
      #expect(values(set.test) == (0..<100).map { UInt8($0) })
      let seen = calls.withLock { $0 }
      #expect(seen.last == [100, 100])
      #expect(zip(seen, seen.dropFirst()).allSatisfy { $0[0] < $1[0] })
    }
  }

  @Test func emptyFoldersAreNoSet() throws {
    try DataSource.with { source in
      try source.write("x", "a/readme.txt")
      #expect(message { _ = try source.load() }.contains("no data set in this folder"))
      try source.write([], "b/1.png")
      #expect(message { _ = try source.load() }.contains("no pictures can be read in this folder"))
      #expect(
        message { _ = try source.load("", DatasetOptions(shape: ImageShape(height: 1, width: 1))) }
          .contains("1 picture cannot be read"))
    }
  }
}
