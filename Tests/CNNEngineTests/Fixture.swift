import CNNEngine
import ConfigDecoding
import JSONText
import ModelFormats
import Testing

/// A file that `scripts/make-fixtures` wrote.
struct Fixture {
  private let file: SafeTensors

  init(_ name: String) throws {
    file = try SafeTensors(contentsOf: Self.folder + "/Fixtures/\(name).safetensors")
  }

  /// The folder `Tests`.
  static let folder = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }

  /// The names of the tensors.
  var names: [String] { file.tensors.map(\.name) }

  func has(_ name: String) -> Bool { file[name] != nil }

  func shape(_ name: String) throws -> [Int] { try #require(file[name], "\(name) is missing").shape }

  func floats(_ name: String) throws -> [Float] {
    let tensor = try #require(file[name], "\(name) is missing")
    return try #require(file.floats(of: tensor))
  }

  /// What the metadata says under `key`, if it is not plain text.
  func json(_ key: String) throws -> JSON {
    try JSON(parsing: Array(text(key).utf8), origin: key)
  }

  func text(_ key: String) throws -> String { try #require(file.metadata(key), "\(key) is missing") }

  /// The keys of the metadata that describe cases.
  var cases: [String] { file.metadata.map(\.key).filter { $0 != "source" } }
}
