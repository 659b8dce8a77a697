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

  @Test("One file is read by its name, whatever its bytes look like")
  func oneFile() throws {
    try DataSource.with { source in
      // The first bytes are those of an IDX file of 32-bit integers.
      try source.write([0, 0, 12, 2] + record(7, 3).dropFirst(4) + record(7, 3), "data_batch_2.bin")
      try source.write(record(9, 100), "test_batch.bin")
      let set = try source.load("data_batch_2.bin", DatasetOptions(undivided: .test))
      #expect(set.pool.labels == [0, 7] && set.notices.isEmpty)
      #expect(try source.load("test_batch.bin").test.count == 1)
    }
  }

  @Test("The Python version, and CIFAR-100, are named", arguments: ["", "cifar-10-batches-py/"])
  func otherVersions(folder: String) throws {
    for name in ["data_batch_1", "test_batch", "batches.meta"] {
      try DataSource.with { source in
        try source.write([0x80, 2, 0x7D, 0x71], folder + name)
        for place in ["", folder + name] {
          let text = message { _ = try source.load(place) }
          #expect(text.contains("\(name): CIFAR-10's Python version: these are Python pickles"), "\(text)")
          #expect(text.contains("cifar-10-binary.tar.gz") && text.contains("n.savez('cifar10.npz'"))
        }
      }
    }
    try DataSource.with { source in
      try source.write([3] + record(7, 3) + [4] + record(99, 3), "train.bin")
      for place in ["", "train.bin"] {
        let text = message { _ = try source.load(place) }
        #expect(text.contains("train.bin: CIFAR-100's binary version, 3,074 bytes for each image"), "\(text)")
      }
      try source.write([1, 2, 3], "train.bin")
      #expect(!message { _ = try source.load() }.contains("CIFAR-100"))
    }
  }
}
