import ModelFormats
import Testing

@Suite struct SafeTensorsTests {
  /// Written by the reference library: scripts/make-safetensors-fixture.py.
  private static var reference: SafeTensors {
    get throws(SafeTensorsError) {
      let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
      return try SafeTensors(contentsOf: "/\(folder)/Fixtures/reference.safetensors")
    }
  }

  @Test func readsWhatTheReferenceLibraryWrites() throws {
    let file = try Self.reference
    let numbers: [Float] = [0, 1, -2.5, 0.09375, -65504, 0x1p-24]
    #expect(file["conv1.weight"]?.shape == [1, 2, 1, 3] && file["step"]?.shape == [])
    for name in ["conv1.weight", "double", "half"] {
      #expect(file.floats(of: try #require(file[name])) == numbers)
    }
    #expect(file.floats(of: try #require(file["brain"])) == Array(numbers[..<4]))
    #expect(file.floats(of: try #require(file["empty"])) == [])
    let step = try #require(file["step"])
    #expect(step.dataType == .int64 && file.floats(of: step) == nil)
    #expect(file.bytes(of: step).elementsEqual([0, 0, 0, 0, 0, 255, 255, 255]))
    #expect(file.bytes(of: try #require(file["count"])).elementsEqual([255, 255, 255, 255, 7, 0, 0, 0]))
    #expect(file.bytes(of: try #require(file["pixels"])).elementsEqual([0, 128, 255]))
    #expect(file.metadata("format") == "pt" && file.metadata("author") == #"the "reference" é"#)
    #expect(file["missing"] == nil && file.metadata("missing") == nil && !file.isChecksummed)
  }

  /// Every one of the 65,536 half-precision numbers, against the processor's own conversion where it has one.
  #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    @Test func halfPrecisionIsExact() throws {
      var file = SafeTensors()
      let halves = (0...UInt16.max).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      try file.append("all", shape: [65536], .float16, bytes: halves)
      let floats = try #require(file.floats(of: file.tensors[0]))
      for (bits, value) in zip(0...UInt16.max, floats) {
        let expected = Float(Float16(bitPattern: bits))
        #expect(value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN)
      }
    }
  #endif
}
