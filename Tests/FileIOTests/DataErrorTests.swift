import FileIO
import Formatting
import Testing

@Suite struct DataErrorTests {
  @Test func descriptionIsOneLine() {
    #expect("\(DataError.malformed(path: "a", byte: 7, reason: "bad"))" == "a: byte 7: bad")
    #expect(
      "\(DataError.malformed(path: "a.gz", byte: 7, decompressed: true, reason: "bad"))"
        == "a.gz: byte 7 (decompressed): bad")
    #expect("\(DataError.unreadable(path: "a", reason: "gone"))" == "a: gone")
    #expect("\(DataError.unwritable(path: "a", reason: "full"))" == "a: full")
    #expect("\(DataError.unsatisfiable(reason: "too many"))" == "too many")
  }

  @Test func numbersAreGrouped() {
    #expect(
      [0, 999, 1000, 60_000, 4_294_967_296, -1234].map(\.grouped)
        == ["0", "999", "1,000", "60,000", "4,294,967,296", "-1,234"])
  }
}
