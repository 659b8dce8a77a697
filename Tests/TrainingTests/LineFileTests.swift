import CNNEngine
import FileIO
import Testing
import TestSupport
import Training

@Suite struct LineFileTests {
  @Test("A run's lines replace those of an earlier one")
  func startsAnew() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(layers: Small.linear, train: "\"epochs\": 3")
      try Small.run(config, in: folder)
      #expect(try lines("\(folder)/metrics.csv").count == 4)
      try Small.run(Small.config(layers: Small.linear, train: "\"epochs\": 1"), in: folder, overwrite: true)
      #expect(try lines("\(folder)/metrics.csv").count == 2)
    }
  }

  @Test("A file that cannot be written is named")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(layers: Small.linear)
      let run = try RunFolder(output: folder, name: "small", overwrite: false)
      try AtomicFile.createFolder(run.events)
      let said = message(in: folder) {
        _ = try TrainingRun(config, data: Small.data(config), folder: run, threadPool: ThreadPool(threads: 1))
      }
      #expect(said == "DIR/events.jsonl: Is a directory")
    }
  }
}
