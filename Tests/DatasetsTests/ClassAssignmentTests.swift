import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct ClassAssignmentTests {
  /// Labels and class names of an IDX source with these labels.
  private func numbers(
    _ labels: [UInt16], _ options: DatasetOptions, classFile: String? = nil
  ) throws -> (labels: [UInt16], names: [String], notices: [String]) {
    try DataSource.with { source in
      try source.writeIDX(DataSource.images(labels.count, labels: labels), "t10k")
      if let classFile { try source.write(classFile, "classes.txt") }
      let set = try source.load("", options)
      return (set.pool.labels, set.classNames, set.notices)
    }
  }

  @Test(
    "Numbers keep their gaps, and are lowered only where they do not fit",
    arguments: [
      ([0, 1, 4], nil, [0, 1, 4], 5), ([0, 1, 4], 10, [0, 1, 4], 10), ([1, 2, 3], 10, [1, 2, 3], 10),
      ([1, 2, 3], 3, [0, 1, 2], 3), ([1, 2, 3], nil, [0, 1, 2], 3), ([1, 2, 26], 10, [0, 1, 25], 26),
      ([2, 5], nil, [2, 5], 6), ([0, 12], 10, [0, 12], 13), ([0, 10], 10, [0, 10], 11),
      ([1, 10], 10, [0, 9], 10), ([0, 65535], nil, [0, 65535], 65536),
    ] as [([UInt16], Int?, [UInt16], Int)])
  func numbers(labels: [UInt16], units: Int?, expected: [UInt16], count: Int) throws {
    let result = try numbers(labels, DatasetOptions(units: units))
    #expect(result.labels == expected)
    #expect(result.names.count == count)
    let isShifted = labels != expected
    #expect(result.names.first == (isShifted ? "1" : "0"))
    #expect(
      result.notices.contains("the labels 1 to \(count) are the classes 0 to \(count - 1)") == isShifted)
  }

  @Test func namesOfTheOptions() throws {
    let names = ["a", "b", "c"]
    let kept = try numbers([0, 2], DatasetOptions(classNames: names))
    #expect(kept.labels == [0, 2] && kept.names == names)
    #expect(try numbers([1, 3], DatasetOptions(classNames: names)).labels == [0, 2])
    #expect(
      message { _ = try numbers([0, 3], DatasetOptions(classNames: names)) }
        == "DIR/t10k-labels-idx1-ubyte: byte 9: label 3 of image 1 is not one of 0 to 2")
  }

  /// Class names and labels by folder of pictures in folders of these names.
  private func folders(
    _ folders: [String], _ options: DatasetOptions = DatasetOptions(), classFile: String? = nil
  ) throws -> (names: [String], labels: [String: UInt16]) {
    try DataSource.with { source in
      for (index, folder) in folders.enumerated() {
        try source.write(TestPNG.file(1, 1, rows: [[UInt8(index)]]), "test/\(folder)/\(index).png")
      }
      if let classFile { try source.write(classFile, "classes.txt") }
      let set = try source.load("", options)
      let labels = (0..<set.test.count).map {
        (folders[Int(set.test[$0].first ?? 0)], set.test.label(at: $0))
      }
      return (set.classNames, Dictionary(uniqueKeysWithValues: labels))
    }
  }

  @Test("Folders: numbers by value, names in byte order, as in torchvision")
  func places() throws {
    #expect(try folders(["zebra", "Cat", "ant", "10", "9"]).names == ["9", "10", "Cat", "ant", "zebra"])
    #expect(try folders(["5", "0", "10"]).names == ["0", "5", "10"])
    #expect(try folders(["cat", "dog"], DatasetOptions(units: 10)).names == ["cat", "dog"])
  }

  @Test("Folders that are numbers below the scores keep their numbers")
  func numberedFolders() throws {
    let some = ["0", "1", "2", "4", "5", "7", "9"]
    let ten = try folders(some, DatasetOptions(units: 10))
    #expect(ten.names == Dataset.digitNames)
    #expect(some.allSatisfy { ten.labels[$0] == UInt16($0) })
    let places = try folders(some)
    #expect(places.names == some)
    #expect(places.labels["9"] == 6)
    #expect(try folders(["1", "2"], DatasetOptions(units: 2)).labels == ["1": 0, "2": 1])
    #expect(
      message { _ = try folders(["1", "01"]) }.hasSuffix("two classes are the same number: \"01\", \"1\""))
  }

  @Test("A run's classes are found by name; they may be missing, and unknown ones are refused")
  func classesOfARun() throws {
    let run = DatasetOptions(units: 3, classNames: ["dog", "cat", "ant"])
    let set = try folders(["ant", "dog"], run)
    #expect(set.names == ["dog", "cat", "ant"])
    #expect(set.labels == ["ant": 2, "dog": 0])
    #expect(
      message { _ = try folders(["ant", "owl"], run) }.hasSuffix(
        "unknown class \"owl\"; the classes are \"dog\", \"cat\", \"ant\""))
    #expect(try folders(["0", "2"], run).labels == ["0": 0, "2": 2], "numbers are places in the run's list")
    #expect(message { _ = try folders(["0", "3"], run) }.contains("unknown classes \"0\", \"3\""))
  }

  @Test func classesOfAFile() throws {
    let file = "\u{FEFF}dog\r\ncat\n\nant\n"
    #expect(try folders(["cat", "dog"], classFile: file).names == ["dog", "cat", "ant"])
    #expect(try folders(["0", "1"], classFile: file).names == ["dog", "cat", "ant"])
    #expect(try folders(["owl", "dog"], classFile: file).names == ["dog", "owl"])
    #expect(message { _ = try folders(["a"], classFile: "x\nx\n") }.contains("one a line, each once"))
  }

  @Test("A list of names serves numbers too; one that does not fit is said, and one that is no text refused")
  func namesOfNumbers() throws {
    let set = try numbers([0, 1, 2], DatasetOptions(units: 10), classFile: "dog\ncat\nant\n")
    #expect(set.names.prefix(4) == ["dog", "cat", "ant", "3"] && set.notices.isEmpty)
    #expect(try numbers([1, 2], DatasetOptions(), classFile: "a\nb").names == ["a", "b"])
    for (file, count) in [("a\nb", "2 names"), ("a\nb\nc\nd", "4 names"), ("a", "1 name")] {
      let notices = try numbers([0, 1, 2], DatasetOptions(), classFile: file).notices
      #expect(notices == ["classes.txt has \(count), but the labels are 0 to 2"])
    }
    for file in ["a\nb\0c\n", "a\n\u{1B}[2J\n", "\u{FEFF}a\rb"] {
      let text = message { _ = try numbers([0, 1], DatasetOptions(), classFile: file) }
      #expect(text.contains("classes.txt: byte ") && text.contains("in UTF-8; line "), "\(text)")
    }
    try DataSource.with { source in
      try source.writeIDX(DataSource.images(2, labels: [0, 1]), "t10k")
      try source.write([0xFF, 0xFE, 0x61, 0, 0x0A, 0], "classes.txt")
      #expect(message { _ = try source.load() }.contains("this is text in UTF-16"))
      try source.write("\u{FF41}\n\u{FF42}\n", "classes.txt")
      #expect(try source.load().classNames == ["\u{FF41}", "\u{FF42}"])
    }
  }

  @Test func listsThatDoNotFitFoldersAreSaid() throws {
    for (file, notice) in [
      ("a\nb\n", nil), ("a\nb\nc\n", "classes.txt has 3 names for 2 classes"),
      ("x\ny\n", "classes.txt is not used: its 2 names do not fit the classes \"a\", \"b\""),
    ] as [(String, String?)] {
      try DataSource.with { source in
        for name in ["a", "b"] { try source.write(TestPNG.file(1, 1, rows: [[0]]), "test/\(name)/1.png") }
        try source.write(file, "classes.txt")
        #expect(try source.load().notices == (notice.map { [$0] } ?? []))
      }
    }
  }

  @Test func oneClassAndMissingOnesAreSaid() throws {
    #expect(try numbers([3, 3], DatasetOptions(units: 10)).notices == ["all images are of one class, \"3\""])
    try DataSource.with { source in
      try source.writeIDX(DataSource.images(4, labels: [0, 1]), "train")
      try source.writeIDX(DataSource.images(4, labels: [1, 2]), "test")
      let set = try source.load("", DatasetOptions(units: 10))
      #expect(set.notices == ["no training images of \"2\"", "no test images of \"0\""])
    }
  }
}
