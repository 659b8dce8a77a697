import Datasets
import FileIO
import Formatting
import Foundation
import Testing
import TestSupport

/// Nothing in folders of pictures is left out without a word.
@Suite struct PictureTreeTests {
  private static let png = TestPNG.file(1, 1, rows: [[7]])
  private static let skipping = DatasetOptions(undivided: .test, skipsUnreadable: true)

  /// A source with a picture in each of these folders.
  private func with(_ folders: [String], _ body: (DataSource) throws -> Void) throws {
    try DataSource.with { source in
      for folder in folders { try source.write(Self.png, "\(folder)/1.png") }
      try body(source)
    }
  }

  /// The error without `skip_unreadable`, and what is said and read with it.
  private func outcome(_ source: DataSource) throws -> (error: String, notices: [String], count: Int) {
    let set = try source.load("", Self.skipping)
    return (message(in: source.folder) { _ = try source.load() }, set.notices, set.test.count)
  }

  @Test("Names that are not UTF-8, of classes and pictures")
  func namesInLatin1() throws {
    try with(["a", "b"]) { source in
      func path(_ name: String) -> String {
        source.path(.decoding(rawBytes: name.unicodeScalars.map { UInt8($0.value) }))
      }
      #expect(withPath(path("c\u{E9}")) { mkdir($0, 0o700) } == 0)
      for (name, target) in [("a/\u{E9}.png", "1.png"), ("c\u{E9}/\u{E9}.png", "../a/1.png")] {
        #expect(withPath(path(name)) { symlink(target, $0) } == 0)
      }
      let set = try source.load("", DatasetOptions(undivided: .test))
      #expect(set.test.count == 4 && set.classNames == ["a", "b", "c\\xe9"] && set.notices == [])
    }
  }

  @Test("Links to nothing and pipes, also where a class has nothing else")
  func unreadableEntries() throws {
    try with(["train/a", "train/b"]) { source in
      try source.write("x", "train/c/readme.txt")
      symlink("/nowhere", source.path("train/c/1.png"))
      symlink("gone", source.path("test"))
      mkfifo(source.path("train/a/pipe.jpg"), 0o600)
      mkfifo(source.path("train/a/pipe"), 0o600)
      let (error, notices, count) = try outcome(source)
      #expect(
        error.hasPrefix(
          "DIR: 3 files cannot be read: test: a link to a file that is not there; "
            + "train/a/pipe.jpg: not a regular file; train/c/1.png: a link to a file"), "\(error)")
      #expect(count == 2)
      #expect(notices.contains("2 files that are no pictures are left out: \"pipe\", \"readme.txt\""))
    }
    try with([]) { source in
      symlink("gone", source.path("cat"))
      #expect(
        message(in: source.folder) { _ = try source.load() } == "DIR/cat: a link to a file that is not there")
    }
  }

  @Test func emptyClassFoldersAreSaid() throws {
    try with(["train/a", "train/b", "test/a"]) { source in
      try source.write("x", "test/b/readme.txt")
      try source.write("x", "train/c/readme.txt")
      #expect(
        try source.load().notices == [
          "no pictures in \"train/c\" or the folders in it", "no pictures in \"test/b\" or the folders in it",
          "no test images of \"b\"",
        ])
    }
  }

  @Test func picturesBesideClassFoldersAreSaid() throws {
    try with(["train/a", "train/b", "test/a", "test/b"]) { source in
      for name in ["0.png", "train/1.png", "train/2.png"] { try source.write(Self.png, name) }
      #expect(
        try source.load().notices == [
          "3 pictures outside of the folders of classes left out: \"0.png\", \"train/1.png\", \"train/2.png\""
        ])
    }
  }

  @Test("A folder is not entered twice, however it is reached")
  func circles() throws {
    try with(["a/inner/deep/deeper/deepest/still", "b"]) { source in
      try source.write(Self.png, "a/2.png")
      symlink("..", source.path("a/up"))
      symlink("../b", source.path("b/self"))
      symlink("/", source.path("a/inner/root"))
      symlink("a", source.path("c"))
      let set = try source.load("", DatasetOptions(undivided: .test))
      #expect(set.test.count == 3 && set.classNames == ["a", "b"])
      #expect(
        set.notices == [
          "\"c\", \"a/inner/root\", \"a/up\", \"b/self\" are folders read already, and not read again"
        ])
    }
  }

  @Test(
    "Parts of loose pictures have no classes",
    arguments: [["train", "test"], ["train"], ["train", "test", "x"]])
  func partsWithoutClasses(folders: [String]) throws {
    try with(folders) { source in
      let text = message(in: source.folder) { _ = try source.load() }
      #expect(
        text.hasPrefix("DIR: pictures without classes in \"t") && text.hasSuffix("into a folder of its name"),
        "\(text)")
    }
    // One class may be called so.
    try with(["train", "car", "bus"]) { source in
      let names = try source.load().classNames
      #expect(names == ["bus", "car", "train"])
    }
  }
}
