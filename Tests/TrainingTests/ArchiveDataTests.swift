import CNNEngine
import Testing
import Training

@Suite struct ArchiveDataTests {
  /// The fixtures of scripts/make-interop-fixtures: 30 and 10 images of 6x6 in four files, as npz and as mat.
  @Test(
    "A run has the same fingerprint and weights, bit for bit, whichever files its images are from",
    arguments: ["mnist.npz", "stored.npz", "mnist-original.mat", "plain.mat"])
  func sameBits(name: String) throws {
    let config = try Small.parse(
      """
      { "data": { "validation": { "from": "train", "count": 5 } }, "train": { "epochs": 2, "batch_size": 8 },
        "model": { "input": [1, 6, 6], "layers": ["flatten", { "type": "dense", "name": "fc", "units": 10 }] } }
      """)
    let folder = "\(repository)/Tests/Fixtures/archives"
    func train(_ path: String) throws -> ([NamedTensor], String) {
      let data = try Small.data(config, directory: path)
      let trainer = try Trainer(config, data: data, threadPool: ThreadPool(threads: 2))
      _ = try trainer.run { _ in }
      return (config.model.tensors(of: trainer.parameters), data.fingerprint())
    }
    let (weights, fingerprint) = try train(folder)
    let (otherWeights, otherFingerprint) = try train("\(folder)/\(name)")
    #expect(otherWeights == weights)
    #expect(otherFingerprint == fingerprint)
  }
}
