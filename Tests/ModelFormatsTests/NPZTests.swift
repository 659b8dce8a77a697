import FileIO
import ModelFormats
import Testing
import TestSupport

@Suite struct NPZTests {
  private func arrays(_ bytes: [UInt8]) throws -> [NPZ.Array] {
    try NPZ(parsing: bytes, name: "f").arrays()
  }

  @Test("Arrays of every type that NumPy saved")
  func reads() throws {
    let arrays = try arrays(Archives.fixture("weights.npz"))
    #expect(arrays.map(\.name) == ["half", "single", "double", "whole", "scalar"])
    #expect(arrays.map(\.type) == ["<f2", "<f4", "<f8", "<i8", "<f4"])
    #expect(arrays.map(\.shape) == [[2, 3, 4], [2, 3, 4], [2, 3, 4], [2, 3, 4], []])
    #expect(arrays[1].bytes == (0..<24).flatMap { TestBytes.littleEndian((Float($0) / 4).bitPattern, 4) })
    #expect(arrays[4].bytes == TestBytes.littleEndian((1.5 as Float).bitPattern, 4))
  }

  @Test("An archive is read as it was written, and its bytes are reproducible")
  func writes() throws {
    let written: [(name: String, shape: [Int], values: [Float])] = [
      ("conv1.weight", [2, 1, 1, 3], [1, -2, 3.5, 4, 5, 6]), ("conv1.bias", [2], [0, 1]), ("none", [0], []),
    ]
    let bytes = NPZ.encode(written)
    #expect(bytes == NPZ.encode(written))
    let read = try arrays(bytes)
    #expect(read.map(\.name) == written.map(\.name))
    #expect(read.map(\.shape) == written.map(\.shape))
    #expect(read.map(\.type) == ["<f4", "<f4", "<f4"])
    for (array, values) in zip(read, written.map(\.values)) {
      #expect(array.bytes == values.flatMap { TestBytes.littleEndian($0.bitPattern, 4) })
    }
  }

  @Test("A header of version 2 or 3, with other quotation marks and order")
  func headers() throws {
    for version in [[2, 0], [3, 0]] as [[UInt8]] {
      let text = #"{"shape":(2,),"fortran_order":True,"descr":"|u1"}"#
      let bytes = Archives.zip([.init(content: Archives.npy(text, [7, 8], version: version))])
      #expect(try arrays(bytes).map(\.bytes) == [[7, 8]])
    }
  }

  @Test("A column-major array is read row-major")
  func columnMajor() throws {
    let text = "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3, 2), }"
    // Element [i, j, k] is ijk.
    let data: [UInt8] = [0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121]
    let bytes = Archives.zip([.init(content: Archives.npy(text, data.flatMap { [$0, 0] }))])
    let rows: [UInt8] = [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]
    #expect(try arrays(bytes).map(\.bytes) == [rows.flatMap { [$0, 0] }])
  }

  @Test("A streamed entry, and a comment after the archive")
  func descriptors() throws {
    var bytes = Archives.zip([.init(content: Archives.npy("|u1", "(2,)", [7, 8]), flags: 8)]) { end in
      end[20] = 3
      end += Array("abc".utf8)
    }
    // The local header of a streamed entry has neither checksum nor sizes.
    for offset in 14..<26 { bytes[offset] = 0 }
    #expect(try arrays(bytes).map(\.bytes) == [[7, 8]])
  }

  private static let good = Archives.Entry(content: Archives.npy("|u1", "(2,)", [7, 8]))

  private static func entry(_ change: (inout Archives.Entry) -> Void) -> [UInt8] {
    var entry = good
    change(&entry)
    return Archives.zip([entry])
  }

  @Test(
    arguments: [
      ([], "byte 0: zip: not an archive: the file is empty"),
      (Array("<html>".utf8), "byte 0: zip: not an archive: this is an HTML page (\"<html\")"),
      ([0x50, 0x4B, 3, 4, 0], "byte 5: zip: the end of the archive is missing; the file is cut off"),
      (
        Archives.zip([good]).dropLast(),
        "byte 176: zip: the end of the archive is missing; the file is cut off"
      ),
      (
        Archives.zip([good]) { $0[20] = 1 },
        "byte 177: zip: the end of the archive is missing; the file is cut off"
      ),
      (Archives.zip([good]) { $0[4] = 1 }, "byte 159: zip: the archive is in several parts"),
      (
        Archives.zip([good]) { for byte in 8..<12 { $0[byte] = 0xFF } },
        "byte 155: zip: the records of zip64 that the end of the archive refers to are missing"
      ),
      (
        Archives.zip([good]) { ($0[9], $0[11]) = (9, 9) },
        "byte 165: zip: 2,305 entries; the limit is 1,024"
      ),
      (
        Archives.zip([good]) { $0[16] += 1 },
        "byte 167: zip: the directory of 51 bytes at 105 does not end where the archive does"
      ),
      (
        Archives.zip([good]) { ($0[8], $0[10]) = (2, 2) },
        "byte 155: zip: no entry of the directory begins here"
      ),
      (
        Archives.zip([good]) { ($0[8], $0[10]) = (0, 0) },
        "byte 104: zip: 51 bytes after the last entry of the directory"
      ),
      (Archives.zip([good, good]), "byte 259: zip: duplicate entry x.npy"),
      (
        entry { $0.size = .max },
        "byte 124: zip: x.npy: its sizes are in a record of zip64 that is missing or invalid"
      ),
      (entry { $0.offset = 120 }, "byte 120: zip: x.npy: its header is not at byte 120"),
      (
        entry { $0.localSignature = [0x50, 0x4B, 3, 5] },
        "byte 0: zip: not an archive: it begins with 50 4B 03 05"
      ),
      (entry { $0.flags = 1 }, "byte 6: zip: x.npy: it is encrypted"),
      (
        entry { $0.method = 12 },
        "byte 8: zip: x.npy: compression method 12; only 0 (stored) and 8 (deflate) are supported"
      ),
      (
        entry { $0.localMethod = 8 },
        "byte 8: zip: x.npy: its header and the directory name different compression methods"
      ),
      (entry { $0.compressedSize = 91 }, "byte 35: zip: x.npy: its 91 bytes reach into the directory"),
      (entry { $0.size = 91 }, "byte 0: zip: x.npy: 69 bytes cannot hold 91"),
      (
        entry {
          $0.method = 8
          $0.size = 4_000_000_000
        }, "byte 0: zip: x.npy: 69 bytes cannot hold 4,000,000,000"
      ),
      (
        entry {
          $0.method = 8
          $0.content = [0xFF]
        }, "[x.npy]: byte 1: deflate: invalid block type"
      ),
      (
        entry { $0.crc = 1 },
        "[x.npy]: byte 69: the checksum (CRC-32) of the array is wrong; the file is damaged"
      ),
    ] as [([UInt8], String)])
  func refusesArchives(bytes: [UInt8], expected: String) {
    #expect(message { _ = try arrays(bytes) } == "f" + (expected.hasPrefix("[") ? "" : ": ") + expected)
  }

