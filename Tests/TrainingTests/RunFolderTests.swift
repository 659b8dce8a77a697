import Foundation
import Testing
import TestSupport
import Training

@Suite(.serialized) struct RunFolderTests {
  @Test("File names")
  func names() throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder.create(output: "\(folder)/a/b", name: "lenet", overwrite: false)
      #expect(run.path == "\(folder)/a/b")
      #expect(
        [run.config, run.metrics, run.events, run.bestCheckpoint, run.lastCheckpoint, run.finalCheckpoint]
          .map { $0.path.replacing(run.path, with: "") } == [
            "/config.json", "/metrics.csv", "/events.jsonl", "/checkpoints/best.ckpt",
            "/checkpoints/last.ckpt",
            "/model.ckpt",
          ])
      #expect(try listing(run.path) == ["checkpoints"])
    }
  }

  @Test("By default runs/NAME, then runs/NAME-2, and so on")
  func numbers() throws {
    // The process has one current folder; no other test depends on it.
    let before = FileManager.default.currentDirectoryPath
    try withTemporaryFolder { folder in
      #expect(FileManager.default.changeCurrentDirectoryPath(folder))
      defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
      let paths = try (1...3).map { _ in
        try RunFolder.create(output: nil, name: "lenet", overwrite: false).path
      }
      #expect(paths == ["runs/lenet", "runs/lenet-2", "runs/lenet-3"])
      #expect(try RunFolder.create(output: nil, name: "lenet", overwrite: true).path == "runs/lenet")
    }
  }

  @Test("An existing run is overwritten only with overwrite, and its weights are removed last")
  func overwrite() throws {
    try withTemporaryFolder { folder in
      func make(overwrite: Bool) throws -> RunFolder {
        try RunFolder.create(output: folder, name: "x", overwrite: overwrite)
      }
      #expect(message { _ = try make(overwrite: false) } == "no error", "an empty folder is free")
      for file in ["config.json", "model.ckpt", "checkpoints/best.ckpt", "checkpoints/last.ckpt", "notes"] {
        try write([1], "\(folder)/\(file)")
      }
      #expect(
        message(in: folder) { _ = try make(overwrite: false) }
          == "DIR: the folder already holds a run; --resume continues it, --force overwrites it")
      #expect(try listing(folder).count == 6)
      let run = try make(overwrite: true)
      #expect(try listing(folder).count == 6)
      run.removeOldResults()
      #expect(try listing(folder) == ["checkpoints", "checkpoints/last.ckpt", "config.json", "notes"])
    }
  }

  @Test("Temporary files of a killed run are removed by the next one")
  func leftovers() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/checkpoints", withIntermediateDirectories: true)
      for name in [".config.json.1.tmp", ".cnn-2.tmp", "checkpoints/.cnn-3w5e11264sgsf.tmp", "mine.tmp"] {
        try write([1], "\(folder)/\(name)")
      }
      _ = try RunFolder.create(output: folder, name: "x", overwrite: false)
      #expect(try listing(folder) == ["checkpoints", "mine.tmp"])
    }
  }

  @Test("One run per folder at a time")
  func lock() throws {
    try withTemporaryFolder { folder in
      var first: RunFolder? = try RunFolder.create(output: folder, name: "x", overwrite: false)
      #expect(first != nil)
      #expect(
        message(in: folder) { _ = try RunFolder.create(output: folder, name: "x", overwrite: true) }
          == "DIR: another run is writing to this folder")
      first = nil
      #expect(message { _ = try RunFolder.create(output: folder, name: "x", overwrite: true) } == "no error")
    }
  }

  @Test("The error names a folder that cannot be created")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      try write([1], "\(folder)/file")
      #expect(
        message(in: folder) {
          _ = try RunFolder.create(output: "\(folder)/file/run", name: "x", overwrite: false)
        }
        .hasPrefix("DIR/file"))
    }
  }
}
