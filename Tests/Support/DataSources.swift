import Datasets
import Foundation
import ImageFiles

/// Sources of data made of small arrays in a temporary folder.
package struct DataSource {
  /// The folder.
  package let folder: String

  /// Runs `body` with an empty source.
  package static func with<T>(_ body: (DataSource) throws -> T) throws -> T {
    try withTemporaryFolder { try body(DataSource(folder: $0)) }
  }

  /// The path of a file in the folder.
  package func path(_ name: String) -> String { name.isEmpty ? folder : "\(folder)/\(name)" }

  /// Writes a file, in folders that are made.
  package func write(_ bytes: [UInt8], _ name: String) throws {
    let path = path(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try TestSupport.write(bytes, path)
  }

  /// Writes a text file.
  package func write(_ text: String, _ name: String) throws { try write(Array(text.utf8), name) }

  /// Writes images and labels under IDX names: `train`, `emnist-letters-test`.
  package func writeIDX(_ images: LabeledImages, _ part: String) throws {
    try write(IDX.encode(images.images), "\(part)-images-idx3-ubyte")
    try write(IDX.encode(labels: images.labels), "\(part)-labels-idx1-ubyte")
  }

  /// Loads the folder, or a file in it.
  package func load(_ name: String = "", _ options: DatasetOptions = DatasetOptions()) throws -> Dataset {
    try Dataset.load(from: path(name), options)
  }

  /// Images of `count` different contents, with these labels over and over.
  package static func images(
    _ count: Int, labels: [UInt16], shape: ImageShape = ImageShape(height: 4, width: 4), seed: Int = 0
  ) -> LabeledImages {
    let pixels = (0..<count * shape.size).map {
      UInt8(truncatingIfNeeded: ($0 + seed) &* 37 &+ ($0 + seed) / 5)
    }
    return LabeledImages(
      images: Images(pixels: pixels, shape: shape), labels: (0..<count).map { labels[$0 % labels.count] })
  }
}
