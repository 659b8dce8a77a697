import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

@Suite(.serialized) struct LoadedModelTests {
  @Test("A run folder stands for model.ckpt, else best.ckpt, else last.ckpt")
  func runFolder() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(Small.config(train: "\"epochs\": 1"), in: folder)
      let source = try LoadedModel(folder)
      #expect(source.path == run.folder.finalCheckpoint.path && source.data?.name == "builtin")
      #expect(source.classNames.count == 10 && source.config.name == "small")
      let weights = try Checkpoint(contentsOf: source.path).parameters()
      #expect(source.parameters?[0..<weights.count] == weights[0..<weights.count])
      for (gone, next) in [
        (run.folder.finalCheckpoint, run.folder.bestCheckpoint),
        (run.folder.bestCheckpoint, run.folder.lastCheckpoint),
      ] {
        try removeFile(gone.path)
        #expect(try LoadedModel(folder).path == next.path)
      }
      try removeFile(run.folder.lastCheckpoint.path)
      #expect(
        message(in: folder) { _ = try LoadedModel(folder) }
          == "DIR: no checkpoint in this folder (model.ckpt, checkpoints/best.ckpt)")
    }
  }

  @Test("A config has a network but no weights")
  func config() throws {
    for name in ["lenet", "lenet.json", "\(repository)/configs/lenet.json"] {
      let source = try LoadedModel(name)
      #expect(source.parameters == nil && source.data == nil && source.config.name == "lenet")
      #expect(source.classNames.count == 10)
    }
  }

  @Test("A weights file with a config")
  func weightsFile() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(layers: Small.linear)
      try write(Array(config.resolved.text().utf8), "\(folder)/c.json")
      var file = SafeTensors()
      try file.append("fc.weight", shape: [10, 144], [Float](repeating: 0.5, count: 1440))
      try file.append("fc.bias", shape: [10], [Float](repeating: 2, count: 10))
      try write(file.encoded(), "\(folder)/w.safetensors")
      let source = try LoadedModel("\(folder)/w.safetensors", config: "\(folder)/c.json")
      #expect(source.parameters?[0..<1440] == [Float](repeating: 0.5, count: 1440))
      #expect(source.parameters?[1440..<1450] == [Float](repeating: 2, count: 10))
      #expect(source.path == "\(folder)/w.safetensors" && source.data == nil)
      #expect(
        message(in: folder) { _ = try LoadedModel("\(folder)/w.safetensors") }
          == "DIR/w.safetensors: this safetensors file does not describe its network; name its config with --config FILE"
      )
      #expect(
        message(in: folder) { _ = try LoadedModel("\(folder)/w.safetensors", config: "lenet") }
          == "DIR/w.safetensors: no tensor conv1.weight; the file has fc.weight, fc.bias")
    }
  }

  @Test("The weights of a checkpoint with another config")
  func otherConfig() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(Small.config(train: "\"epochs\": 1"), in: folder)
      let own = try LoadedModel(folder)
      let lent = try LoadedModel(folder, config: run.folder.config.path)
      #expect(own.parameters?[0..<1000] == lent.parameters?[0..<1000])
    }
  }

  @Test("Missing files")
  func missing() {
    #expect(
      message { _ = try LoadedModel("/nowhere/x.ckpt") } == "/nowhere/x.ckpt: No such file or directory")
    #expect(
      message { _ = try LoadedModel("/nowhere/x.json") } == "/nowhere/x.json: No such file or directory")
  }
}
