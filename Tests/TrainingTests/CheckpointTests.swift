import CNNEngine
import Foundation
import ModelFormats
import Randomness
import Testing
import TestSupport
import Training

@Suite(.serialized) struct CheckpointTests {
  /// Runs a small config and hands over its folder.
  private func withRun(
    _ config: ExperimentConfig, _ body: (_ folder: String, _ run: TrainingRun) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try body(folder, try Small.run(config, in: folder).run)
    }
  }

  @Test("A checkpoint has the complete state, and encodes to the bytes that it was read from")
  func roundTrip() throws {
    let config = try Small.config(
      train: #""epochs": 2, "batch_size": 70, "early_stop": { "patience": 5 }"#,
      extra: "\"seed\": 18446744073709551615,")
    try withRun(config) { folder, run in
      for file in [run.folder.bestCheckpoint, run.folder.lastCheckpoint, run.folder.finalCheckpoint] {
        let checkpoint = try Checkpoint(contentsOf: file)
        #expect(try checkpoint.encoded() == contents(file.path))
        #expect(checkpoint.config.resolved == config.resolved && checkpoint.config.seed == .max)
        #expect(checkpoint.classNames == (0..<10).map(String.init))
        #expect(checkpoint.data.name == "builtin")
        #expect(try checkpoint.data.fingerprint == Small.data(config).fingerprint())
      }
      let last = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
      #expect(last.progress == run.trainer.progress && last.progress.bestWatched != nil)
      let count = run.trainer.parameters.count
      #expect(try last.parameters()[0..<count] == run.trainer.parameters[0..<count])
      #expect(
        last.optimizer.prefix(2).map(\.name) == [
          "optimizer.exp_avg.conv.weight", "optimizer.exp_avg.conv.bias",
        ])
    }
  }

  @Test("The tensors are PyTorch's, by name and shape")
  func layout() throws {
    try withRun(Small.config()) { _, run in
      let file = try SafeTensors(contentsOf: run.folder.finalCheckpoint, requiringChecksum: true)
      #expect(
        file.tensors.map { "\($0.name) \($0.shape) \($0.dataType.rawValue)" } == [
          "conv.weight [4, 1, 3, 3] F32", "conv.bias [4] F32", "fc.weight [10, 100] F32", "fc.bias [10] F32",
        ])
      #expect(
        file.metadata.map(\.key) == [
          "format", "format_version", "config", "progress", "classes", "dataset", "data_fingerprint", "data",
        ])
    }
  }

  @Test("A layer may be called optimizer")
  func layerCalledOptimizer() throws {
    let config = try Small.config(
      layers: #""flatten", { "type": "dense", "name": "optimizer", "units": 10 }"#, train: "\"epochs\": 1")
    try withRun(config) { _, run in
      let checkpoint = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
      #expect(checkpoint.weights.map(\.name) == ["optimizer.weight", "optimizer.bias"])
      #expect(checkpoint.optimizer.count == 4)
      #expect(try checkpoint.encoded() == contents(run.folder.lastCheckpoint.path))
    }
  }

  /// A checkpoint of a very small network, some kilobytes.
  private func withTinyCheckpoint(_ body: (_ path: String, _ bytes: [UInt8]) throws -> Void) throws {
    let config = try Small.parse(
      """
      { "data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } },
        "model": { "input": [1, 8, 8], "layers": [ \(Small.linear) ] },
        "optimizer": "sgd", "train": { "epochs": 1 } }
      """)
    try withRun(config) { _, run in
      try body(run.folder.lastCheckpoint.path, contents(run.folder.lastCheckpoint.path))
    }
  }

  private func isRefused(_ bytes: [UInt8]) -> Bool {
    do {
      _ = try Checkpoint(SafeTensors(parsing: bytes, file: "x"), path: "x")
      return false
    } catch {
      return error is SafeTensorsError || error is CheckpointError
    }
  }

  @Test("A file truncated anywhere, or with an extra byte, is refused")
  func truncations() throws {
    try withTinyCheckpoint { path, bytes in
      #expect(!isRefused(bytes))
      #expect(bytes.indices.filter { !isRefused(Array(bytes[..<$0])) } == [])
      #expect(isRefused(bytes + [0]))
    }
  }

  @Test("A file with one wrong bit is refused: every bit of the header, 10,000 of the data")
  func bitFlips() throws {
    try withTinyCheckpoint { path, bytes in
      let end = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
      let random = CounterRandom(seed: 1, purpose: .sample)
      let bits = Array(8 * end..<8 * bytes.count)
      let chosen = random.permutation(bits.count).prefix(10_000).map { bits[Int($0)] }
      var damaged = bytes
      let accepted = (Array(0..<8 * end) + chosen).filter { bit in
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        defer { damaged[bit / 8] = bytes[bit / 8] }
        return !isRefused(damaged)
      }
      #expect(chosen.count == 10_000 && accepted == [])
    }
  }

  /// The error of a checkpoint whose file was changed by `change` and given a new checksum.
  private func refusal(_ change: (inout SafeTensors) throws -> Void) throws -> String {
    var said = ""
    try withTinyCheckpoint { path, _ in
      var file = try SafeTensors(contentsOf: path)
      try change(&file)
      try write(file.encoded(), path)
      said = message(in: path) { _ = try Checkpoint(contentsOf: path) }
    }
    return said
  }

  @Test("A file of a newer program, or of another one")
  func formats() throws {
    #expect(try refusal { _ in } == "no error")
    #expect(
      try refusal { $0.setMetadata("format_version", to: "3") }
        == "DIR: format version 3 is newer than this program, which reads up to 2")
    #expect(try refusal { $0.setMetadata("format_version", to: "2") } == "DIR: no sections in the metadata")
    for version in ["", "0", "-1", "one"] {
      #expect(
        try refusal { $0.setMetadata("format_version", to: version) }
          == "DIR: the format version in the metadata is not a number")
    }
    #expect(
      try refusal { $0.setMetadata("format", to: "pt") }
        == "DIR: this safetensors file does not describe its network; name its config with --config FILE")
  }

  @Test("Inconsistent metadata")
  func metadata() throws {
    #expect(try refusal { $0.setMetadata("config", to: "{") }.hasPrefix("DIR: DIR[config]:1:2"))
    #expect(try refusal { $0.setMetadata("config", to: "{}") } == "DIR: DIR[config]:1:1: model: is required")
    #expect(
      try refusal { $0.setMetadata("progress", to: "{\"epoch\":1}") }
        == "DIR: the progress in the metadata is incomplete or inconsistent")
    #expect(
      try refusal { file in
        let progress = file.metadata("progress") ?? ""
        file.setMetadata("progress", to: progress.replacing("\"epoch\":1", with: "\"epoch\":-1"))
      } == "DIR: the progress in the metadata is incomplete or inconsistent")
    #expect(
      try refusal { file in
        let progress = file.metadata("progress") ?? ""
        file.setMetadata("progress", to: progress.replacing("\"step\":1", with: "\"step\":\(Int.max)"))
      } == "DIR: the progress in the metadata is incomplete or inconsistent")
    let classes = (0..<10).map { $0 == 3 ? "\\u001b[2J" : "\($0)" }
    #expect(
      try refusal { $0.setMetadata("classes", to: "[\"\(classes.joined(separator: "\",\""))\"]") }
        == "DIR: a class name in the metadata has control characters")
    #expect(
      try refusal { $0.setMetadata("classes", to: "[\"0\"]") }
        == "DIR: 1 class in the metadata, but the network's output is 10")
  }

  @Test(
    "Metadata that was tampered with, checksum and all",
    arguments: [
      ("config", "", "DIR: DIR[config]:1:1: expected a value, not the end of the text"),
      ("config", "[]", "DIR: DIR[config]:1:1: must be an object in { }, not []"),
      (
        "config", String(repeating: "[", count: 100),
        "DIR: DIR[config]:1:33: \(String(repeating: "[0]", count: 32)): nested deeper than 32 levels"
      ),
      (
        "config", #"{"model":{"layers":["flatten"]}}"#,
        "DIR: 10 classes in the metadata, but the network's output is 784"
      ),
      (
        "config", #"{"model":{"layers":[]}}"#,
        "DIR: DIR[config]:1:20: model.layers: must have a number of elements from 1 to 1024, not 0"
      ),
      ("progress", "", "DIR: DIR[progress]:1:1: expected a value, not the end of the text"),
      ("progress", "7", "DIR: the progress in the metadata is incomplete or inconsistent"),
      ("progress", "{}", "DIR: the progress in the metadata is incomplete or inconsistent"),
      ("progress", #"{"epoch":1e300}"#, "DIR: the progress in the metadata is incomplete or inconsistent"),
      ("classes", "{}", "DIR: 0 classes in the metadata, but the network's output is 10"),
      ("classes", "[0,1,2,3,4,5,6,7,8,9]", "DIR: 0 classes in the metadata, but the network's output is 10"),
      ("classes", "[\"", "DIR: DIR[classes]:1:2: [0]: the string that starts here has no closing \""),
      ("format_version", "99999999999999999999", "DIR: the format version in the metadata is not a number"),
    ])
  func tampered(key: String, value: String, expected: String) throws {
    #expect(try refusal { $0.setMetadata(key, to: value) } == expected)
  }

  @Test("Weights of another network")
  func otherNetwork() throws {
    #expect(
      try refusal { file in
        let config = file.metadata("config") ?? ""
        file.setMetadata("config", to: config.replacing("\"fc\"", with: "\"head\""))
      } == "DIR: no tensor head.weight; the file has fc.weight, fc.bias")
  }

  @Test("Without a checksum a checkpoint is damaged")
  func noChecksum() throws {
    try withTinyCheckpoint { path, bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      let start = try #require(text.range(of: "\"checksum\":\"crc32c:"))
      let offset = text.utf8.distance(from: text.startIndex, to: start.lowerBound)
      var changed = bytes
      changed.replaceSubrange(offset + 1..<offset + 9, with: Array("chexksum".utf8))
      try write(changed, path)
      #expect(message(in: path) { _ = try Checkpoint(contentsOf: path) }.hasPrefix("DIR: "))
    }
  }
}
