import Datasets
import FileIO
import ImageFiles
import JSONText
import Testing
import TestSupport
import Training

private func pictures(_ subset: Subset) -> [[UInt8]] { (0..<subset.count).map { Array(subset[$0]) } }

@Suite struct ExperimentDataTests {
  @Test("Synthetic digits: the configured numbers, test images distinct from training images")
  func syntheticDigits() throws {
    let data = try Small.data(Small.config())
    #expect(data.name == "builtin" && data.origin == "synthetic digits")
    #expect(data.train.count == 300 && data.test.count == 100)
    #expect(data.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    #expect(data.train.shape == ImageShape(height: 12, width: 12))
    #expect(Set(data.train.indices).isDisjoint(with: data.test.indices))
    #expect(Set(pictures(data.train)).isDisjoint(with: pictures(data.test)))
    #expect(Set((0..<300).map(data.train.label)) == Set(0..<10))
  }

  @Test("The same seed draws and splits the same, another one does not")
  func reproducible() throws {
    func data(_ seed: Int) throws -> ExperimentData {
      try Small.data(
        Small.config(data: #""validation": { "count": 50 }"#, extra: "\"seed\": \(seed),"))
    }
    let (first, again, other) = (try data(1), try data(1), try data(2))
    #expect(first.fingerprint() == again.fingerprint() && first.train.indices == again.train.indices)
    #expect(first.fingerprint() != other.fingerprint() && first.train.indices != other.train.indices)
  }

  @Test("Colour digits for a network of three channels")
  func colour() throws {
    let config = try Small.parse(
      """
      { "data": { "dataset": "builtin", "builtin": { "train": 30, "test": 10 } },
        "model": { "input": [3, 16, 16], "layers": [ \(Small.linear) ] } }
      """)
    let (data, again) = (try Small.data(config), try Small.data(config))
    #expect(data.train.shape == ImageShape(channels: 3, height: 16, width: 16))
    let picture = Array(data.train[0])
    #expect(picture[..<256] != picture[256..<512], "red and green differ")
    #expect(data.fingerprint() == again.fingerprint())
  }

  @Test("Too many synthetic digits for the memory limit are refused before any is drawn")
  func tooManyDigits() throws {
    let config = try Small.parse(
      """
      { "data": { "dataset": "builtin", "builtin": { "train": 1000000, "test": 1000000 } },
        "model": { "input": [3, 1024, 1024], "layers": [ \(Small.linear) ] } }
      """)
    #expect(
      message { _ = try Small.data(config) }
        == "test.json:1:46: data.builtin: 2000000 digits of 3x1024x1024 take more than the limit of 4 GiB")
  }

  @Test("--data builtin overrides the config")
  func builtinByFlag() throws {
    let config = try Small.config()
    let mnist = try Small.parse(
      config.resolved.text().replacing("\"dataset\": \"builtin\"", with: "\"dataset\": \"mnist\""))
    #expect(mnist.data.source == .mnist)
    #expect(try Small.data(mnist, directory: "builtin").fingerprint() == Small.data(config).fingerprint())
    #expect(message { _ = try Small.data(mnist) }.contains("no MNIST found; looked in /nowhere/data/mnist"))
  }

  @Test("Validation held out of the training set: disjoint and complete")
  func heldOut() throws {
    let data = try Small.data(Small.config(data: #""validation": { "from": "train", "count": 50 }"#))
    let validation = try data.split(.validation)
    #expect(data.train.count == 250 && validation.count == 50 && data.test.count == 100)
    #expect(Set(data.train.indices).union(validation.indices) == Set(0..<300))
    #expect(try data.validation(epoch: 1)?.indices == data.validation(epoch: 2)?.indices)
  }

  @Test("Validation on the test set: all of it, a fixed part, or a fresh sample each epoch")
  func fromTest() throws {
    func data(_ validation: String) throws -> ExperimentData {
      try Small.data(Small.config(data: "\"validation\": { \"from\": \"test\"\(validation) }"))
    }
    #expect(try data("").validation(epoch: 1)?.indices == data("").test.indices)
    let part = try data(", \"count\": 40")
    #expect(try part.validation(epoch: 1)?.count == 40)
    #expect(try part.validation(epoch: 1)?.indices == part.validation(epoch: 2)?.indices)
    let sampled = try data(", \"sample\": 40")
    let samples = try (1...3).map { try sampled.validation(epoch: $0)?.indices ?? [] }
    #expect(samples.allSatisfy { Set($0).count == 40 && Set($0).isSubset(of: sampled.test.indices) })
    #expect(Set(samples).count == 3, "another sample each epoch")
    #expect(try sampled.validation(epoch: 2)?.indices == samples[1], "the same for the same epoch")
    #expect(sampled.test.count == 100, "the test set is whole")
  }

  @Test("No validation by default")
  func none() throws {
    let data = try Small.data(Small.config(data: "\"validation\": null"))
    #expect(try data.validation(epoch: 1) == nil)
    #expect(
      message { _ = try data.split(.validation) }
        == "this config has no validation set; use --split test or train")
    #expect(try data.split(.train).count == 300 && data.split(.test).count == 100)
  }

  @Test("A random split of all images pooled, from both parts, disjoint")
  func resplit() throws {
    let data = try Small.data(
      Small.config(data: #""resplit": { "train": 250, "test": 25 }, "validation": { "count": 50 }"#))
    let sets = [data.train, data.test, try data.split(.validation)].map { Set($0.indices) }
    #expect(sets.map(\.count) == [200, 25, 50])
    #expect(sets[0].isDisjoint(with: sets[1]) && sets[0].isDisjoint(with: sets[2]))
    #expect(sets[1].isDisjoint(with: sets[2]))
    #expect(sets[0].contains { $0 >= 300 }, "some come from the former test set")
    #expect(Array(data.test.indices) != data.test.indices.sorted(), "in random order")
  }

  @Test("Splits that are too large")
  func unsatisfiable() throws {
    func fault(_ data: String) -> String { message { _ = try Small.data(Small.config(data: data)) } }
    #expect(
      fault(#""resplit": { "train": 390, "test": 20 }"#)
        == "cannot split 400 images into 390 training and 20 test images")
    #expect(
      fault(#""validation": { "count": 300 }"#)
        == "cannot hold out 300 of 300 images for validation, at most 299")
    #expect(fault(#""validation": { "from": "test", "count": 101 }"#) == "cannot sample 101 of 100 images")
    #expect(fault(#""validation": { "from": "test", "sample": 101 }"#) == "cannot sample 101 of 100 images")
  }

  @Test("Images and classes that do not match the network")
  func misfits() throws {
    func fault(_ model: String) -> String {
      message {
        _ = try Small.data(Small.parse("{ \"data\": { \"dataset\": \"builtin\" },\n \"model\": \(model) }"))
      }
    }
    #expect(
      fault(#"{ "input": [2, 12, 12], "layers": [ \#(Small.linear) ] }"#)
        == "test.json:2:22: model.input: is 2x12x12, but synthetic digits are square, 8 to 1024 pixels wide, "
        + "with 1 or 3 channels")
    let small = #""data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } }"#
    #expect(
      message {
        _ = try Small.data(
          Small.parse(
            """
            { \(small),
              "model": { "input": [1, 12, 12], "layers": [ "flatten", { "type": "dense", "units": 12 } ] } }
            """))
      }
        == "test.json:2:59: model.layers: the output of the last layer is 12, but builtin has 10 classes")
    try withTemporaryFolder { folder in
      try writeDigits(to: folder, size: 12)
      let lenet = try ExperimentConfig(ConfigSource.json("lenet"))
      #expect(
        message { _ = try Small.data(lenet, directory: folder) }
          == "lenet.json:7:14: model.input: is 1x28x28, but the images of \(lastComponent(of: folder)) are 1x12x12"
      )
    }
  }

  @Test("IDX files in a folder")
  func files() throws {
    try withTemporaryFolder { folder in
      try writeDigits(to: folder, size: 12)
      let data = try Small.data(Small.config(), directory: folder)
      #expect(data.name == lastComponent(of: folder) && data.origin == folder)
      #expect(data.train.count == 30 && data.test.count == 10)
    }
  }

  @Test("Real MNIST, split as PyTorch's tutorial does", .enabled(if: mnistFolder != nil))
  func mnist() throws {
    let config = try ExperimentConfig(ConfigSource.json("torch-lenet"))
    let data = try Small.data(config, directory: mnistFolder)
    #expect(data.train.count == 50_000 && data.test.count == 500)
    #expect(Set(data.train.indices).count == 50_000)
    #expect(Set(data.train.indices).isDisjoint(with: data.test.indices))
    #expect(try data.validation(epoch: 1)?.indices == data.test.indices)
  }
}

/// 30 + 10 synthetic digits as IDX files.
func writeDigits(to folder: String, size: Int) throws {
  func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }
  let digits = SyntheticDigits(seed: 1, size: size)
  for (name, range) in [("train", 0..<30), ("t10k", 30..<40)] {
    let (pixels, labels) = digits.images(range)
    try write(
      [0, 0, 8, 3] + big(range.count) + big(size) + big(size) + pixels, "\(folder)/\(name)-images-idx3-ubyte")
    try write(
      [0, 0, 8, 1] + big(range.count) + labels.map { UInt8($0) }, "\(folder)/\(name)-labels-idx1-ubyte")
  }
}
