import Datasets
import FileIO
import Foundation
import Testing
import TestSupport

@Suite struct MNISTDownloadTests {
  private static let texts = ["content one", "content two", "content three", "content four"]
  private static let hashes = [
    "cdaf242e2e139dd255fbb56a691a9d0943a916a3235ee8d3cd73810d9d0b1ea2",
    "c4f3079e433eaeb4e02b25c94b16b5ffa833a7c0d1f7733a41a73080d10a4f1b",
    "e7c7e56d7a4ea2b710fa2f2651ff79d0158d030f06b9bac4e6de8f29196d010c",
    "f67a16c3b08f807b53ccf4b03b562fc90571f1072ed32c356cf8868d5f591bb0",
  ]
  private static let names = ["one", "two", "three", "four"]

  private static var files: [MNISTDownload.File] {
    zip(zip(names, hashes), texts).map { pair, content in
      MNISTDownload.File(
        name: pair.0, sha256: pair.1, contentSize: content.utf8.count, downloadSize: content.utf8.count + 23)
    }
  }

  /// Serves the files from memory; a URL it does not have is an error.
  private struct Shelf: DownloadTransport {
    var pages: [String: [UInt8]] = [:]

    func fetch(
      _ url: String, receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
    ) throws(DataError) {
      guard let bytes = pages[url] else { throw .unreadable(path: url, reason: "curl: (6) no such host") }
      for half in [bytes[..<(bytes.count / 2)], bytes[(bytes.count / 2)...]] {
        let piece = Array(half)
        try piece.withUnsafeBufferPointer { (buffer) throws(DataError) in
          try receive(UnsafeRawBufferPointer(buffer))
        }
      }
    }

    static func full(_ mirror: String) -> Shelf {
      var shelf = Shelf()
      for (name, content) in zip(names, texts) {
        shelf.pages["\(mirror)\(name).gz"] = TestBytes.gzip(Array(content.utf8))
      }
      return shelf
    }
  }

  private func download(
    _ shelf: Shelf, into folder: String, mirrors: [String] = ["m1/", "m2/"], stop: Bool = false
  ) throws -> [MNISTDownload.Outcome] {
    try MNISTDownload(transport: shelf, mirrors: mirrors, files: Self.files)
      .run(into: folder, shouldStop: { stop })
  }

  @Test func downloadsIntoANewFolder() throws {
    try withTemporaryFolder { folder in
      let target = "\(folder)/new/mnist"
      let outcomes = try download(.full("m1/"), into: target)
      #expect(outcomes == Self.names.map { .downloaded("\(target)/\($0).gz", from: "m1/\($0).gz") })
      #expect(try listing(target) == ["four.gz", "one.gz", "three.gz", "two.gz"])
      #expect(try contents("\(target)/one.gz") == TestBytes.gzip(Array("content one".utf8)))
    }
  }

  @Test func reportsProgress() throws {
    try withTemporaryFolder { folder in
      var reports: [MNISTDownload.Progress] = []
      _ = try MNISTDownload(transport: Shelf.full("m1/"), mirrors: ["m1/"], files: Self.files)
        .run(into: folder) { reports.append($0) }
      let first = reports.filter { $0.file == "one.gz" }
      #expect(first.map(\.received) == [0, 17, 34])
      #expect(first.allSatisfy { $0.expected == 34 })
    }
  }

  @Test func triesTheNextMirror() throws {
    try withTemporaryFolder { folder in
      var shelf = Shelf.full("m2/")
      shelf.pages["m1/one.gz"] = Array("<!DOCTYPE html><title>Log in</title>".utf8)
      shelf.pages["m1/two.gz"] = TestBytes.gzip(Array("content 222".utf8))
      shelf.pages["m1/three.gz"] = TestBytes.gzip(Array("content three".utf8)).dropLast(3)
      shelf.pages["m1/four.gz"] = [UInt8](repeating: 0, count: 10_000)
      let outcomes = try download(shelf, into: folder)
      #expect(outcomes == Self.names.map { .downloaded("\(folder)/\($0).gz", from: "m2/\($0).gz") })
    }
  }

