import CNNEngine
import FileIO
import Testing
import TestSupport
import Training

@Suite struct RunLogsTests {
  @Test("A run's lines replace those of the run that it overwrites")
  func replacesOldLines() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(layers: Small.linear, train: "\"epochs\": 3")
      try Small.run(config, in: folder)
      #expect(try lines("\(folder)/metrics.csv").count == 4)
      try Small.run(Small.config(layers: Small.linear, train: "\"epochs\": 1"), in: folder, overwrite: true)
      #expect(try lines("\(folder)/metrics.csv").count == 2)
    }
  }

  @Test("The error names a file that cannot be written")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(layers: Small.linear)
      let run = try RunFolder.create(output: folder, name: "small", overwrite: false)
      try AtomicFile.createFolder(run.events)
      let said = message(in: folder) {
        _ = try TrainingRun.create(
          config, data: Small.data(config), in: run, threadPool: ThreadPool(threads: 1))
      }
      #expect(said == "DIR/events.jsonl: Is a directory")
    }
  }
}
