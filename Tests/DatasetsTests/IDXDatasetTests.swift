import Datasets
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct IDXDatasetTests {
  private let train = DataSource.images(20, labels: [0, 1, 2, 3, 4])
  private let test = DataSource.images(10, labels: [4, 3, 2, 1, 0], seed: 1000)

  @Test("Gzip without .gz, plain files with it, folders of the files' names")
  func odditiesOfDownloads() throws {
    try DataSource.with { source in
      try source.writeIDX(train, "a/train")
      try source.writeIDX(test, "a/t10k")
      let expected = try source.load("a").fingerprints()
      for (content, suffix) in [(false, ".gz"), (true, ""), (true, ".gz")] {
        func write(_ bytes: [UInt8], _ name: String) throws {
          try source.write(content ? TestBytes.gzip(bytes) : bytes, "b/" + name + suffix)
        }
        try write(IDX.encode(train.images), "train-images-idx3-ubyte")
        try write(IDX.encode(labels: train.labels), "train-labels-idx1-ubyte")
        try write(IDX.encode(test.images), "t10k-images-idx3-ubyte")
        try write(IDX.encode(labels: test.labels), "t10k-labels-idx1-ubyte")
        #expect(try source.load("b").fingerprints() == expected)
        try removeFile(source.path("b"))
      }
      for name in try listing(source.path("a")) {
        try source.write(contents(source.path("a/\(name)")), "c/\(name)/\(name)")
      }
      #expect(try source.load("c").fingerprints() == expected)
    }
  }

  @Test("Test files alone are the test set of the whole; training files alone are divided")
  func onePart() throws {
    try DataSource.with { source in
      try source.writeIDX(train, "a/train")
      try source.writeIDX(test, "a/t10k")
      try source.writeIDX(test, "b/t10k")
      try source.writeIDX(train, "c/train")
      let (whole, alone, divided) = (try source.load("a"), try source.load("b"), try source.load("c"))
      #expect((alone.train.count, alone.test.count) == (0, 10))
      #expect(alone.fingerprints().test == whole.fingerprints().test)
      #expect(alone.fingerprints().whole != whole.fingerprints().whole)
      #expect((divided.train.count, divided.test.count) == (15, 5))
      let all = try source.load("c", DatasetOptions(undivided: .training))
      #expect((all.train.count, all.test.count) == (20, 0))
      #expect(all.fingerprints().train == whole.fingerprints().train)
    }
  }

  @Test("EMNIST is turned upright, its letters from 1 on are shifted, and the mapping names them")
  func emnistLetters() throws {
    let shape = ImageShape(height: 28, width: 28)
    let upright = DataSource.images(26, labels: (0..<26).map { $0 }, shape: shape)
    let lying = upright.pixels.indices.map { index in
      let (image, pixel) = index.quotientAndRemainder(dividingBy: 784)
      return upright.pixels[image * 784 + pixel % 28 * 28 + pixel / 28]
    }
    let files = LabeledImages(
      images: Images(pixels: lying, shape: shape), labels: upright.labels.map { $0 + 1 })
    try DataSource.with { source in
      for part in ["train", "test"] { try source.writeIDX(files, "emnist-letters-\(part)") }
      let byProgram = try source.load()
      let mapping = (1...26).map { "\($0) \($0 + 64) \($0 + 96)\n" }.joined()
      try source.write(mapping, "emnist-letters-mapping.txt")
      try source.writeIDX(files, "emnist-balanced-train")
      #expect(message { _ = try source.load() }.contains("there are 2 sets in this folder"))
      let set = try source.load("emnist-letters")
      #expect(set.train[3] == upright[3])
      #expect(set.pool.labels.prefix(26) == upright.labels[...])
      #expect((set.classNames.count, set.classNames[0], set.classNames[25]) == (26, "A", "Z"))
      #expect(byProgram.classNames == set.classNames)
      #expect(byProgram.fingerprints() == set.fingerprints())
      #expect(
        set.notices == [
          "the images of emnist-letters lie on their side: rows and columns are exchanged",
          "the labels 1 to 26 are the classes 0 to 25",
        ])
      // A network with a score for the label 0 too keeps the labels.
      #expect(try source.load("emnist-letters", DatasetOptions(units: 27)).pool.labels.first == 1)
      try source.write("1 x\n", "emnist-letters-mapping.txt")
      #expect(
        message { _ = try source.load("emnist-letters") }.hasSuffix(
          "mapping.txt: byte 0: line 1: expected a label and a code in ASCII"))
    }
  }

  @Test("EMNIST's 47 and 62 classes", arguments: [("balanced", 47, 46, "t"), ("byclass", 62, 61, "z")])
  func emnistClasses(split: String, count: Int, label: Int, name: String) throws {
    let images = DataSource.images(2, labels: [0, UInt16(label)], shape: ImageShape(height: 28, width: 28))
    try DataSource.with { source in
      try source.writeIDX(images, "emnist-\(split)-train")
      let names = try source.load().classNames
      #expect((names.count, names[10], names[label]) == (count, "A", name))
    }
  }

  @Test("More than 256 classes: labels of two bytes")
  func manyClasses() throws {
    let images = DataSource.images(600, labels: (0..<300).map { $0 })
    try DataSource.with { source in
      try source.writeIDX(images, "train")
      try source.writeIDX(images, "test")
      let set = try source.load()
      #expect(set.classNames.count == 300)
      #expect(set.pool.labels[299] == 299)
      // Labels that differ by 256 have other fingerprints.
      let shifted = LabeledImages(images: images.images, labels: images.labels.map { $0 == 299 ? 43 : $0 })
      try source.writeIDX(shifted, "train")
      #expect(try source.load().fingerprint() != set.fingerprint())
    }
  }

  @Test func countsMustMatch() throws {
    try DataSource.with { source in
      try source.writeIDX(train, "train")
      try source.write(IDX.encode(labels: [1, 2]), "train-labels-idx1-ubyte")
      #expect(
        message(in: source.folder) { _ = try source.load() }
          == "DIR/train-labels-idx1-ubyte: byte 4: 2 labels, but DIR/train-images-idx3-ubyte has 20 images")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")))
  func fashionMNISTIsKnown() throws {
    let set = try Dataset.load(from: "/usr/share/datasets/fashion-mnist")
    #expect((set.name, set.train.count, set.test.count) == ("fashion-mnist", 60_000, 10_000))
    #expect((set.classNames[0], set.classNames[9]) == ("T-shirt/top", "Ankle boot"))
    #expect(set.preparation == .scale)
    #expect(set.notices.isEmpty)
  }

  @Test(.enabled(if: realMNIST != nil)) func mnistIsKnown() throws {
    let set = try Dataset.load(from: #require(realMNIST))
    #expect((set.name, set.preparation) == ("mnist", .digit))
    #expect(set.fingerprint().hasPrefix("88f0f2175181"), "the fingerprint of earlier versions")
    #expect(set.wrongLabels.count == 15 && set.wrongLabels.isSuperset(of: [60_947, 69_729]))
    // The same labels as a training set are another data set.
    let tests = set.pool.selecting(60_000..<70_000)
    #expect(Dataset(name: "t", pool: tests, trainCount: 0).wrongLabels.contains(947))
    #expect(Dataset(name: "t", pool: tests, trainCount: 5_000).wrongLabels.isEmpty)
    #expect(set.test.fingerprint(classes: 10) == set.testFingerprint())
  }
}
