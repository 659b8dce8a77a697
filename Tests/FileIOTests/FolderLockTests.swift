import FileIO
import Foundation
import Testing
import TestSupport

@Suite struct FolderLockTests {
  private func lock(_ folder: String) throws -> FolderLock {
    try FolderLock(OpenFolder(FileLocation(folder)))
  }

  @Test func theLockIsAFileThatStays() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run/\(FolderLock.name)"
      try AtomicFile.createFolder("\(folder)/run")
      var first: FolderLock? = try lock("\(folder)/run")
      #expect(first != nil)
      #expect(try contents(path).isEmpty)
      // It goes where the folder goes.
      try FileManager.default.moveItem(atPath: "\(folder)/run", toPath: "\(folder)/moved")
      #expect(
        message(in: folder) { _ = try lock("\(folder)/moved") }
          == "DIR/moved: another run is writing to this folder")
      try AtomicFile.createFolder("\(folder)/run")
      #expect(message { _ = try lock("\(folder)/run") } == "no error")
      first = nil
      #expect(message { _ = try lock("\(folder)/moved") } == "no error")
      #expect(FileManager.default.fileExists(atPath: "\(folder)/moved/\(FolderLock.name)"))
    }
  }

  @Test func whatCannotBeLockedIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/\(FolderLock.name)"
      try AtomicFile.createFolder(path)
      #expect(
        message(in: folder) { _ = try lock(folder) }
          == "DIR: cannot lock this folder (.lock): Is a directory")
      try removeFile(path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "elsewhere")
      #expect(
        message(in: folder) { _ = try lock(folder) }.hasPrefix("DIR: cannot lock this folder (.lock): "))
      #expect(try listing(folder).isEmpty, "nothing is made where a link leads")
    }
  }
}
