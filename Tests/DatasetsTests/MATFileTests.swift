import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct MATFileTests {
  private func load(_ bytes: [UInt8]) throws -> Dataset {
    try withTemporaryFolder { folder in
      try write(bytes, "\(folder)/f.mat")
      return try Dataset.load(from: "\(folder)/f.mat")
    }
  }

  private static let pixels = [UInt8](0..<32)
  private static let labels: [UInt8] = [1, 2, 3, 4, 5, 6, 0, 1]

  private static func file(_ parts: [UInt8]...) -> [UInt8] {
    Archives.matHeader() + parts.flatMap { $0 }
  }

  private static let data = Archives.matrix("data", [4, 8], pixels)
  private static let label = Archives.matrix("label", [1, 8], labels)

  @Test("Columns are images; the test set begins where the sorted labels restart")
  func reads() throws {
    let set = try load(Self.file(Self.data, Self.label))
    #expect(set.pool.shape == ImageShape(height: 2, width: 2))
    #expect(set.pool.pixels == Self.pixels)
    #expect(set.pool.labels == Self.labels.map { UInt16($0) })
    #expect((set.train.count, set.test.count) == (6, 2))
  }

  @Test("In any other order the last seventh is the test set")
  func shuffled() throws {
    let label = Archives.matrix("label", [8, 1], [3, 1, 2, 0, 5, 4, 6, 9])
    let set = try load(Self.file(label, Self.data))
    #expect((set.train.count, set.test.count) == (7, 1))
  }

  @Test("Labels of every element type, also in a small element")
  func types() throws {
    let doubles = Self.labels.flatMap { label in
      let bits = Double(label).bitPattern
      return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    let singles = Self.labels.flatMap { TestBytes.littleEndian(Float($0).bitPattern, 4) }
    for (type, numbers) in [
      (9, doubles), (7, singles), (1, Self.labels), (3, Self.labels.flatMap { [$0, 0] }),
      (4, Self.labels.flatMap { [$0, 0] }), (5, Self.labels.flatMap { [$0, 0, 0, 0] }),
      (6, Self.labels.flatMap { [$0, 0, 0, 0] }),
    ] as [(UInt32, [UInt8])] {
      let label = Archives.matrix("label", [1, 8], numberType: type, numbers, flags: [6, 0])
      #expect(try load(Self.file(Self.data, label)).pool.labels == Self.labels.map { UInt16($0) })
    }
    let few = Archives.matrix("data", [1, 7], [UInt8](0..<7))
    #expect(
      try load(Self.file(few, Archives.matrix("label", [1, 7], [1, 2, 3, 4, 5, 6, 0]))).pool.pixels
        == [UInt8](0..<7))
  }

  @Test("Other elements are skipped")
  func others() throws {
    let cells = Archives.matrix("mldata_descr_ordering", [1, 2], numberType: 14, [0, 0], flags: [1, 0])
    let unknown = Archives.element(77, [1, 2, 3])
    #expect(try load(Self.file(unknown, cells, Self.label, Self.data)).pool.labels == Self.labels.map { UInt16($0) })
  }

  @Test(
    arguments: [
      (
        Array("MATLAB 7.3 MAT-file".utf8),
        "byte 0: MATLAB 7.3 files are HDF5, which is not supported; save it with -v7"
      ),
      (Archives.matHeader().dropLast(), "byte 127: the header is cut off"),
      (Archives.matHeader(endian: "MI"), "byte 126: the file is big-endian, which is not supported"),
      (Archives.matHeader(endian: "XX"), "byte 126: no endian indicator IM (little-endian)"),
      (Archives.matHeader(version: [0, 2]), "byte 124: version 512 of the format; only 256 is supported"),
      (file(), "byte 128: no array data; the file has nothing"),
      (file(label), "byte 200: no array data; the file has label"),
      (file(data), "byte 224: no array label; the file has data"),
      (file([1, 2, 3]), "byte 128: the tag of an element is cut off"),
      (
        file(Archives.element(14, [], size: .max)),
        "byte 128: an element of 4,294,967,295 bytes, but 0 are left"
      ),
      (file(Archives.element(14, [])), "[byte 128]: byte 8: the data ends here, 8 bytes too early"),
      (file(Archives.element(15, [1, 2, 3])), "[byte 128]: byte 2: zlib: incorrect header check"),
      (file(Archives.element(15, [])), "[byte 128]: byte 0: zlib: the file is cut off here"),
      (
        file(Archives.element(14, Archives.element(5, [9, 0, 0, 0, 0, 0, 0, 0]))),
        "[byte 128]: byte 8: the array has no flags"
      ),
      (
        file(Archives.element(14, Archives.element(6, [9, 0, 0, 0, 0, 0, 0, 0]) + Archives.element(5, [1]))),
        "[byte 128]: byte 24: the array has no shape of 2 to 8 sizes"
      ),
      (
        file(Archives.matrix("data", [UInt32](repeating: 1, count: 9), [1])),
        "[byte 128]: byte 24: the array has no shape of 2 to 8 sizes"
      ),
      (
        file(Archives.matrix(String(repeating: "x", count: 65), [1, 1], [1])),
        "[byte 128]: byte 40: the array has no name of at most 64 bytes"
      ),
      (
        file(Archives.matrix("data", [4, 8], pixels, flags: [4, 0])),
        "[byte 128]: byte 0: data is not an array of real numbers"
      ),
      (
        file(Archives.matrix("data", [4, 8], pixels, flags: [9, 8])),
        "[byte 128]: byte 0: data is not an array of real numbers"
      ),
      (
        file(Archives.matrix("data", [.max, .max], pixels)),
        "[byte 128]: byte 0: data: [4294967295, 4294967295] values are more than the limit of 4 GiB"
      ),
      (
        file(Archives.matrix("data", [4, 8], numberType: 12, pixels)),
        "[byte 128]: byte 56: data: values of type 12, which is not supported"
      ),
      (
        file(Archives.matrix("data", [4, 9], pixels)),
        "[byte 128]: byte 56: data: 32 bytes of data, but its shape [4, 9] needs 36"
      ),
      (
        file(Archives.matrix("data", [5, 8], [UInt8](0..<40)), label),
        "[byte 128]: byte 64: data has the shape [5, 8]; expected an image in each column, such as [784, 70000]"
      ),
      (
        file(data, Archives.matrix("label", [1, 7], [UInt8](0..<7))),
        "[byte 224]: byte 64: label has the shape [1, 7] for 8 images"
      ),
      (
        file(data, Archives.matrix("label", [1, 8], [0, 1, 2, 3, 4, 5, 10, 0])),
        "[byte 224]: byte 72: label 10 of image 6 is not one of 0 to 9"
      ),
      (
        file(data, Archives.matrix("label", [1, 8], [0, 1, 2, 3, 4, 5, 6, 7])),
        "[byte 224]: byte 72: all labels are sorted, so there is no boundary of training and test set; shuffle the columns"
      ),
      (
        file(data, Archives.matrix("label", [1, 8], numberType: 1, [0, 1, 2, 3, 4, 5, 255, 7])),
        "[byte 224]: byte 70: a value that is not an integer from 0 to 255"
      ),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], expected: String) {
    #expect(message { _ = try load(bytes) } == "DIR/f.mat" + (expected.hasPrefix("[") ? "" : ": ") + expected)
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try Archives.fixture("mnist-original.mat")
    for length in stride(from: 128, to: whole.count, by: 5) {
      #expect(throws: (any Error).self) { try load(Array(whole[..<length])) }
    }
  }
}
