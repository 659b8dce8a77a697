import CNNEngine
import FileIO
import Foundation
import ImageFiles
import Testing

/// `cnn predict` with pictures, folders and what it saves.
struct PredictPicturesTests {
  private let command = "predict pixels.safetensors --config pixels.json"

  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    return sandbox
  }

  /// The sample image of a class as PNG: one white pixel in the first row, which the sample network reads.
  private func png(_ label: Int) -> [UInt8] {
    PNG.encode(Images(pixels: Samples.pixels(label), shape: ImageShape(height: 28, width: 28)))
  }

  /// A bar of ink on a sheet of paper, black on white.
  private func sheet(width: Int = 300, height: Int = 200, bar: Range<Int> = 140..<150) -> [UInt8] {
    let pixels = (0..<width * height).map { pixel -> UInt8 in
      (50..<150).contains(pixel / width) && bar.contains(pixel % width) ? 30 : 230
    }
    return PNG.encode(Images(pixels: pixels, shape: ImageShape(height: height, width: width)))
  }

  @Test func pngGivesTheAnswersOfIDX() throws {
    let sandbox = try sandbox()
    let labels = [3, 1, 4, 1, 5]
    try sandbox.write(Samples.images(labels), to: "digits.idx")
    for (index, label) in labels.enumerated() { try sandbox.write(png(label), to: "\(index).png") }
    let fromIDX = try #require(try sandbox.run("\(command) digits.idx --json").json() as? [[String: Any]])
    let words = labels.indices.map { "\($0).png" }.joined(separator: " ")
    let fromPNG = try #require(try sandbox.run("\(command) \(words) --json").json() as? [[String: Any]])
    #expect(fromPNG.map { $0["logits"] as? [Double] } == fromIDX.map { $0["logits"] as? [Double] })
    #expect(fromPNG.map { $0["label"] as? String } == labels.map { "\($0)" })
  }

  @Test func aFolderMeansItsPictures() throws {
    let sandbox = try sandbox()
    for label in [10, 9, 2] { try sandbox.write(png(label % 10), to: "scans/\(label).png") }
    try sandbox.write("hello", to: "scans/notes.txt")
    let outcome = try sandbox.run("\(command) scans --top 1")
    #expect(
      outcome.lines == [
        "scans/2.png  2  (2 99.7 %)", "scans/9.png  9  (9 99.7 %)", "scans/10.png  0  (0 99.7 %)",
      ])
    #expect(outcome.errors == "scans: skipped 1 file of other types: notes.txt\n")
    #expect(outcome.status == 0)
  }

  @Test func standardInputMayBeAnyPicture() throws {
    let outcome = try sandbox().run("\(command) - --top 1", input: png(6))
    #expect(outcome.output == "-  6  (6 99.7 %)\n")
  }

  @Test func oneBadPictureDoesNotHideTheOthers() throws {
    let sandbox = try sandbox()
    try sandbox.write(png(4), to: "four.png")
    try sandbox.write(png(4).dropLast(3) + [], to: "cut.png")
    let outcome = try sandbox.run("\(command) cut.png nosuch.png four.png --top 1")
    #expect(outcome.output == "four.png  4  (4 99.7 %)\n")
    #expect(outcome.errors.split(separator: "\n").map { $0.prefix(12) } == ["cut.png: byt", "nosuch.png: "])
    #expect(outcome.status == 65)
  }

  @Test func theNetworksInputIsSaved() throws {
    let sandbox = try sandbox()
    try sandbox.write(sheet(), to: "a/bar.png")
    try sandbox.write(sheet(), to: "b/bar.jpg")
    try sandbox.write(Samples.images([7, 2]), to: "digits.idx")
    let outcome = try sandbox.run("\(command) a/bar.png b/bar.jpg digits.idx --save-input seen/today")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for name in ["bar", "bar-2", "digits.idx@0", "digits.idx@1"] {
      let image = try PNG.decode(
        ByteSource(bytes: [UInt8](sandbox.read("seen/today/\(name).png")), name: name))
      #expect(image.shape == ImageShape(height: 28, width: 28))
      guard name.hasPrefix("bar") else { continue }
      // The bar fills a box of 20 pixels in the middle.
      let rows = image.pixels.indices.filter { image.pixels[$0] > 127 }.map { $0 / 28 }
      #expect(rows.min() == 4 && rows.max() == 23)
    }
    #expect(try sandbox.run("\(command) a/bar.png --save-input one.png").status == 0)
    #expect(sandbox.has("one.png"))
    let two = try sandbox.run("\(command) a/bar.png b/bar.jpg --save-input two.png")
    #expect(two.status == 74)
    #expect(two.errors == "two.png: one file for several images; name a folder with --save-input\n")
    #expect(!sandbox.has("two.png"))
  }

  @Test func savedInputsReplaceNoPicture() throws {
    let sandbox = try sandbox()
    try sandbox.write(sheet(), to: "own/bar.png")
    let original = try sandbox.read("own/bar.png")
    #expect(try sandbox.run("\(command) own/bar.png --save-input own").status == 0)
    #expect(try sandbox.read("own/bar.png") == original && sandbox.has("own/bar-2.png"))
    let refused = try sandbox.run("\(command) own/bar.png --save-input ./own/bar.png")
    #expect(refused.status == 74 && refused.output.isEmpty)
    #expect(try sandbox.read("own/bar.png") == original)
    #expect(try sandbox.run("\(command) own/bar.png --save-input seen.jpg").status == 64)
  }

  @Test func rawPicturesAreOnlyScaled() throws {
    let sandbox = try sandbox()
    let blank = PNG.encode(
      Images(pixels: .init(repeating: 255, count: 56 * 56), shape: ImageShape(height: 56, width: 56)))
    try sandbox.write(blank, to: "blank.png")
    let prepared = try sandbox.run("\(command) blank.png")
    #expect(prepared.status == 65 && prepared.errors == "blank.png: the picture is blank\n")
    let raw = try sandbox.run("\(command) blank.png --raw --json")
    let json = try #require(try raw.json() as? [[String: Any]])
    #expect(json.first?["logits"] as? [Double] == .init(repeating: 8, count: 10))
  }
}
