import Datasets
import FileIO
import ImageFiles
import Testing
import TestSupport

/// CSV that other programs write, compressed, and text that is none.
@Suite struct CSVForeignTextTests {
  @Test("Compressed rows are read for predictions as for training")
  func compressed() throws {
    try DataSource.with { source in
      try source.write(TestBytes.gzip(Array("5,1,2,3,4\n3,9,8,7,6\n".utf8)), "f.csv.gz")
      #expect(try source.load("f.csv.gz").pool.labels.sorted() == [3, 5])
      let rows = try CSVImages(ByteSource(path: source.path("f.csv.gz")), shape: nil)
      #expect(rows.images.pixels == [1, 2, 3, 4, 9, 8, 7, 6])
      #expect(rows.labels == ["5", "3"])
    }
  }

  @Test("A first column that counts the rows is dropped where nothing fits with it", arguments: [0, 1])
  func countingColumn(first: Int) throws {
    let rows = (0..<4).map { "\($0 + first),\([7, 2][$0 % 2]),1,2,3,4\n" }.joined()
    let set = try Dataset(csv: Array(rows.utf8), name: "f.csv", DatasetOptions(undivided: .test))
    #expect(set.pool.shape == ImageShape(height: 2, width: 2))
    #expect(set.pool.labels == [7, 2, 7, 2] && set.pool.pixels.prefix(4) == [1, 2, 3, 4])
    let random = rows.replacing("\(first + 1),2", with: "9,2")
    #expect(
      message { _ = try Dataset(csv: Array(random.utf8), name: "f.csv") }.contains("6 columns, of which 5"))
  }

  @Test("A dropped last column is not taken for the label")
  func droppedLastColumn() throws {
    let set = try Dataset(
      csv: Array("a,b,\n1,7,x\n1,2,y\n".utf8), name: "f.csv", DatasetOptions(undivided: .test))
    #expect(set.pool.labels == [7, 2] && set.pool.pixels == [1, 1])
  }

  @Test func utf16() throws {
    try DataSource.with { source in
      let text = "5,1,2,3,4\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      for bytes in [[0xFF, 0xFE] + text, text, [0] + text.dropLast()] {
        try source.write(bytes, "f.csv")
        try source.write(bytes, "d/train.csv")
        for name in ["f.csv", "d"] {
          let found = message { _ = try source.load(name) }
          #expect(found.contains("this is text in UTF-16; convert it: iconv -f UTF-16"), "\(found)")
        }
      }
    }
  }

  @Test func linesThatEndInCR() throws {
    try DataSource.with { source in
      try source.write("5,1,2,3,4\r3,9,8,7,6\r", "f.csv")
      let text = message { _ = try source.load("f.csv") }
      #expect(
        text.contains("f.csv: byte 9: the lines end in CR alone, as on old Macs; convert it: tr '\\r' '\\n'"))
      try source.write("5,1,2,3,4\r", "f.csv")
      #expect(try source.load("f.csv").pool.labels == [5])
    }
  }

  @Test("Long lines are refused at once")
  func longLines() {
    let line = [UInt8](repeating: 0x30, count: 10_000_000).enumerated().map {
      $0.offset % 2 == 0 ? $0.element : 0x2C
    }
    let start = ContinuousClock.now
    #expect(
      message { _ = try Dataset(csv: line, name: "f.csv") }
        == "f.csv: byte 0: line 1: 5,000,001 columns; the limit is 1,048,576")
    let second = Array("5,1,2,3,4\n".utf8) + line
    #expect(
      message { _ = try Dataset(csv: second, name: "f.csv") }
        == "f.csv: byte 20: line 2, column 6: 5,000,000 columns, but the first line has 5")
    #expect(ContinuousClock.now - start < .seconds(3))
  }

  @Test("Labels that are no UTF-8 are refused: several would become one")
  func labelsInLatin1() {
    let rows = Array("\"".utf8) + [0xE9] + Array("\",1,5,3,4\n\"".utf8) + [0xE8] + Array("\",1,2,3,4\n".utf8)
    #expect(
      message { _ = try Dataset(csv: rows, name: "f.csv") }.contains(
        "line 1, column 1: the label is not UTF-8"))
  }
}
