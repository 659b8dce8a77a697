import FileIO
import Testing
import TestSupport

@Suite struct LineFileTests {
  @Test func replacesAndAppends() throws {
    try withTemporaryFolder { folder in
      let path = FileLocation("\(folder)/a")
      try write(Array("old\n".utf8), path.path)
      let file = try LineFile.create(path, lines: ["one", "two"])
      try file.append("three")
      try file.sync()
      #expect(try LineFile.lines(of: path) == ["one", "two", "three"])
      #expect(try LineFile.lines(of: path) { $0.hasPrefix("t") && $0 != "three" } == ["one", "two"])
      #expect(try LineFile.lines(of: path) { $0.isEmpty } == [])
    }
  }

  @Test func anIncompleteLastLineIsLeftOut() throws {
    #expect(LineFile.lines(in: Array("a\n\nb".utf8)) == ["a", ""])
    #expect(LineFile.lines(in: []) == [])
    #expect(try LineFile.lines(of: FileLocation("/none")) == [])
  }

  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.createFolder("\(folder)/a/b")
      #expect(
        message(in: folder) { _ = try LineFile.create(FileLocation("\(folder)/a"), lines: []) }
          == "DIR/a: Is a directory")
    }
  }
}
