import CNNEngine
import Testing

@Suite struct FlatTensorBufferTests {
  @Test func countIsAWholeNumberOfVectors() throws {
    #expect(try [0, 1, 16, 17].map { try FlatTensorBuffer(count: $0).count } == [0, 16, 16, 32])
    #expect(try FlatTensorBuffer(count: 3, repeating: 0.5)[0..<16] == [Float](repeating: 0.5, count: 16))
  }

  @Test func partsAreReadAndReplaced() throws {
    let buffer = try FlatTensorBuffer(count: 20)
    buffer.replace(at: 3, with: [1, 2, 3])
    buffer.replace(at: 31, with: [9])
    buffer.replace(at: 32, with: [])
    #expect(buffer[2..<7] == [0, 1, 2, 3, 0])
    #expect(buffer[31..<32] == [9])
    let copy = try FlatTensorBuffer(count: 20)
    copy.copy(from: buffer)
    buffer.replace(at: 0, with: [7])
    #expect(copy[0..<4] == [0, 0, 0, 1])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func oneBadNumberShows(number: Float) throws {
    let buffer = try FlatTensorBuffer(count: 1000, repeating: .greatestFiniteMagnitude)
    #expect(buffer.isFinite)
    buffer.replace(at: 999, with: [number])
    #expect(!buffer.isFinite)
  }
}
