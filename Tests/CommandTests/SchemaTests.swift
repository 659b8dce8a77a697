import CNNEngine
import Foundation
import Testing
import Training

struct SchemaTests {
  private func schema() throws -> [String: Any] {
    try #require(try Sandbox().run("schema").json() as? [String: Any])
  }

  @Test func shippedConfigsAreTheFilesOfTheRepository() throws {
    let folder = Repository.folder.appending(path: "configs")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files == ConfigSource.shipped.map { "\($0.name).json" }.sorted())
    for (name, text) in ConfigSource.shipped {
      #expect(try Data(contentsOf: folder.appending(path: "\(name).json")) == Data(text))
    }
  }

  @Test(arguments: SummaryTests.parameters.map(\.0))
  func configsAreAcceptedBySchemaAndProgram(config: String) throws {
    let sandbox = try Sandbox()
    let file = Repository.folder.appending(path: "configs/\(config).json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    #expect(JSONSchema.faults(of: json, in: try schema()) == [])

    let resolved = try sandbox.run("train --config \(config) --print-config")
    #expect(resolved.status == 0 && resolved.errors.isEmpty)
    #expect(JSONSchema.faults(of: try resolved.json(), in: try schema()) == [])
    #expect(try sandbox.run("train --config \(file.path) --print-config").output == resolved.output)

    try sandbox.write(resolved.output, to: "resolved.json")
    #expect(try sandbox.run("train --config resolved.json --print-config").output == resolved.output)
  }

  @Test(arguments: [
    #"{}"#, #"{ "model": { "layers": [] } }"#, #"{ "model": { "layers": ["conv2d"] } }"#,
    #"{ "model": { "layers": ["relu"] }, "train": { "epoch": 3 } }"#,
    #"{ "model": { "layers": ["relu"] }, "train": { "epochs": 0 } }"#,
    #"{ "model": { "layers": ["relu"] }, "optimizer": { "type": "sgd", "beta1": 0.9 } }"#,
    #"{ "model": { "layers": [{ "type": "dense", "units": "10" }] } }"#,
  ])
  func schemaAndProgramRefuseTheSame(config: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write(config, to: "bad.json")
    #expect(try sandbox.run("train --config bad.json --print-config").status == 78)
    #expect(
      JSONSchema.faults(of: try JSONSerialization.jsonObject(with: Data(config.utf8)), in: try schema()) != []
    )
  }
}
