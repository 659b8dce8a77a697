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

extension Fixture {
  /// A tensor of a network, and the step of its samples; 0 if it is stored whole.
  struct Entry {
    let name: String
    let shape: [Int]
    let every: Int
  }

  func entries(_ list: JSON) throws -> [Entry] {
    try #require(list.array).map { json in
      try Entry(
        name: #require(json["name"]?.string),
        shape: #require(json["shape"]?.array).compactMap(\.integer),
        every: #require(json["every"]?.integer))
    }
  }

  /// Compares a tensor with the stored one; large ones are stored as samples, norm and projections.
  ///
  /// - Parameter least: what the tensor's largest number counts as at least.
  func compare(
    _ values: [Float], with key: String, every: Int, tolerance: Double, least: Double = 0
  ) throws {
    func expect(_ values: [Float], _ key: String, norm: Double? = nil) throws {
      let expected = try floats(key).doubles
      let largest = norm ?? expected.absolute.reduce(least, max)
      expectClose(values, expected, scale: [largest], tolerance: tolerance, key)
    }
    guard every > 0 else { return try expect(values, key) }
    try expect(stride(from: 0, to: values.count, by: every).map { values[$0] }, "\(key).samples")
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    try expect([Float(norm)], "\(key).norm")
    let projections = try floats("\(key).projections").indices.map {
      Float(FixtureValues.projection($0, of: values))
    }
    try expect(projections, "\(key).projections", norm: max(norm, least))
  }
}
