import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct DatasetTests {
  private let set = Dataset(
    name: "tiny",
    pool: LabeledImages(pixels: Array(0..<12), labels: [0, 1, 2], height: 2, width: 2), trainCount: 2)

  private func load(
    train: LabeledImages, test: LabeledImages, _ options: DatasetOptions = DatasetOptions(units: 10)
  ) throws -> Dataset {
    try withTemporaryFolder { folder in
      try write(IDX.encode(train.images), "\(folder)/train-images-idx3-ubyte")
      try write(IDX.encode(labels: train.labels), "\(folder)/train-labels-idx1-ubyte")
      try write(TestBytes.gzip(IDX.encode(test.images)), "\(folder)/t10k-images-idx3-ubyte.gz")
      try write(TestBytes.gzip(IDX.encode(labels: test.labels)), "\(folder)/t10k-labels-idx1-ubyte.gz")
      return try Dataset.load(from: folder, options)
    }
  }

  @Test func loadsBothParts() throws {
    let loaded = try load(train: set.pool.selecting([0, 1]), test: set.pool.selecting([2]))
    #expect(loaded.pool == set.pool)
    #expect(loaded.train.indices == [0, 1])
    #expect(loaded.test.indices == [2])
    #expect(loaded.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    #expect(loaded.fingerprint() == set.fingerprint())
  }

  @Test func joinsTwoParts() {
    let joined = Dataset(name: "tiny", train: set.pool.selecting([0, 1]), test: set.pool.selecting([2]))
    #expect(joined.pool == set.pool)
    #expect(joined.train.indices == set.train.indices)
    #expect(joined.test.indices == set.test.indices)
  }

  @Test func refusesPartsOfDifferentShape() {
    let wide = LabeledImages(pixels: Array(0..<6), labels: [1], height: 2, width: 3)
    let text = message { _ = try load(train: set.pool, test: wide) }
    #expect(
      text == "DIR/t10k-images-idx3-ubyte.gz: byte 8 (decompressed): images of 1x2x3, "
        + "but DIR/train-images-idx3-ubyte has 1x2x2")
  }

  @Test func refusesLabelsBeyondTheClassNames() {
    let text = message {
      _ = try load(train: set.pool, test: set.pool, DatasetOptions(classNames: ["a", "b"]))
    }
    #expect(text.hasSuffix("train-labels-idx1-ubyte: byte 10: label 2 of image 2 is not one of 0 to 1"))
  }

  @Test func fingerprintsDiffer() {
    func fingerprint(_ pixels: [UInt8], _ labels: [UInt16], _ trainCount: Int, height: Int = 2) -> String {
      let pool = LabeledImages(pixels: pixels, labels: labels, height: height, width: 4 / height)
      return Dataset(name: "x", pool: pool, trainCount: trainCount).fingerprint()
    }
    let pixels = [UInt8](0..<12)
    #expect(fingerprint(pixels, [0, 1, 2], 2) == set.fingerprint())
    #expect(set.fingerprint().utf8.count == 64)
    let others = [
      fingerprint(pixels.reversed(), [0, 1, 2], 2), fingerprint(pixels, [0, 1, 3], 2),
      fingerprint(pixels, [0, 1, 2], 1), fingerprint(pixels, [0, 1, 2], 2, height: 1),
    ]
    #expect(Set(others + [set.fingerprint()]).count == 5)
  }

  @Test(.enabled(if: realMNIST != nil)) func loadsRealMNIST() throws {
    let directory = try #require(realMNIST)
    var loaded: Dataset?
    let time = try ContinuousClock().measure { loaded = try Dataset.load(from: directory) }
    let mnist = try #require(loaded)
    #expect((mnist.train.count, mnist.test.count) == (60_000, 10_000))
    #expect(mnist.pool.shape == ImageShape(height: 28, width: 28))
    #expect(mnist.pool.labels.prefix(5) == [5, 0, 4, 1, 9])
    #expect((0..<3).map { mnist.test.label(at: $0) } == [7, 2, 1])
    #expect(mnist.train[0].reduce(0) { $0 + Int($1) } == 27_525)
    #expect(mnist.pool.images.pixels.capacity < 55_000_000)
    #expect(time < .seconds(4), "usually 0.3 s")
  }
}
