import Foundation
import TestSupport

/// Small inputs made by hand.
///
/// In a sample image of class k, pixel k alone is white; the sample network has a weight of 8 from pixel k to
/// class k and zeros elsewhere, so that every score is exact on every CPU.
enum Samples {
  /// An IDX file of any type, sizes and content, right or wrong.
  static func idx(type: UInt8 = 8, _ sizes: [Int], _ content: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)] + sizes.flatMap { bigEndian($0) } + content
  }

  /// Images of these classes.
  static func images(_ classes: [Int], height: Int = 28) -> [UInt8] {
    idx([classes.count, height, 28], classes.flatMap { pixels($0, height: height) })
  }

  /// Their labels.
  static func labels(_ classes: [Int]) -> [UInt8] { idx([classes.count], classes.map { UInt8($0) }) }

  /// One image.
  static func pixels(_ label: Int, height: Int = 28) -> [UInt8] {
    (0..<height * 28).map { $0 == label ? 255 : 0 }
  }

  /// A PGM picture.
  static func pgm(width: Int, height: Int, _ pixels: [UInt8]) -> [UInt8] {
    Array("P5\n\(width) \(height)\n255\n".utf8) + pixels
  }

  /// A data set of 40 and 20 images; images 3 and 14 of the test set show the class after their label.
  static func dataset() -> [String: [UInt8]] {
    let train = (0..<40).map { $0 % 10 }, test = (0..<20).map { $0 % 10 }
    let shown = test.enumerated().map { $0 == 3 || $0 == 14 ? $1 + 1 : $1 }
    return [
      "train-images-idx3-ubyte": images(train), "train-labels-idx1-ubyte": labels(train),
      "t10k-images-idx3-ubyte": images(shown), "t10k-labels-idx1-ubyte": labels(test),
    ]
  }

  /// The config of the sample network.
  static let pixelsConfig = """
    {
      "name": "pixels",
      "model": { "layers": ["flatten", { "type": "dense", "name": "fc", "units": 10, "bias": false }] }
    }
    """

  /// The weights of the sample network, as another program would write them: safetensors.
  ///
  /// - Parameter blind: a class with a weight of -8 instead, so that its images are taken for another one.
  static func pixelsWeights(blindTo blind: Int? = nil) -> [UInt8] {
    let weights = (0..<10 * 784).map { index -> Float in
      let (label, pixel) = index.quotientAndRemainder(dividingBy: 784)
      return label != pixel ? 0 : label == blind ? -8 : 8
    }
    return safetensors([("fc.weight", [10, 784], weights)])
  }

  private static func safetensors(_ tensors: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
    var offset = 0
    let entries = tensors.map { name, shape, values in
      defer { offset += 4 * values.count }
      return
        #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(offset),\#(offset + 4 * values.count)]}"#
    }
    let header = "{\(entries.joined(separator: ","))}"
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    return bigEndian(padded.utf8.count).reversed() + [0, 0, 0, 0] + Array(padded.utf8)
      + tensors.flatMap { $0.values.flatMap { bigEndian(Int($0.bitPattern)).reversed() } }
  }

  /// A convolution of one pixel before the sample network.
  static let deepConfig = """
    {
      "name": "deep",
      "model": {
        "layers": [
          { "type": "conv2d", "name": "conv", "filters": 2, "kernel": 1, "bias": false }, "flatten",
          { "type": "dense", "name": "fc", "units": 10, "bias": false }
        ]
      }
    }
    """

  /// Its weights, all of the same size.
  static func deepWeights(_ weight: Float) -> [UInt8] {
    safetensors([
      ("conv.weight", [2, 1, 1, 1], [weight, -weight]),
      ("fc.weight", [10, 1568], [Float](repeating: weight, count: 15_680)),
    ])
  }

  /// The config of the sample network with two heads: the class, and whether it is odd.
  static let headsConfig = """
    {
      "name": "heads",
      "model": {
        "layers": [
          "flatten", { "type": "dense", "name": "digit", "units": 10, "bias": false },
          { "type": "dense", "name": "parity", "units": 2, "bias": false, "from": "flatten1" }
        ],
        "outputs": [
          { "layer": "digit" },
          { "layer": "parity", "weight": 0.5, "labels": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }
        ]
      }
    }
    """

  /// Its weights: 8 from pixel k to class k, and from pixel k to k % 2 of the second head.
  static func headsWeights() -> [UInt8] {
    safetensors([
      ("digit.weight", [10, 784], (0..<10 * 784).map { $0 / 784 == $0 % 784 ? 8 : 0 }),
      ("parity.weight", [2, 784], (0..<2 * 784).map { $0 % 784 < 10 && $0 % 784 % 2 == $0 / 784 ? 8 : 0 }),
    ])
  }

  /// LeNet on a few synthetic digits.
  static let tinyConfig = """
    {
      "name": "tiny",
      "data": { "dataset": "builtin", "builtin": { "train": 300, "test": 100 }, "validation": { "from": "test" } },
      "model": {
        "layers": [
          { "type": "conv2d", "name": "conv1", "filters": 4, "kernel": 5 }, "relu",
          { "type": "max_pool2d", "kernel": 2 }, { "type": "dropout", "rate": 0.1 }, "flatten",
          { "type": "dense", "name": "fc1", "units": 10 }
        ]
      },
      "train": { "epochs": 2, "batch_size": 32 }
    }
    """

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

extension Sandbox {
  /// Puts the sample data set into `folder`, with some files changed, or left out where nil.
  func writeDataset(to folder: String, _ changes: [String: [UInt8]?] = [:]) throws {
    var files = Samples.dataset()
    for (name, bytes) in changes { files[name] = bytes }
    for (name, bytes) in files { try write(bytes, to: "\(folder)/\(name)") }
  }

  /// Puts the sample network into the folder: `pixels.json` and `pixels.safetensors`.
  func writePixelsModel() throws {
    try write(Samples.pixelsConfig, to: "pixels.json")
    try write(Samples.pixelsWeights(), to: "pixels.safetensors")
  }

  /// Puts the sample network with two heads into the folder: `heads.json` and `heads.safetensors`.
  func writeHeadsModel() throws {
    try write(Samples.headsConfig, to: "heads.json")
    try write(Samples.headsWeights(), to: "heads.safetensors")
  }

  /// Trains the tiny config into a folder; returns what the command printed.
  @discardableResult
  func trainTiny(_ options: String = "") throws -> Outcome {
    if !has("tiny.json") { try write(Samples.tinyConfig, to: "tiny.json") }
    return try run("train --config tiny.json --threads 2 \(options)")
  }
}

extension Sandbox.Outcome {
  /// Standard output as one JSON value.
  func json() throws -> Any {
    try JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)
  }

  /// Every line of standard output as a JSON object.
  func jsonLines() throws -> [[String: Any]] {
    try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
  }
}