  @Test(
    arguments: [
      ([], "byte 0: not a NumPy array: the file is empty"),
      (Array("<html><body>".utf8), "byte 0: not a NumPy array: this is an HTML page (\"<html\")"),
      (Archives.npy("{}", version: [9, 0]), "byte 6: version 9 of the format; 1 to 3 are supported"),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 5], "byte 9: the data ends here, 1 byte too early"),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 99, 0], "byte 10: the data ends here, 99 bytes too early"),
      (
        [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF],
        "byte 8: a header of 4,294,967,295 bytes; the limit is 65,536"
      ),
      (Archives.npy(""), "byte 10: expected \"{\""),
      (Archives.npy("{"), "byte 11: expected a string in quotes"),
      (Archives.npy("{'descr"), "byte 11: expected a string in quotes"),
      (Archives.npy("{'descr' '<f4'}"), "byte 19: expected \":\""),
      (Archives.npy("{'descr': 4}"), "byte 20: a value that cannot be read"),
      (Archives.npy("{'descr': '<f4' 'x'"), "byte 26: expected \"}\""),
      (Archives.npy("{'a': '', 'a': ''}"), "byte 20: duplicate key 'a'"),
      (Archives.npy("{} x"), "byte 13: data after the header's dictionary"),
      (Archives.npy("{}"), "byte 10: no 'descr'"),
      (Archives.npy("{'descr': True}"), "byte 20: 'descr' must be the name of an element type"),
      (Archives.npy("{'descr': [('a', '<f4')]}"), "byte 20: structured arrays (records) are not supported"),
      (
        Archives.npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
        "byte 20: object arrays, which can execute code, are not supported"
      ),
      (Archives.npy(">f4", "(1,)", [0, 0, 0, 0]), "byte 20: '>f4' is big-endian, which is not supported"),
      (
        Archives.npy("<c8", "(1,)", []),
        "byte 20: elements of type '<c8' are not supported, only |u1, |i1, <u2, <i2, <u4, <i4, <u8, <i8, <f2, <f4, <f8"
      ),
      (Archives.npy("{'descr': '<f4'}"), "byte 10: no 'shape'"),
      (Archives.npy("{'descr': '<f4', 'shape': 3}"), "byte 36: a value that cannot be read"),
      (Archives.npy("{'descr': '<f4', 'shape': 'x'}"), "byte 36: 'shape' must be a tuple of at most 8 sizes"),
      (Archives.npy("<f4", "(-1,)", []), "byte 61: a size must be a non-negative integer"),
      (Archives.npy("<f4", "(99999999999999999999,)", []), "byte 61: a size must be a non-negative integer"),
      (Archives.npy("<f4", "(1", []), "byte 64: a size must be a non-negative integer"),
      (Archives.npy("<f4", "(1,1,1,1,1,1,1,1,1)", []), "byte 60: 'shape' must be a tuple of at most 8 sizes"),
      (Archives.npy("{'descr': '<f4', 'shape': (1,)}"), "byte 10: no 'fortran_order'"),
      (Archives.npy("{'descr': '<f4', 'fortran_order': 'x', 'shape': (1,)}"), "byte 10: no 'fortran_order'"),
      (
        Archives.npy("<f4", "(1073741825,)", []),
        "byte 10: [1073741825] elements of <f4 are more than the limit of 4 GiB"
      ),
      (Archives.npy("|u1", "(3,)", [1, 2]), "byte 67: 2 bytes of data, but its shape needs 3"),
      (Archives.npy("|u1", "(1,)", [1, 2]), "byte 67: 2 bytes of data, but its shape needs 1"),
    ] as [([UInt8], String)])
  func refusesArrays(content: [UInt8], expected: String) {
    let bytes = Archives.zip([.init(content: content)])
    #expect(message { _ = try arrays(bytes) } == "f[x.npy]: " + expected)
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try Archives.fixture("mnist.npz")
    for length in stride(from: 0, to: whole.count, by: 7) {
      #expect(throws: DataError.self) { try arrays(Array(whole[..<length])) }
    }
  }

  @Test("A damaged byte is detected, or does not change the arrays")
  func damage() throws {
    let whole = try Archives.fixture("mnist.npz")
    let content = try arrays(whole).map(\.bytes)
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 0x10
      if let read = try? arrays(damaged) { #expect(read.map(\.bytes) == content) }
    }
  }
}
