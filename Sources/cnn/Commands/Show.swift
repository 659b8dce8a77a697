import ArgumentParser
import Digits
import Training

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show images of a data set, in the terminal or as a picture.",
    usage: "cnn show [<options>]",
    discussion: """
      Example: cnn show --data builtin --count 100 --output digits.pgm

      In the terminal an image is drawn with characters; --output writes a sheet as PGM (gray) or PPM (colour).
      """)

  @Option(
    help: ArgumentHelp("A config: it names the data set and its splits.", valueName: "file"),
    completion: .config)
  var config = "lenet"

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Part of the data: test, train or validation.", valueName: "split"))
  var split: ExperimentData.Split = .train

  @Option(help: ArgumentHelp("The first image.", valueName: "n"))
  var first = 0

  @Option(help: ArgumentHelp("How many images.", valueName: "n"))
  var count = 4

  @Option(help: ArgumentHelp("Write a sheet to this file instead.", valueName: "file"), completion: .file())
  var output: String?

  func validate() throws {
    if first < 0 { throw ValidationError("--first \(first): must be at least 0") }
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count \(count): must be from 1 to 10,000")
    }
  }

  func run() throws {
    let config = try ConfigSource.load(config)
    let experiment = try ExperimentData(config, directory: data.data, environment: data.environment())
    let images = try experiment.split(split)
    guard first < images.count else {
      throw DataError.unsatisfiable(
        reason: "--first \(first): there are \(images.count.grouped) images, 0 to \(images.count - 1)")
    }
    let range = first..<min(first + count, images.count)
    if let output {
      let pixels = range.flatMap { images[$0] }
      let sheet = ContactSheet(Images(pixels: pixels, shape: images.shape))
      try AtomicFile.write(sheet.encoded, to: output)
      return try Console.print("\(output): \(range.count) images of \(experiment.name) \(split.rawValue)")
    }
    try Console.print(
      "x [\(images.count), \(images.shape.channels), \(images.shape.height), \(images.shape.width)] bytes, "
        + "y [\(images.count)] in \(experiment.classNames.count) classes")
    let perRow = max(1, ((Console.terminalWidth ?? 80) + 2) / (images.shape.width + 2))
    for start in stride(from: range.lowerBound, to: range.upperBound, by: perRow) {
      let row = start..<min(start + perRow, range.upperBound)
      let names = row.map { index in
        let label = Int(images.label(at: index))
        return "#\(index): \(experiment.classNames[label])".left(images.shape.width)
      }
      try Console.print(names.joined(separator: "  "))
      let drawings = row.map { CharacterDrawing(images[$0], shape: images.shape).lines }
      for line in 0..<(drawings.first?.count ?? 0) {
        try Console.print(drawings.map { $0[line] }.joined(separator: "  "))
      }
    }
  }
}

/// An image drawn with characters; one stands for two pixels, one above the other, as characters are tall.
struct CharacterDrawing {
  let lines: [String]

  private static let shades = Array(" .:-=+*#%@")

  init(_ image: ArraySlice<UInt8>, shape: ImageShape) {
    func brightness(_ row: Int, _ column: Int) -> Int {
      guard row < shape.height else { return 0 }
      let values = (0..<shape.channels).map { channel in
        Int(image[image.startIndex + (channel * shape.height + row) * shape.width + column])
      }
      return values.reduce(0, +) / shape.channels
    }
    lines = stride(from: 0, to: shape.height, by: 2).map { row in
      String(
        (0..<shape.width).map { column in
          let mean = (brightness(row, column) + brightness(row + 1, column)) / 2
          return Self.shades[mean * (Self.shades.count - 1) / 255]
        })
    }
  }
}
