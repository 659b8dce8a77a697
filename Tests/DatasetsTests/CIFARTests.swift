import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct CIFARTests {
  private func record(_ label: UInt8, _ value: UInt8) -> [UInt8] {
    [label] + (0..<3072).map { UInt8(truncatingIfNeeded: Int(value) + $0 / 1024) }
  }

  @Test(arguments: ["", "cifar-10-batches-bin/"])
  func reads(folder: String) throws {
    try DataSource.with { source in
      for batch in 1...5 {
        try source.write(
          record(UInt8(batch), 10) + record(0, UInt8(batch)), "\(folder)data_batch_\(batch).bin")
      }
      try source.write(record(9, 100), "\(folder)test_batch.bin")
      try source.write(
        "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n",
        "\(folder)batches.meta.txt")
      let set = try source.load()
      #expect(set.pool.shape == ImageShape(channels: 3, height: 32, width: 32))
      #expect((set.train.count, set.test.count) == (10, 1))
      #expect(set.pool.labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 9])
      #expect([0, 1024, 2048].map { set.test[0][set.test[0].startIndex + $0] } == [100, 101, 102])
      #expect(set.classNames.last == "truck")
      #expect(set.preparation == .scale)
      try removeFile(source.path("\(folder)data_batch_3.bin"))
      #expect(try source.load().notices.contains("data_batch_3.bin is missing"))
    }
  }

  @Test func refusesEveryTruncation() throws {
    let whole = record(1, 1) + record(2, 2)
    try DataSource.with { source in
      for length in stride(from: 1, to: whole.count, by: 199) where length != 3073 {
        try source.write(Array(whole[..<length]), "data_batch_1.bin")
        #expect(message { _ = try source.load() }.contains("the file ends within a record"))
      }
    }
  }

  @Test func refusesOtherRecords() throws {
    try DataSource.with { source in
      for (bytes, expected) in [
        ([], "byte 0: no images"),
        (Array(record(1, 1).dropLast()), "byte 3072: the file ends within a record"),
        (record(10, 1), "byte 0: label 10; a record of CIFAR-10 begins with 0 to 9"),
        (record(1, 1) + record(255, 1), "byte 3073: label 255;"),
      ] as [([UInt8], String)] {
        try source.write(bytes, "test_batch.bin")
        #expect(message { _ = try source.load() }.contains("test_batch.bin: " + expected))
      }
    }
  }
}
