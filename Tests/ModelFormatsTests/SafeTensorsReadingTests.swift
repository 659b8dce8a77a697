import Foundation
import ModelFormats
import Testing
import TestSupport

@Suite struct SafeTensorsReadingTests {
  /// A file with this header, `dataCount` zero bytes after it.
  private static func file(_ header: String, dataCount: Int) -> [UInt8] {
    let count = header.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: dataCount)
  }

  private static func fault(
    _ bytes: [UInt8], limits: SafeTensors.Limits = .init(), requiringChecksum: Bool = false
  ) -> String {
    do throws(SafeTensorsError) {
      _ = try SafeTensors(parsing: bytes, file: "x", limits: limits, requiringChecksum: requiringChecksum)
      return "no error"
    } catch {
      return error.description
    }
  }

  private static func entry(
    _ name: String, _ shape: String, _ offsets: String, type: String = "F32"
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test(arguments: [
    ("{}", 0), ("{}      ", 0), ("{\(entry("a", "[2]", "[0,8]"))}", 8), ("{\(entry("a", "[]", "[0,4]"))}", 4),
    ("{\(entry("b", "[1]", "[4,8]")),\(entry("a", "[1]", "[0,4]"))}", 8),
    ("{\(entry("a", "[1]", "[0,4]")),\(entry("e", "[0,7]", "[4,4]"))}", 4),
    (#"{"__metadata__":{"checksum":"md5 of something"}}"#, 0),
  ])
  func accepts(header: String, dataCount: Int) {
    #expect(Self.fault(Self.file(header, dataCount: dataCount)) == "no error")
  }

  @Test(arguments: [
    ("[]", 0, "the header does not start with {"),
    (" {}", 0, "the header does not start with {"),
    ("{", 0, "header:1:2: expected a key in double quotes, not the end of the text"),
    ("{}x", 0, "header:1:3: x after the end of the value"),
    ("{\"a\":{\"b\":[[1]]}}", 0, "header:1:12: a.b[0]: nested deeper than 3 levels"),
    (#"{"a":3}"#, 0, "tensor a: must have dtype, shape and data_offsets, and nothing else"),
    (
      #"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, 4,
      "tensor a: must have dtype, shape and data_offsets, and nothing else"
    ),
    (
      "{\(entry("a", "[1]", "[0,1]", type: "F8_E4M3"))}", 1,
      #"tensor a: the dtype must be one of F64, F32, F16, BF16, I64, I32, U8, not "F8_E4M3""#
    ),
    (
      "{\(entry("a", "[1,1,1,1,1]", "[0,4]"))}", 4, "tensor a: the shape must be an array of at most 4 sizes"
    ),
    ("{\(entry("a", "[-1]", "[0,4]"))}", 4, "tensor a: the shape must be an array of at most 4 sizes"),
    ("{\(entry("a", "[1.5]", "[0,4]"))}", 4, "tensor a: the shape must be an array of at most 4 sizes"),
    ("{\(entry("a", "3", "[0,4]"))}", 4, "tensor a: the shape must be an array of at most 4 sizes"),
    (
      "{\(entry("a", "[4294967296,4294967296]", "[0,4]"))}", 4, "tensor a: the shape is too large"
    ),
    (
      "{\(entry("a", "[1]", "[0,8]"))}", 4,
      "tensor a: the data_offsets are not within the 4 bytes of data"
    ),
    (
      "{\(entry("a", "[1]", "[4,0]"))}", 4,
      "tensor a: the data_offsets are not within the 4 bytes of data"
    ),
    (
      "{\(entry("a", "[1]", "[4]"))}", 4,
      "tensor a: the data_offsets are not within the 4 bytes of data"
    ),
    ("{\(entry("a", "[2]", "[0,4]"))}", 4, "tensor a: 4 bytes of data, but its shape needs 8"),
    ("{\(entry("a", "[1]", "[4,8]"))}", 8, "tensor a: its data leaves a gap before it"),
    (
      "{\(entry("a", "[2]", "[0,8]")),\(entry("b", "[1]", "[4,8]"))}", 8,
      "tensor b: its data overlaps another tensor"
    ),
    (
      "{\(entry("a", "[1]", "[0,4]")),\(entry("b", "[1]", "[0,4]"))}", 4,
      "tensor b: its data overlaps another tensor"
    ),
    ("{\(entry("a", "[1]", "[0,4]"))}", 8, "the tensors end after 4 of 8 bytes of data"),
    (
      "{\(entry("a", "[1]", "[0,4]")),\(entry("a", "[1]", "[4,8]"))}", 8,
      "header:1:55: a: duplicate key; first given at header:1:2"
    ),
    (#"{"__metadata__":[]}"#, 0, "the metadata is not an object"),
    (#"{"__metadata__":{"a":1}}"#, 0, "the metadata a is not a string"),
    (
      #"{"__metadata__":{"a":"1","checksum":"crc32c:00000000"}}"#, 0,
      "the checksum is not the first entry of the header"
    ),
    (#"{"__metadata__":{"checksum":"crc32c:0"}}"#, 0, "the checksum is not the first entry of the header"),
  ])
  func refusesHeader(header: String, dataCount: Int, message: String) {
    #expect(Self.fault(Self.file(header, dataCount: dataCount)) == "x: byte 8: \(message)")
  }

  @Test func refusesSizesBeforeReading() {
    #expect(Self.fault([1, 2, 3]) == "x: byte 0: not safetensors: only 3 bytes")
    let far = [UInt8](repeating: 255, count: 8) + Array("{}".utf8)
    let header = "a header of 18446744073709551615 bytes; the limit is 8388608"
    #expect(Self.fault(far) == "x: byte 0: not safetensors: \(header)")
    #expect(Self.fault([9, 0, 0, 0, 0, 0, 0, 0, 0x7B]) == "x: byte 0: a header of 9 bytes, but 1 are left")
    #expect(Self.fault(far, limits: .init(fileBytes: 9)) == "x: byte 0: 10 bytes; the limit is 9")
    #expect(
      Self.fault(Self.file("{}", dataCount: 0), requiringChecksum: true)
        == "x: byte 8: the metadata has no checksum")
    let two = "{\(Self.entry("a", "[0]", "[0,0]")),\(Self.entry("b", "[0]", "[0,0]"))}"
    #expect(
      Self.fault(Self.file(two, dataCount: 0), limits: .init(tensors: 1)) == "x: byte 8: more than 1 tensors")
  }

  /// Every flipped bit and every truncation of a file with a checksum is refused.
  @Test func damageIsAlwaysDetected() throws {
    var content = SafeTensors()
    content.setMetadata("epoch", to: "3")
    try content.append("conv1.weight", shape: [2, 3], [1, -2, 0.5, 4, 5, 6])
    try content.append("conv1.bias", shape: [2], [0, 0])
    let valid = try content.encoded()
    #expect(Self.fault(valid, requiringChecksum: true) == "no error")
    for length in valid.indices {
      #expect(Self.fault(Array(valid[..<length]), requiringChecksum: true) != "no error")
    }
    #expect(Self.fault(valid + [0], requiringChecksum: true) != "no error")
    for index in valid.indices {
      for bit in 0..<8 {
        var damaged = valid
        damaged[index] ^= 1 << bit
        #expect(Self.fault(damaged, requiringChecksum: true) != "no error", "byte \(index), bit \(bit)")
      }
    }
  }

  @Test func filesThatCannotBeReadAreNamed() {
    func error(_ path: String) -> SafeTensorsError? {
      #expect(throws: SafeTensorsError.self) { try SafeTensors(contentsOf: path) }
    }
    #expect(error("/no/such.ckpt")?.description == "/no/such.ckpt: No such file or directory")
    #expect(error("/no/such.ckpt")?.kind == .unreadable)
    #expect(error("/")?.description == "/: this is a folder, not a file")
    #expect(error("/dev/zero")?.description == "/dev/zero: not a regular file")
    #expect(error(#filePath)?.kind == .malformed)
  }

  @Test(.timeLimit(.minutes(1))) func aPipeIsRefusedWithoutBlocking() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "pipe-\(UUID())").path()
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    #expect(throws: SafeTensorsError.self) { try SafeTensors(contentsOf: path) }
  }
}
