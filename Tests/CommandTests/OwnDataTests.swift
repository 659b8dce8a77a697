import Foundation
import Testing
import TestSupport

/// Data that people bring: folders of pictures, CSV, NumPy arrays, Fashion-MNIST.
@Suite struct OwnDataTests {
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox()
    try sandbox.writePixelsModel()
  }

  private static let labels = (train: (0..<40).map { $0 % 10 }, test: (0..<20).map { $0 % 10 })

  /// Writes the sample images as pictures, `train/<class>/<number>.pgm`.
  private func writePictures(to folder: String, named name: (Int) -> String = { "\($0)" }) throws {
    for (part, labels) in [("train", Self.labels.train), ("test", Self.labels.test)] {
      for (index, label) in labels.enumerated() {
        let picture = Samples.pgm(width: 28, height: 28, Samples.pixels(label))
        try sandbox.write(picture, to: "\(folder)/\(part)/\(name(label))/\(index).pgm")
      }
    }
  }

  private func csv(_ labels: [Int], hasLabels: Bool = true) -> String {
    let header = (hasLabels ? "label," : "") + (0..<784).map { "pixel\($0)" }.joined(separator: ",") + "\n"
    let rows = labels.map { label in
      (hasLabels ? "\(label)," : "") + Samples.pixels(label).map { "\($0)" }.joined(separator: ",") + "\n"
    }
    return header + rows.joined()
  }

  /// The content of a checkpoint: its tensors, and its metadata.
  private func checkpoint(_ path: String) throws -> (tensors: Data, metadata: [String: String]) {
    let file = try sandbox.read(path)
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any]
    return (file.dropFirst(8 + length), header?["__metadata__"] as? [String: String] ?? [:])
  }

  @Test("IDX files, CSV and pictures of the same images give the same weights; each run names its source")
  func formatsGiveTheSameWeights() throws {
    try sandbox.writeDataset(
      to: "idx", ["t10k-images-idx3-ubyte": Samples.images(Self.labels.test)])
    try sandbox.write(csv(Self.labels.train), to: "csv/train.csv")
    try sandbox.write(csv(Self.labels.test), to: "csv/test.csv")
    try writePictures(to: "pgm")
    let runs = try ["idx", "csv", "pgm"].map { source in
      let trained = try sandbox.run(
        "train --config pixels.json \(source) --epochs 2 --output run-\(source) --quiet")
      #expect(trained.status == 0, "\(trained.errors)")
      return try checkpoint("run-\(source)/model.ckpt")
    }
    for (run, source) in zip(runs, ["idx", "csv", "pgm"]) {
      #expect(run.tensors == runs[0].tensors, "\(source)")
      #expect(run.metadata["data"]?.contains("\(sandbox.folder)/\(source)") == true)
      let evaluated = try sandbox.run("eval run-\(source)")
      #expect(evaluated.output.contains("20 images") && evaluated.errors == "", "\(evaluated.errors)")
    }
  }

  @Test("A folder of pictures is enough to train; its folders name the classes everywhere")
  func folders() throws {
    let names = ["zebra", "ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "ibis"]
    try writePictures(to: "animals") { names[$0] }
    let trained = try sandbox.run("train animals --output r --epochs 1")
    #expect(
      trained.status == 0 && trained.lines.first?.hasPrefix("animals (animals): 36 training images") == true)
    let evaluated = try sandbox.run("eval r")
    #expect(evaluated.output.contains("zebra") && evaluated.errors == "")
    let predicted = try sandbox.run("predict r test@0 animals/test/zebra/0.pgm --json")
    let inputs = try #require(try predicted.json() as? [[String: Any]])
    #expect(inputs.count == 2 && names.contains(inputs[0]["label"] as? String ?? ""))
    #expect(inputs[0]["logits"] as? [Double] == inputs[1]["logits"] as? [Double])
    #expect(try sandbox.run("report r").status == 0)
    let page = try #require(String(data: sandbox.read("r/report.html"), encoding: .utf8))
    #expect(page.contains("zebra"))
  }

  @Test("Rows of a CSV file are predicted, and printed as Kaggle wants them")
  func predictsRows() throws {
    try sandbox.write(csv([7, 0, 3], hasLabels: false), to: "test.csv")
    let model = "pixels.safetensors --config pixels.json"
    #expect(try sandbox.run("predict \(model) test.csv --csv").output == "ImageId,Label\n1,7\n2,0\n3,3\n")
    #expect(try sandbox.run("predict \(model) test.csv@1..2 --csv").output == "ImageId,Label\n2,0\n3,3\n")
    let several = try sandbox.run("predict \(model) test.csv@2 test.csv --csv")
    #expect(several.lines.first == "input,label,probability")
    #expect(
      several.lines.map { $0.prefix(11) }.dropFirst() == [
        "test.csv@2,", "test.csv@0,", "test.csv@1,", "test.csv@2,",
      ])
    #expect(several.lines.dropFirst().map { $0.split(separator: ",")[1] } == ["3", "7", "0", "3"])
    let labelled = csv([5, 6])
    try sandbox.write(labelled, to: "labelled.csv")
    #expect(try sandbox.run("predict \(model) labelled.csv --csv").output == "ImageId,Label\n1,5\n2,6\n")
    let beyond = try sandbox.run("predict \(model) test.csv@3 --csv")
    #expect(beyond.status == 66 && beyond.errors == "test.csv@3: no row 3: the file has 3, 0 to 2\n")
    #expect(try sandbox.run("predict \(model) test.csv --csv --json").status == 64)
  }

  @Test(
    "Names with commas and quotes are quoted fields, line breaks in them are escaped",
    arguments: [
      ("a,b", "\"a,b.pgm\""), ("a\nb", "a\\nb.pgm"), ("a\"b", "\"a\"\"b.pgm\""),
      ("\"\u{301}", "\"\"\"\u{301}.pgm\""),
    ])
  func quotesFields(name: String, field: String) throws {
    try sandbox.write(Samples.pgm(width: 28, height: 28, Samples.pixels(4)), to: "\(name).pgm")
    let predicted = try sandbox.run("predict pixels.safetensors --config pixels.json --csv \(name).pgm")
    #expect(predicted.output.hasPrefix("input,label,probability\n\(field),"), "\(predicted.output)")
  }

  @Test("eval --save-predictions writes a row for each image")
  func savesPredictions() throws {
    try sandbox.writeDataset(to: "data/mnist")
    let evaluated = try sandbox.run(
      "eval pixels.safetensors --config pixels.json --save-predictions p.csv")
    #expect(evaluated.output.contains("18 right, 2 wrong"))
    let rows = try #require(String(data: sandbox.read("p.csv"), encoding: .utf8)).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.count == 21 && rows[0].joined(separator: ",").hasPrefix("image,label,prediction,p_0,p_1"))
    #expect(rows[4].prefix(3) == ["test@3", "3", "4"])
    for row in rows.dropFirst() {
      let probabilities = row.dropFirst(3).compactMap { Double($0) }
      #expect(probabilities.count == 10 && abs(probabilities.reduce(0, +) - 1) < 1e-12)
      #expect(probabilities.max() == Double(row[3 + (Int(row[2]) ?? 0)]))
    }
    let sample = try sandbox.run(
      "eval pixels.safetensors --config pixels.json --limit 2 --save-predictions none/p.csv")
    #expect(sample.status == 74 && sample.output == "")
  }

  @Test("A report of more classes than a matrix can show has the table of the classes")
  func reportsManyClasses() throws {
    let classes = (0..<240).map { $0 % 120 }
    for part in ["train", "t10k"] {
      try sandbox.write(Samples.images(classes), to: "many/\(part)-images-idx3-ubyte")
      try sandbox.write(Samples.labels(classes), to: "many/\(part)-labels-idx1-ubyte")
    }
    #expect(try sandbox.run("train many --output r --epochs 1 --quiet").status == 0)
    let evaluated = try sandbox.run("eval r")
    #expect(
      evaluated.output.contains("The most frequent mistakes") && !evaluated.output.contains("Confusion"))
    #expect(try sandbox.run("report r").status == 0)
    let page = try #require(String(data: sandbox.read("r/report.html"), encoding: .utf8))
    #expect(page.contains("Per-class metrics"))
  }

  @Test("A device is no file to replace")
  func devices() throws {
    try sandbox.writeDataset(to: "data/mnist")
    let refused = try sandbox.run(
      "eval pixels.safetensors --config pixels.json --save-predictions /dev/null")
    #expect(refused.status == 74 && refused.errors == "/dev/null: not a regular file\n")
  }

  @Test("show DATA counts, and names what is odd")
  func inspection() throws {
    try writePictures(to: "animals") { ["zebra", "ant"][$0 % 2] }
    try sandbox.write("no picture", to: "animals/train/ant/broken.pgm")
    try sandbox.write("a remark", to: "animals/train/ant/remark.txt")
    var snapshot = Snapshot(sandbox)
    try snapshot.run("show animals --output sheet.png")
    try snapshot.run("show animals --output sheets")
    try snapshot.run("show animals --augment")
    try snapshot.run("show animals --count 2000")
    try snapshot.run("show nothing")
    try snapshot.expect("show-data")
    #expect(sandbox.has("sheets/0-ant.png") && sandbox.has("sheets/1-zebra.png") && sandbox.has("sheet.png"))
  }

  private static let fashion = "/usr/share/datasets/fashion-mnist"

  @Test(
    "Real Fashion-MNIST: an epoch, its names, and pictures of it",
    .enabled(if: FileManager.default.fileExists(atPath: fashion)))
  func fashionMNIST() throws {
    let trained = try sandbox.run(
      "train fashion --output r --epochs 1 --set data.resplit.train=12000 --set data.resplit.test=2000 --quiet"
    )
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try sandbox.run("eval r --min-accuracy 0.75").status == 0)
    let config = try #require(String(data: sandbox.read("r/config.json"), encoding: .utf8))
    #expect(config.contains(#""pictures": "scale""#))
    try #expect(sandbox.run("predict r test@0..4 --save-input seen").status == 0)
    let seen = (0..<5).map { "seen/test@\($0).png" }.joined(separator: " ")
    let stored = try #require(sandbox.run("predict r test@0..4 --json").json() as? [[String: Any]])
    let read = try #require(sandbox.run("predict r \(seen) --json").json() as? [[String: Any]])
    #expect(stored.map { $0["logits"] as? [Double] } == read.map { $0["logits"] as? [Double] })
  }
}
