import FileIO
import Foundation
import Testing
import TestSupport

/// Files in a folder that is open, while it is moved or deleted.
@Suite struct OpenFolderTests {
  @Test func aFolderIsReachedWhereverItIsMoved() throws {
    try withTemporaryFolder { folder in
      let (old, new) = ("\(folder)/old", "\(folder)/elsewhere/new")
      try AtomicFile.createFolder("\(old)/below")
      try AtomicFile.createFolder("\(folder)/elsewhere")
      let open = FileLocation(try OpenFolder(FileLocation(old)))
      let rows = try LineFile.create(open.appending("rows"), lines: ["one"])
      try FileManager.default.moveItem(atPath: old, toPath: new)
      // Another folder takes its path.
      try AtomicFile.createFolder("\(old)/below")
      try AtomicFile.write([1], to: open.appending("a"))
      try AtomicFile.write([2], to: open.appending("below").appending("b"))
      try AtomicFile.createFolder(open.appending("c").appending("d"))
      try rows.append("two")
      #expect(try listing(old) == ["below"])
      #expect(try listing(new) == ["a", "below", "below/b", "c", "c/d", "rows"])
      #expect(try lines("\(new)/rows") == ["one", "two"])
      let read = open.appending("below").appending("b")
      var source = try ByteSource(read)
      #expect(try source.readAll() == [2] && read.path == "\(old)/below/b" && read.isFile)
      #expect(open.appending("below").fileNames.sorted() == [".", "..", "b"])
      #expect(open.isSameFile(as: FileLocation(new)) && !open.isSameFile(as: FileLocation(old)))
      read.remove()
      #expect(try listing("\(new)/below").isEmpty && !read.exists)
    }
  }

  @Test func linksInAMovedFolderAreFollowedFromWhereItIs() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/run")
      try AtomicFile.createFolder("\(folder)/big/run")
      for (name, target) in [("near", "file"), ("far", "../disk/file"), ("fixed", "\(folder)/file")] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/run/\(name)", withDestinationPath: target)
      }
      let open = FileLocation(try OpenFolder(FileLocation("\(folder)/run")))
      for path in ["file", "run/file", "big/disk/file"] {
        try AtomicFile.createFolder(AtomicFile.folder(of: "\(folder)/\(path)"))
        try write([0], "\(folder)/\(path)")
      }
      try removeFile("\(folder)/big/run")
      try FileManager.default.moveItem(atPath: "\(folder)/run", toPath: "\(folder)/big/run")
      for (byte, name) in [UInt8(1): "near", 2: "far", 3: "fixed"] {
        try AtomicFile.write([byte], to: open.appending(name))
      }
      #expect(try contents("\(folder)/big/run/file") == [1])
      #expect(try contents("\(folder)/big/disk/file") == [2])
      #expect(try contents("\(folder)/file") == [3])
    }
  }

  @Test func aDeletedFolderIsNamed() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/run/below")
      let open = FileLocation(try OpenFolder(FileLocation("\(folder)/run")))
      try removeFile("\(folder)/run")
      try AtomicFile.createFolder("\(folder)/run/below")
      let expected = "DIR/run: this folder was deleted while it was written to"
      for file in [open.appending("a"), open.appending("below").appending("a")] {
        #expect(message(in: folder) { try AtomicFile.write([1], to: file) } == expected)
        #expect(message(in: folder) { _ = try LineFile.create(file, lines: []) } == expected)
        #expect(message(in: folder) { try AtomicFile.createFolder(file) } == expected)
      }
      #expect(open.appending("below").fileNames.isEmpty)
      #expect(try listing("\(folder)/run") == ["below"])
    }
  }

  @Test func aMissingFolderInAnOpenOneIsNoDeletedFolder() throws {
    try withTemporaryFolder { folder in
      let file = FileLocation(try OpenFolder(FileLocation(folder))).appending("none").appending("a")
      #expect(
        message(in: folder) { try AtomicFile.write([1], to: file) }
          == "DIR/none/a: No such file or directory")
    }
  }
}
