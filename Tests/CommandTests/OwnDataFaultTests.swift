import Foundation
import Testing
import TestSupport

/// Data and weights that people bring and that cannot be used as they are: one line says what to do.
@Suite struct OwnDataFaultTests {
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox()
    try sandbox.writePixelsModel()
  }

  /// Writes pictures of two classes, `FOLDER/<class>/<number>.pgm`.
  private func writePictures(to folder: String, classes: [String] = ["a", "b"], count: Int = 10) throws {
    for (label, name) in classes.enumerated() {
      for index in 0..<count {
        let picture = Samples.pgm(width: 28, height: 28, Samples.pixels(label))
        try sandbox.write(picture, to: "\(folder)/\(name)/\(index).pgm")
      }
    }
  }

  @Test("What cannot be read is refused, and left out where asked")
  func unreadable() throws {
    try writePictures(to: "set")
    try FileManager.default.createSymbolicLink(atPath: "\(sandbox.folder)/set/c", withDestinationPath: "gone")
    let refused = try sandbox.run("train set --epochs 1 --dry-run")
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(
      refused.errors
        == "set: 1 file cannot be read: c: a link to a file that is not there; leave out what cannot "
        + "be read with --set data.skip_unreadable=true\n")
    let skipped = try sandbox.run("train set --epochs 1 --dry-run --set data.skip_unreadable=true")
    #expect(skipped.status == 0 && skipped.errors.contains("skipped: 1 file cannot be read: c: a link"))
  }

  @Test func partsOfLoosePicturesHaveNoClasses() throws {
    try writePictures(to: "set", classes: ["train", "test"])
    let refused = try sandbox.run("train set --dry-run")
    #expect(
      refused.status == 65
        && refused.errors.hasPrefix("set: pictures without classes in \"test\", \"train\";"))
  }

  @Test("Names of classes that a checkpoint could not have are refused before training, and shown escaped")
  func controlCharacters() throws {
    try writePictures(to: "set", classes: ["a\nb", "\u{1B}[2J"])
    let refused = try sandbox.run("train set --output r --epochs 1")
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(refused.errors == "set: the name of the class \"\\u001b[2J\" has control characters; rename it\n")
    #expect(!sandbox.has("r"))
    let shown = try sandbox.run("show set")
    #expect(shown.lines.contains { $0.hasPrefix("a\\nb ") } && !shown.output.contains("\u{1B}"))
    for (names, fault) in [
      (#"["a","a"]"#, "\"a\" is there twice"), (#"["a",""]"#, "a class has an empty name"),
      (#"["a","b\n"]"#, "the name of the class \"b\\n\" has control characters"),
    ] {
      try sandbox.write(
        #"{"data":{"classes":\#(names)},"model":{"layers":["flatten",{"type":"dense","units":2}]}}"#,
        to: "c.json")
      let config = try sandbox.run("train --config c.json --data set --dry-run")
      #expect(config.status == 78 && config.errors.contains("data.classes: \(fault)"), "\(config.errors)")
    }
  }

  @Test("show DATA has the classes of the data, not those of a network")
  func ownClasses() throws {
    try writePictures(to: "set", classes: ["0", "1"])
    let row = (0..<16).map { "\($0)" }.joined(separator: ",")
    try sandbox.write([0, 1, 0, 1, 0].map { "\($0),\(row)\n" }.joined(), to: "two.csv")
    try sandbox.write([3, 7, 3, 7].map { "\($0),\(row)\n" }.joined(), to: "gap.csv")
    for (source, names) in [("set", ["0", "1"]), ("two.csv", ["0", "1"]), ("gap.csv", ["3", "7"])] {
      let shown = try sandbox.run("show \(source)")
      #expect(shown.status == 0 && shown.lines.first?.hasSuffix(", 2 classes") == true, "\(shown.errors)")
      #expect(shown.lines.dropFirst(4).prefix(2).map { String($0.prefix(1)) } == names)
    }
  }

  @Test func oneIsSingular() throws {
    try writePictures(to: "one", classes: ["a"])
    let shown = try sandbox.run("show --data one --count 1")
    #expect(shown.lines.first?.hasSuffix(" in 1 class") == true, "\(shown.errors)")
    #expect(shown.errors.contains("lenet has 1 score here, one for each class\n"), "\(shown.errors)")
  }

  @Test func compressedRowsArePredicted() throws {
    let rows = [7, 0].map { Samples.pixels($0).map { "\($0)" }.joined(separator: ",") + "\n" }.joined()
    try sandbox.write(TestBytes.gzip(Array(rows.utf8)), to: "test.csv.gz")
    let predicted = try sandbox.run("predict pixels.safetensors --config pixels.json test.csv.gz --csv")
    #expect(predicted.output == "ImageId,Label\n1,7\n2,0\n", "\(predicted.errors)")
  }

  @Test("Files of other programs as weights are named", arguments: [nil, "pixels.json"])
  func foreignWeights(config: String?) throws {
    let word = Archives.Entry(name: "word/document.xml", content: Array("<x/>".utf8))
    for (name, bytes, found) in [
      ("saved_model.pb", [8, 1, 0x12, 3, 0x0A, 1, 0, 0, 0], "a TensorFlow SavedModel; convert its folder: "),
      (
        "a.docx",
        Archives.zip([Archives.Entry(name: "[Content_Types].xml", content: Array("<x/>".utf8)), word]),
        "a spreadsheet or"
      ),
      ("a.zip", Archives.zip([word]), "a zip archive, without any weights; weights are read from"),
      (
        "empty.zip", [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18),
        "an empty zip archive; weights are"
      ),
      ("m.tflite", [28, 0, 0, 0] + Array("TFL3".utf8), "a TensorFlow Lite model; convert it: "),
      ("m.gguf", Array("GGUF\u{3}".utf8), "a GGUF model; weights are"),
      ("cnn.bin", [0x7F, 0x45, 0x4C, 0x46, 2, 1], "a program (ELF); weights are"),
      ("p0.pkl", Array("(dp0\nS'w'\n".utf8), "a Python pickle; convert it: python3 -c \"import pickle"),
      ("w.mat", Array("MATLAB 5.0 MAT-file".utf8), "a MATLAB file; convert it: python3 -c \"import scipy.io"),
      ("w.npy", [0x93] + Array("NUMPY".utf8), "a NumPy array; convert it: python3"),
    ] as [(String, [UInt8], String)] {
      try sandbox.write(bytes, to: name)
      let refused = try sandbox.run("summary \(name)" + (config.map { " --config \($0)" } ?? ""))
      #expect(
        refused.status == 65 && refused.errors.contains("this is " + found), "\(name): \(refused.errors)")
    }
  }
}
