import FileIO
import Foundation
import Testing
import TestSupport

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try AtomicFile.write([1, 2], to: path)
      #expect(try contents(path) == [1, 2])
      try AtomicFile.write(to: path) { (output) throws(DataError) in
        #expect((try? listing(folder))?.first?.contains(/^\.cnn-[0-9a-z]+\.tmp$/) == true)
        try output.write([3])
        try output.write([4, 5])
        #expect((try? contents(path)) == [1, 2])
      }
      #expect(try contents(path) == [3, 4, 5])
      #expect(try listing(folder) == ["a"])
    }
  }

  @Test("Links are followed; what is no regular file is refused, and stays")
  func linksAndDevices() throws {
    try withTemporaryFolder { folder in
      let (path, link, pipe) = ("\(folder)/a", "\(folder)/link", "\(folder)/pipe")
      try AtomicFile.write([1], to: path)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a")
      try AtomicFile.write([2], to: link)
      #expect(try contents(path) == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "a")
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(throws: DataError.unwritable(path: pipe, reason: "not a regular file")) {
        try AtomicFile.write([3], to: pipe)
      }
      try FileManager.default.removeItem(atPath: path)
      #expect(throws: DataError.self) { try AtomicFile.write([4], to: link) }
      #expect(try listing(folder).sorted() == ["link", "pipe"])
    }
  }

  @Test("Links lead on from link to link, and not in a circle")
  func chainsOfLinks() throws {
    try withTemporaryFolder { folder in
      func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)", withDestinationPath: target)
      }
      try AtomicFile.createFolder("\(folder)/below/deeper")
      try AtomicFile.write([1], to: "\(folder)/below/a")
      try link("first", to: "below/deeper/second")
      try link("below/deeper/second", to: "../../third")
      try link("third", to: "\(folder)/below/a")
      try AtomicFile.write([2], to: "\(folder)/first")
      #expect(try contents("\(folder)/below/a") == [2])
      #expect(try listing(folder).count == 6, "no link is replaced, no temporary file left")
      try link("here", to: "there")
      try link("there", to: "here")
      #expect(
        message(in: folder) { try AtomicFile.write([3], to: "\(folder)/here") }
          == "DIR/here: a link that leads nowhere")
    }
  }

  @Test func aNameMayBeginWithAnAccent() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/\u{301}a")
      try AtomicFile.write([1], to: "\(folder)/\u{301}a/\u{301}b")
      #expect(try contents("\(folder)/\u{301}a/\u{301}b") == [1])
    }
  }

  @Test func namesMayBeAsLongAsTheFileSystemAllows() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/\(String(repeating: "x", count: 255))"
      for byte: UInt8 in 1...2 { try AtomicFile.write([byte], to: path) }
      #expect(try contents(path) == [2])
      #expect(throws: DataError.self) { try AtomicFile.write([3], to: path + "x") }
    }
  }

  @Test func anErrorKeepsTheOldFileAndRemovesTheTemporaryOne() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try AtomicFile.write([1], to: path)
      #expect(throws: DataError.unsatisfiable(reason: "stop")) {
        try AtomicFile.write(to: path) { (output) throws(DataError) in
          try output.write([2])
          throw .unsatisfiable(reason: "stop")
        }
      }
      #expect(try contents(path) == [1])
      #expect(try listing(folder) == ["a"])
    }
  }

  @Test func removesTemporaryFilesOfKilledWriters() throws {
    try withTemporaryFolder { folder in
      for name in [
        "a", ".a.tmp", ".a.1x.tmp", ".a.2y.tmp", ".a.3z", ".b.4w.tmp", "a.5v.tmp", ".cnn-6u.tmp",
        ".cnn-?.tmp",
      ] {
        try write([1], "\(folder)/\(name)")
      }
      AtomicFile.removeLeftovers(in: FileLocation(folder))
      #expect(try listing(folder) == [".a.3z", ".a.tmp", ".cnn-?.tmp", "a", "a.5v.tmp"])
      AtomicFile.removeLeftovers(in: FileLocation("\(folder)/none"))
    }
  }

  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    try withTemporaryFolder { folder in
      #expect(
        message { try AtomicFile.write([1], to: "\(folder)/none/a") }
          == "\(folder)/none/a: No such file or directory")
      try FileManager.default.createDirectory(atPath: "\(folder)/dir/full", withIntermediateDirectories: true)
      #expect(throws: DataError.self) { try AtomicFile.write([1], to: "\(folder)/dir") }
      #expect(try listing(folder) == ["dir", "dir/full"])
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func aFolderThatCannotBeCreatedIsNamed() throws {
    try withTemporaryFolder { folder in
      chmod(folder, 0o500)
      defer { chmod(folder, 0o700) }
      #expect(
        message { try AtomicFile.createFolder("\(folder)/a/b") }
          == "\(folder)/a: cannot create this folder: Permission denied")
    }
  }

  @Test func createsFolders() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/a/b/c/")
      try AtomicFile.createFolder("\(folder)/a/b/c")
      #expect(try listing("\(folder)/a/b") == ["c"])
      try write([], "\(folder)/file")
      for path in ["\(folder)/file", "\(folder)/file/x"] {
        #expect(throws: DataError.self) { try AtomicFile.createFolder(path) }
      }
    }
  }
}