  @Test func instructionsAreGivenWhenAllMirrorsFail() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(pages: ["m1/one.gz": Array("<html>".utf8)])
      #expect(
        message { _ = try download(shelf, into: folder) }
          == """
          \(folder)/one.gz: cannot be downloaded
          m1/one.gz: byte 0: not gzip: this is an HTML page ("<html")
          m2/one.gz: curl: (6) no such host
          fetch one.gz, two.gz, three.gz, four.gz by hand, from a mirror, and put them into \(folder)
          """)
      let files = try listing(folder)
      #expect(files.isEmpty)
    }
  }

  @Test func keepsValidFiles() throws {
    try withTemporaryFolder { folder in
      try write(Array("content one".utf8), "\(folder)/one")
      try write(TestBytes.gzip(Array("content two".utf8)), "\(folder)/two.gz")
      let outcomes = try download(.full("m1/"), into: folder)
      #expect(outcomes.prefix(2) == [.kept("\(folder)/one"), .kept("\(folder)/two.gz")])
      #expect(try listing(folder) == ["four.gz", "one", "three.gz", "two.gz"])
    }
  }

  @Test func replacesADamagedFile() throws {
    try withTemporaryFolder { folder in
      try write(TestBytes.gzip(Array("content one".utf8)).dropLast(5), "\(folder)/one.gz")
      #expect(
        try download(.full("m1/"), into: folder).first
          == .downloaded("\(folder)/one.gz", from: "m1/one.gz"))
    }
  }

  @Test(arguments: ["content 111", "another size altogether"])
  func leavesOtherDataAlone(content: String) throws {
    try withTemporaryFolder { folder in
      let other = TestBytes.gzip(Array(content.utf8))
      try write(other, "\(folder)/one.gz")
      #expect(
        message { _ = try download(.full("m1/"), into: folder) }
          == "\(folder)/one.gz: byte 0: not MNIST's file of this name (its SHA-256 differs); remove it, "
          + "or choose another folder")
      #expect(try contents("\(folder)/one.gz") == other)
    }
  }

  @Test func stopsWithoutTemporaryFiles() throws {
    try withTemporaryFolder { folder in
      #expect(
        message { _ = try download(.full("m1/"), into: folder, stop: true) }
          == "\(folder)/one.gz: the download was stopped")
      let files = try listing(folder)
      #expect(files.isEmpty)
    }
  }

  @Test func aFolderThatCannotBeCreatedIsAnError() throws {
    try withTemporaryFolder { folder in
      try write([], "\(folder)/file")
      #expect(throws: DataError.self) { try download(.full("m1/"), into: "\(folder)/file/x") }
    }
  }

  @Test func downloadsWithCurl() throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/mirror")
      for (name, content) in zip(Self.names, Self.texts) {
        try write(TestBytes.gzip(Array(content.utf8)), "\(folder)/mirror/\(name).gz")
      }
      let mirrors = ["file://\(folder)/none/", "file://\(folder)/mirror/"]
      let download = MNISTDownload(transport: Curl(searchPath: path), mirrors: mirrors, files: Self.files)
      guard
        path.split(separator: ":").contains(where: { FileManager.default.fileExists(atPath: "\($0)/curl") })
      else { return }
      let outcomes = try download.run(into: "\(folder)/target")
      #expect(outcomes.first == .downloaded("\(folder)/target/one.gz", from: mirrors[1] + "one.gz"))
      #expect(try listing("\(folder)/target").count == 4)
    }
  }

  @Test(.enabled(if: realMNIST != nil)) func realMNISTHasTheRightChecksums() throws {
    let directory = try #require(realMNIST)
    let outcomes = try MNISTDownload(transport: Shelf()).run(into: directory)
    #expect(outcomes.count == 4)
    for case .downloaded(let path, _) in outcomes { Issue.record("\(path) was not kept") }
  }
}
