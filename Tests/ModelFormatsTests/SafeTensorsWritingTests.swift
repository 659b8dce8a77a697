import ModelFormats
import Testing
import TestSupport

@Suite struct SafeTensorsWritingTests {
  private func example() throws(SafeTensorsError) -> SafeTensors {
    var file = SafeTensors()
    file.setMetadata("epoch", to: "2")
    file.setMetadata("config", to: "{\n  \"name\": \"é\" }")
    file.setMetadata("epoch", to: "3")
    try file.append("fc.weight", shape: [2, 3], [1, -2, 0.5, .infinity, 0x1p-149, -0.0])
    try file.append("empty", shape: [0], [])
    try file.append("step", shape: [], .int64, bytes: [7, 0, 0, 0, 0, 0, 0, 0])
    return file
  }

  @Test func theBytesAreTheFormat() throws {
    var file = SafeTensors()
    file.setMetadata("epoch", to: "3")
    try file.append("w", shape: [1], [1])
    let header =
      #"{"__metadata__":{"checksum":"crc32c:5a5a5a5a","epoch":"3"},"#
      + #""w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let bytes = try file.encoded()
    let text = String(decoding: bytes[8...].dropLast(4), as: UTF8.self)
    #expect(bytes[0] == 112 && bytes[1..<8].allSatisfy { $0 == 0 } && bytes.count == 8 + 112 + 4)
    #expect(text.prefix(36) == header.prefix(36) && text.dropFirst(44) == header.dropFirst(44))
    #expect(bytes.suffix(4) == [0, 0, 0x80, 0x3F])
  }

  @Test func whatIsWrittenIsRead() throws {
    let file = try example()
    let bytes = try file.encoded()
    let read = try SafeTensors(parsing: bytes, file: "x", requiringChecksum: true)
    #expect(read.isChecksummed && read.tensors == file.tensors)
    #expect(read.metadata.map(\.key) == ["epoch", "config"] && read.metadata("epoch") == "3")
    #expect(read.metadata("config") == "{\n  \"name\": \"é\" }")
    for tensor in file.tensors { #expect(read.bytes(of: tensor) == file.bytes(of: tensor)) }
    #expect(try read.encoded() == bytes, "the same content gives the same bytes")
  }

  @Test func theDataIsAlignedForEveryHeaderLength() throws {
    for length in 0..<16 {
      var file = SafeTensors()
      try file.append(String(repeating: "n", count: length), shape: [1], [1])
      #expect(try file.encoded().count % 8 == 4)
    }
  }

  /// What a checkpoint of 1,000 norms with Adam's slots and an average needs.
  @Test func manyTensorsAreWrittenAndRead() throws {
    var file = SafeTensors()
    for number in 0..<13_000 { try file.append("optimizer.exp_avg.norm\(number).weight", shape: [1], [1]) }
    let read = try SafeTensors(parsing: file.encoded(), file: "x", requiringChecksum: true)
    #expect(read.tensors == file.tensors)
    #expect(read["optimizer.exp_avg.norm12999.weight"]?.range == 51_996..<52_000)
  }

  @Test func refusesWhatItCouldNotReadAgain() throws {
    var file = try example()
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(
      message { try file.append("fc.weight", shape: [1], [1]) } == "tensor fc.weight: duplicate name")
    #expect(message { try file.append("__metadata__", shape: [1], [1]) }.hasSuffix("duplicate name"))
    #expect(
      message { try file.append("b", shape: [2], [1]) }
        == "tensor b: 4 bytes of F32 do not fill the shape [2]")
    #expect(
      message { try file.append("b", shape: [-1, -1], [1]) }.hasSuffix("do not fill the shape [-1, -1]"))
    #expect(message { try file.append("b", shape: [.max, .max], []) }.contains("do not fill"))
    #expect(message { _ = try file.encoded(limits: .init(tensors: 2)) } == "more than 2 tensors")
    #expect(
      message { _ = try file.encoded(limits: .init(rank: 1)) } == "tensor fc.weight: more than 1 dimensions")
    #expect(message { _ = try file.encoded(limits: .init(headerBytes: 100)) }.hasSuffix("exceeds its limit"))
    file.setMetadata("checksum", to: "mine")
    #expect(try SafeTensors(parsing: file.encoded(), file: "x").metadata("checksum") == nil)
  }
}
