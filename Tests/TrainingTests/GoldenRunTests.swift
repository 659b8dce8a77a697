import CNNEngine
import ConfigDecoding
import Datasets
import JSONText
import Testing
import TestSupport
import Training

/// Two epochs of every built-in config on synthetic digits give the recorded weights and losses, bit for bit.
///
/// `scripts/make-golden` records the values, one set for each kind of CPU that the engine is built for.
@Suite struct GoldenRunTests {
  /// The settings of `scripts/make-golden`.
  private static let settings = [
    #"data.builtin={"train":2000,"test":500}"#, "data.resplit=null", "data.validation=null", "train.epochs=2",
  ]

  /// The recorded values of all configs for this kind of CPU; nil if there are none.
  private static let golden: JSON? = {
    let bytes = try? contents("\(repository)/Tests/Fixtures/golden.json")
    return bytes.flatMap { try? JSON(parsing: $0, origin: "golden.json")[CPUFeatures.name] }
  }()

  @Test(
    .enabled(if: golden != nil, "no golden values for \(CPUFeatures.name): run scripts/make-golden"),
    arguments: ConfigSource.shipped.map(\.name))
  func weightsAndLosses(config name: String) throws {
    let expected = try #require(Self.golden?[name])
    let config = try ConfigSource.load(name, settings: Self.settings)
    let data = try Small.data(config, directory: "builtin")
    let trainer = try Trainer(config, data: data, threadPool: ThreadPool(threads: 2))
    var losses: [String] = []
    _ = try trainer.run { event in
      if case .epoch(let metrics, _) = event { losses.append("\(metrics.loss)") }
    }
    #expect(losses == expected["loss"]?.array?.compactMap(\.string))
    #expect(digest(config.model.tensors(of: trainer.parameters)) == expected["weights"]?.string)
  }

  /// The SHA-256 of all elements in order, as little-endian float32.
  private func digest(_ tensors: [NamedTensor]) -> String {
    var hash = SHA256()
    for tensor in tensors {
      let bits = tensor.values.map(\.bitPattern.littleEndian)
      bits.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexadecimalDigest()
  }

  @Test("Every built-in config is recorded") func isComplete() throws {
    let bytes = try contents("\(repository)/Tests/Fixtures/golden.json")
    let kinds = try #require(try JSON(parsing: bytes, origin: "golden.json").members)
    for kind in kinds {
      #expect(kind.value.members?.map(\.key) == ConfigSource.shipped.map(\.name).sorted(), "\(kind.key)")
    }
  }
}
