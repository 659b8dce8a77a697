import FileIO
import Foundation
import ModelFormats
import Testing
import TestSupport

/// Files of scripts/python/make_keras_fixtures.py.
enum KerasFixtures {
  static let folder = URL(filePath: Archives.folder).deletingLastPathComponent().appending(path: "keras").path

  /// The decompressed content of a file.
  static func bytes(_ name: String) throws -> [UInt8] {
    var source = try ByteSource(path: "\(folder)/\(name)")
    return try source.readAll()
  }
}

@Suite struct HDF5FileTests {
  private static func file(_ name: String) throws -> HDF5File {
    try HDF5File(parsing: KerasFixtures.bytes(name), name: "f")
  }

  private static let count = (0..<35).map { Float($0) }

  @Test(
    "Floating-point numbers of every size and order, and in chunks",
    arguments: ["half", "single", "double", "single-big", "double-big", "brain", "chunked", "chunked-plain"])
  func floats(name: String) throws {
    let file = try Self.file("arrays.h5")
    let dataset = try #require(file.root.dataset(name))
    #expect(dataset.shape == [5, 7])
    #expect(try file.floats(of: dataset) == Self.count.map { $0 / 4 })
  }

  @Test(
    "Integers of every size and order",
    arguments: ["-i1", "-u1", "-i2", "-big-u2", "-i4", "-big-i4", "-u4", "-i8", "-big-u8"])
  func integers(name: String) throws {
    let file = try Self.file("arrays.h5")
    #expect(try file.floats(of: #require(file.root.dataset("whole\(name)"))) == Self.count)
  }

  @Test("A scalar, an array without elements, compact data, and text")
  func others() throws {
    let file = try Self.file("arrays.h5")
    func floats(_ name: String) throws -> [Float] { try file.floats(of: #require(file.root.dataset(name))) }
    #expect(try floats("scalar") == [1.5])
    #expect(try floats("none") == [])
    #expect(try floats("compact") == [1, -2])
    #expect(file.root.dataset("scalar")?.shape == [])
    #expect(file.root.dataset("none")?.shape == [0, 3])
    #expect(message { _ = try floats("texts") }.hasSuffix("HDF5: strings are not supported, only numbers"))
    #expect(
      message { _ = try floats("chunked-lzf") }.hasSuffix("HDF5: data written by LZF, which is not supported")
    )
  }

  @Test("Attributes: fixed and variable strings; numbers are left out")
  func attributes() throws {
    let root = try Self.file("arrays.h5").root
    #expect(root.attributes == ["fixed": ["one", "three"], "variable": ["ene", "mêne", ""]])
    #expect(root.group("group")?.attributes == ["text": [String(repeating: "x", count: 300)]])
    #expect(root.group("group/none") == nil && root.dataset("group") == nil)
  }

  @Test(
    "The forms of newer libraries: superblock 3, headers of version 2, links, layouts of version 4",
    arguments: ["group/single", "one-chunk", "fixed", "fixed-plain", "implicit"])
  func latest(name: String) throws {
    let file = try Self.file("latest.h5")
    #expect(file.root.attributes == ["variable": ["ene", "mene"]])
    #expect(try file.floats(of: #require(file.root.dataset(name))) == Self.count.map { $0 / 4 })
  }

  @Test("A group in the dense form is named")
  func dense() throws {
    let text = message { _ = try Self.file("dense.h5") }
    #expect(
      text.hasSuffix(
        "HDF5: a group in the dense form, which is not supported; write the file with h5py's default libver"))
  }

  @Test("Every file that is cut off is refused")
  func cutOff() throws {
    for name in ["arrays.h5", "latest.h5"] {
      let bytes = try KerasFixtures.bytes(name)
      for count in stride(from: 0, to: bytes.count, by: 61) {
        #expect(throws: DataError.self) { try HDF5File(parsing: Array(bytes[..<count]), name: "f") }
      }
    }
  }
}
