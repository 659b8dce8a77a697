import Datasets
import FileIO
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct CSVDatasetTests {
  /// The pixels and labels of a CSV file without a test set.
  private func read(
    _ text: String, _ options: DatasetOptions = DatasetOptions(units: 10), name: String = "f.csv"
  ) throws -> (pixels: [UInt8], labels: [UInt16], set: Dataset) {
    var options = options
    options.undivided = .training
    return try DataSource.with { source in
      try source.write(text, name)
      let set = try source.load(name, options)
      return (set.pool.pixels, set.pool.labels, set)
    }
  }

  private static let pixels: [UInt8] = [1, 2, 30, 255, 0, 7, 8, 9]

  @Test(
    "Every form of the same two images",
    arguments: [
      "5,1,2,30,255\n3,0,7,8,9\n", "5,1,2,30,255\n3,0,7,8,9", "5,1,2,30,255\r\n3,0,7,8,9\r\n",
      "5;1;2;30;255\n3;0;7;8;9\n", "5\t1\t2\t30\t255\n3\t0\t7\t8\t9\n", "5,1,2,30,255,\n3,0,7,8,9,\n",
      "label,pixel0,pixel1,pixel2,pixel3\n5,1,2,30,255\n3,0,7,8,9\n",
      "label,pixel0,pixel1,pixel2,pixel3,\n5,1,2,30,255,\n3,0,7,8,9,\n",
      "0,1,2,3,4\n5,1,2,30,255\n3,0,7,8,9\n", "label,0,1,2,3\n5,1,2,30,255\n3,0,7,8,9\n",
      "a,b,c,d,Label\n1,2,30,255,5\n0,7,8,9,3\n", "p1,p2,p3,class,p4\n1,2,30,5,255\n0,7,8,3,9\n",
      ",label,p,q,r,s\n0,5,1,2,30,255\n1,3,0,7,8,9\n", "Unnamed: 0,y,p,q,r,s\n17,5,1,2,30,255\n4,3,0,7,8,9\n",
      "id,target,p,q,r,s\n1,5,1,2,30,255\n2,3,0,7,8,9\n", ",0,1,2,3,4\n0,5,1,2,30,255\n1,3,0,7,8,9\n",
      "\"label\",\"a\",\"b\",\"c\",\"d\"\n\"5\",\"1\",\"2\",\"30\",\"255\"\n\"3\",\"0\",\"7\",\"8\",\"9\"\n",
      "\u{FEFF}5,1,2,30,255\n3,0,7,8,9\n", "5, 1, 2, 30, 255\n3, 0, 7, 8, 9 \n",
      "5.0,1.0,2.0,30.0,255.0\n3.0,0.0,7.0,8.0,9.0\n", "5,1,2,3e1,2.55E2\n3,0,07,8,9\n",
      "\n5,1,2,30,255\n\n\n3,0,7,8,9\n\n", "digit,a,b,c,d\n5,1,2,30,255\n3,0,7,8,9\n",
    ])
  func forms(text: String) throws {
    let result = try read(text)
    #expect(result.pixels == Self.pixels)
    #expect(result.labels == [5, 3])
    #expect(result.set.pool.shape == ImageShape(height: 2, width: 2))
  }

  @Test func labelColumn() throws {
    let text = "p,q,r,s,number\n1,2,30,255,5\n0,7,8,9,3\n"
    for column in ["number", "NUMBER", "last"] {
      #expect(try read(text, DatasetOptions(units: 10, labelColumn: column)).labels == [5, 3])
    }
    #expect(try read(text, DatasetOptions(units: 10, labelColumn: "first")).labels == [1, 0])
    #expect(
      message { _ = try read(text, DatasetOptions(labelColumn: "digit")) }
        == "DIR/f.csv: byte 0: line 1: no column digit; the header has \"p\", \"q\", \"r\", \"s\", \"number\""
    )
    #expect(
      message { _ = try read("1,2,3,4,5\n", DatasetOptions(labelColumn: "digit")) }
        .hasSuffix("no header, so no column digit; the label column is first or last"))
  }

  @Test("A first column that is always the same is no label, where the last one can be")
  func labelLastWithoutHeader() throws {
    let result = try read("0,7,8,9,5\n0,1,2,3,4\n0,3,2,1,5\n")
    #expect(result.labels == [5, 4, 5])
    #expect(result.pixels.prefix(4) == [0, 7, 8, 9])
    #expect(
      result.set.notices.contains("the label is in the last column: the first one is the same in all rows"))
    #expect(try read("3,7,8,9,0.5\n3,1,2,3,4.5\n").labels == [3, 3], "fractions are no labels")
  }

  @Test(
    "Values from 0 to 1 and from 0 to 255, also where the first are 0 and 1",
    arguments: [
      ("5,0,1,0.5,1\n3,0.2,0,0,1\n", [0, 255, 128, 255, 51, 0, 0, 255]),
      ("5,0,1,1,0\n3,1,0,0,0.25\n", [0, 255, 255, 0, 255, 0, 0, 64]),
      ("5,0,1,0.5,1\n3,7,8,9,1\n", [0, 1, 1, 1, 7, 8, 9, 1]),
      ("5,0.00392156862745098,1.0,0.0,1e-2\n3,1,1,1,1\n", [1, 255, 0, 3, 255, 255, 255, 255]),
      ("5,0,1,1,0\n3,1,0,0,1\n", [0, 255, 255, 0, 255, 0, 0, 255]),
      ("5,0,1,1,0\n3,1,0,0,2\n", [0, 1, 1, 0, 1, 0, 0, 2]),
      ("5,12.6,1,1,0\n3,1,0.2,0,2\n", [13, 1, 1, 0, 1, 0, 0, 2]),
    ] as [(String, [UInt8])])
  func ranges(text: String, expected: [UInt8]) throws {
    #expect(try read(text).pixels == expected)
  }

  @Test func labelsThatAreText() throws {
    let result = try read("cat,1,2,30,255\n7,0,7,8,9\ndog,1,1,1,1\ncat,1,1,1,2\n", DatasetOptions())
    #expect(result.set.classNames == ["7", "cat", "dog"])
    #expect(result.labels == [1, 0, 2, 1])
    let quoted = try read("\"a, \"\"b\"\"\",1,2,30,255\nc,0,7,8,9\n", DatasetOptions())
    #expect(quoted.set.classNames == ["a, \"b\"", "c"])
  }

  @Test func shapes() throws {
    let nine = (1...9).map { "\($0)" }.joined(separator: ",")
    let shape = ImageShape(height: 1, width: 9)
    #expect(try read("5,\(nine)\n", DatasetOptions(shape: shape)).set.pool.shape == shape)
    let other = ImageShape(height: 28, width: 28)
    #expect(
      try read("5,\(nine)\n", DatasetOptions(shape: other)).set.pool.shape == ImageShape(height: 3, width: 3))
    let rgb = (1...12).map { "\($0)" }.joined(separator: ",")
    #expect(try read("5,\(rgb)\n").set.pool.shape == ImageShape(channels: 3, height: 2, width: 2))
  }

  @Test("Train and test files in a folder; an unlabelled one is for predictions")
  func folders() throws {
    try DataSource.with { source in
      try source.write("5,1,2,30,255\n3,0,7,8,9\n", "a/mnist_train.csv")
      try source.write("4,1,2,3,4\n", "a/mnist_test.csv")
      let pair = try source.load("a", DatasetOptions(units: 10))
      #expect((pair.train.count, pair.test.count) == (2, 1))
      #expect(pair.pool.labels == [5, 3, 4])
      #expect(try source.load("a/mnist_test.csv").test.count == 1)
      #expect(
        try source.load("a/mnist_test.csv", DatasetOptions(units: 10)).fingerprints().test
          == pair.fingerprints().test)

      let train = (0..<10).map { "\($0 % 2),0,\($0),8,9\n" }.joined()
      try source.write("label,a,b,c,d\n" + train, "k/train.csv")
      try source.write("a,b,c,d\n1,2,3,4\n5,6,7,8\n", "k/test.csv")
      try source.write("ImageId,Label\n1,0\n", "k/sample_submission.csv")
      let kaggle = try source.load("k")
      #expect((kaggle.train.count, kaggle.test.count) == (8, 2))
      #expect(
        kaggle.notices == [
          "test.csv has 2 images without labels, which predict reads",
          "the source has no test set: a fifth of each class, 2 images, is the test set",
        ])
      let images = try CSVImages(ByteSource(path: source.path("k/test.csv")), shape: nil)
      #expect((images.images.count, images.labels) == (2, nil))
      #expect(images.images.pixels == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(
        try CSVImages(ByteSource(path: source.path("a/mnist_train.csv")), shape: nil).labels == ["5", "3"])
      #expect(
        message { _ = try source.load("k/test.csv") }.contains("there are no labels: test.csv has 2 images"))

      try source.write("5,1,2,30,255\n", "n/a.csv")
      try source.write("5,1,2,30,255\n", "n/b.csv")
      #expect(message { _ = try source.load("n") }.contains("which CSV file is the training set? \"a.csv\""))
    }
  }

  @Test("Numbers that count: a row of pixels, or a row of 785")
  func unlabelledByItsLength() throws {
    try DataSource.with { source in
      let row = (0..<784).map { "\(($0 * 7) % 200)" }.joined(separator: ",")
      try source.write("\(row)\n\(row)\n", "images.csv")
      #expect(try CSVImages(ByteSource(path: source.path("images.csv")), shape: nil).labels == nil)
      try source.write("9,\(row)\n", "labelled.csv")
      #expect(try CSVImages(ByteSource(path: source.path("labelled.csv")), shape: nil).labels == ["9"])
      // 49 columns are 7x7, or a label and 4x4 in RGB.
      let few = (0..<49).map { "\(($0 * 7) % 200)" }.joined(separator: ",")
      try source.write("\(few)\n", "few.csv")
      #expect(try CSVImages(ByteSource(path: source.path("few.csv")), shape: nil).images.shape.height == 7)
      let rgb = ImageShape(channels: 3, height: 4, width: 4)
      #expect(try CSVImages(ByteSource(path: source.path("few.csv")), shape: rgb).images.shape == rgb)
    }
  }

  @Test func aLongFileOfManyChunks() throws {
    let rows = (0..<3000).map { row in
      "\(row % 10)," + (0..<256).map { "\((row * 31 + $0 * 7) % 256)" }.joined(separator: ",")
    }
    let result = try read(rows.joined(separator: "\n"))
    #expect(result.set.pool.count == 3000)
    #expect(result.pixels.indices.allSatisfy { result.pixels[$0] == ($0 / 256 * 31 + $0 % 256 * 7) % 256 })
    let packed = try DataSource.with { source in
      try source.write(TestBytes.gzip(Array(rows.joined(separator: "\n").utf8)), "f.csv.gz")
      return try source.load("f.csv.gz", DatasetOptions(units: 10, undivided: .training))
    }
    #expect(packed.pool == result.set.pool)
  }

  @Test(
    arguments: [
      ("", "f.csv: byte 0: the file is empty"),
      ("\n\n\n", "f.csv: byte 0: line 1: no columns, separated by commas, semicolons or tabs"),
      ("hello\n", "f.csv: byte 0: line 1: no columns, separated by commas, semicolons or tabs"),
      ("5,1,2,30,255\n3,0,7,8\n", "f.csv: byte 20: line 2, column 5: 4 columns, but the first line has 5"),
      (
        "5,1,2,30,255\n3,0,7,8,9,1\n", "f.csv: byte 23: line 2, column 6: 6 columns, but the first line has 5"
      ),
      (
        "5,1,2,30,255\n3,0,256,8,9\n",
        "f.csv: byte 20: line 2, column 3: 256 is no pixel: they are from 0 to 255, or from 0 to 1"
      ),
      (
        "5,1,2,30,255\n3,0,-1,8,9\n",
        "f.csv: byte 19: line 2, column 3: -1 is no pixel: they are from 0 to 255, or from 0 to 1"
      ),
      (
        "5,1,2,30,255\n3,0,1e999,8,9\n",
        "f.csv: byte 22: line 2, column 3: inf is no pixel: they are from 0 to 255, or from 0 to 1"
      ),
      ("5,1,2,30,255\n3,0,,8,9\n", "f.csv: byte 17: line 2, column 3: the field is empty"),
      ("5,1,2,30,255\n3,0,x,8,9\n", "f.csv: byte 17: line 2, column 3: \"x\" is no number"),
      ("5,1,2,30,255\n3,0,nan,8,9\n", "f.csv: byte 17: line 2, column 3: \"nan\" is no number"),
      ("5,1,2,30,255\n3,0,1 2,8,9\n", "f.csv: byte 17: line 2, column 3: \"1 2\" is no number"),
      ("5,1,2,30,255\n3,0,1.2.3,8,9\n", "f.csv: byte 17: line 2, column 3: \"1.2.3\" is no number"),
      ("5,1,2,30,255\n3,0,0x10,8,9\n", "f.csv: byte 17: line 2, column 3: \"0x10\" is no number"),
      ("5,1,2,30,255\n3,0,1e,8,9\n", "f.csv: byte 17: line 2, column 3: \"1e\" is no number"),
      ("5,1,2,30,255\n3,0,-,8,9\n", "f.csv: byte 17: line 2, column 3: \"-\" is no number"),
      ("5,1,2,30,255\n3,0,\"7,8,9\n", "f.csv: byte 17: line 2, column 3: a quote is not closed on this line"),
      (
        "5,1,2,30,255\n-3,0,7,8,9\n",
        "f.csv: byte 15: line 2, column 1: the label \"-3\" is not one of 0 to 65,535"
      ),
      (
        "5,1,2,30,255\n0.5,0,7,8,9\n",
        "f.csv: byte 16: line 2, column 1: the label \"0.5\" is not one of 0 to 65,535"
      ),
      (
        "5,1,2,30,255\n70000,0,7,8,9\n",
        "f.csv: byte 18: line 2, column 1: the label \"70000\" is not one of 0 to 65,535"
      ),
      ("5,1,2,30,255\n,0,7,8,9\n", "f.csv: byte 13: line 2, column 1: the field is empty"),
      (
        "5,1,2,30,255\n\u{1B}[31m,0,x\u{7},8,9\n",
        "f.csv: byte 21: line 2, column 3: \"x\\u0007\" is no number"
      ),
      (
        "5,1,2,3,4,5,6\n",
        "f.csv: byte 0: line 1: 7 columns, of which 6 would be pixels: no square image, gray or RGB"
      ),
      (
        "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n",
        "f.csv: byte 0: line 1: 7 columns, of which 6 would be pixels: no square image, gray or RGB; name the label "
          + "column (data.label_column)"
      ),
      ("label,a,b,c,d\n", "f.csv: byte 0: no rows"),
      ("5,1,\0,30,255\n", "f.csv: byte 0: not CSV in UTF-8: it begins with 35 2C 31 2C"),
    ])
  func refuses(text: String, expected: String) {
    #expect(message { _ = try read(text) } == "DIR/" + expected)
  }
}
