import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct KerasFileTests {
  private static func file(_ name: String) throws -> KerasFile {
    try KerasFile(parsing: KerasFixtures.bytes(name), name: "f")
  }

  private static func weights(_ file: KerasFile) -> [[KerasFile.Weight]] {
    file.layers.map(\.weights).filter { !$0.isEmpty }
  }

  @Test("The three files of a model have the same weights", arguments: ["sequential", "functional"])
  func kinds(name: String) throws {
    let archive = try Self.file("\(name).keras")
    let isPacked = name == "functional"
    let legacy = try Self.file("\(name).h5.gz")
    let alone = try Self.file("\(name).weights.h5\(isPacked ? ".gz" : "")")
    #expect(alone.config == nil)
    #expect(archive.layers.map(\.name) == legacy.layers.map(\.name))
    #expect(archive.layers.map(\.className) == legacy.layers.map(\.className))
    let values = Self.weights(archive).map { $0.map(\.values) }
    #expect(values == Self.weights(legacy).map { $0.map(\.values) })
    #expect(Set(values) == Set(Self.weights(alone).map { $0.map(\.values) }))
    // Keras' groups are in the order of the alphabet.
    let classes = ["conv2d", "batch_normalization", "depthwise_conv2d", "dense", "dense"]
    if !isPacked {
      #expect(try alone.layers(inOrder: classes).map { $0.weights.map(\.values) } == values)
    }
  }
}
