import FileIO
import Testing
import TestSupport
import Training

@Suite struct DataEnvironmentTests {
  private func config() throws -> ExperimentConfig {
    try Small.parse(#"{ "model": { "input": [1, 12, 12], "layers": [ \#(Small.linear) ] } }"#)
  }

  @Test("The variables and the current folder decide where data is looked for")
  func lookup() throws {
    try withTemporaryFolder { folder in
      try writeDigits(to: folder, size: 12)
      let environment = DataEnvironment(variables: ["CNN_DATA_DIR": folder], currentFolder: "/nowhere")
      #expect(try ExperimentData.load(config(), directory: nil, environment: environment).origin == folder)
      #expect(
        message {
          _ = try ExperimentData.load(config(), directory: "/nowhere/else", environment: environment)
        }.hasPrefix("/nowhere/else: no data set here (--data)"))
    }
  }

  @Test("Missing data can be downloaded to the locator's folder")
  func fetching() throws {
    try withTemporaryFolder { folder in
      let environment = DataEnvironment(
        variables: ["XDG_CACHE_HOME": folder], currentFolder: "/nowhere"
      ) { locator in
        try AtomicFile.createFolder(locator.chosen.directory)
        try writeDigits(to: locator.chosen.directory, size: 12)
      }
      let data = try ExperimentData.load(config(), directory: nil, environment: environment)
      #expect(data.origin == "\(folder)/cnn/mnist" && data.train.count == 30)
    }
  }
}
