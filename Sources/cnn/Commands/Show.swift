import ArgumentParser
import Datasets
import FileIO
import Formatting
import ImageFiles
import Training

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show images of a data set, in the terminal or as a picture.",
    usage: "cnn show [<options>]",
    discussion: """
      Example: cnn show --config lenet-augmented --augment --variants 8 --output sheet.png

      In the terminal an image is drawn in colour where the terminal says it has it (COLORTERM), else with characters. \
      --output writes a sheet: .png, .pgm (gray) or .ppm. With --augment images are what training reads of them \
      in an epoch, as the config's data.augment says.
      """)

  @Option(
    help: ArgumentHelp("A config: it names the data set and its splits.", valueName: "file"),
    completion: .config)
  var config = "lenet"

  @Option(
    help: ArgumentHelp(
      "Change a value of the config, such as data.augment=[\"noise\"].", valueName: "key.path=value"))
  var set: [String] = []

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Part of the data: test, train or validation.", valueName: "split"))
  var split: ExperimentData.Split = .train

  @Option(parsing: .unconditional, help: ArgumentHelp("The first image.", valueName: "n"))
  var first = 0

  @Option(parsing: .unconditional, help: ArgumentHelp("How many images.", valueName: "n"))
  var count = 4

  @Flag(help: "Change the images as training does.")
  var augment = false

  @Option(parsing: .unconditional, help: ArgumentHelp("The epoch whose versions are shown.", valueName: "n"))
  var epoch = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Versions of each image, from as many epochs; implies --augment.", valueName: "n"))
  var variants: Int?

  @Option(
    help: ArgumentHelp("Write a sheet to this file instead.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(inversion: .prefixedNo, help: "Write the label below each image of a sheet.")
  var labels = true

  /// Sheets are enlarged up to this width.
  private static let sheetWidth = 640

  private var isAugmented: Bool { augment || variants != nil }

  func validate() throws {
    if first < 0 { throw ValidationError("--first \(first): must be at least 0") }
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count \(count): must be from 1 to 10,000")
    }
    if !(1...1_000_000).contains(epoch) {
      throw ValidationError("--epoch \(epoch): must be from 1 to 1,000,000")
    }
    if let variants, !(1...100).contains(variants) {
      throw ValidationError("--variants \(variants): must be from 1 to 100")
    }
    if let output, PictureFormat(path: output) == nil {
      throw ValidationError("--output \(output): must end in .png, .pgm or .ppm")
    }
  }

  func run() throws {
    let config = try ConfigSource.load(config, settings: set)
    if isAugmented, config.data.augmentation.isEmpty {
      throw DataError.unsatisfiable(
        reason:
          "\(config.name) has no data.augment; try --config lenet-augmented or --set data.augment='[\"rotate\"]'"
      )
    }
    let experiment = try ExperimentData(config, directory: data.data, environment: data.environment())
    let images = try experiment.split(split)
    guard first < images.count else {
      throw DataError.unsatisfiable(
        reason: "--first \(first): there are \(images.count.grouped) images, 0 to \(images.count - 1)")
    }
    let range = first..<min(first + count, images.count)
    let shown = range.flatMap { versions(of: $0, in: images, config) }
    if let output {
      let format = PictureFormat(path: output) ?? .png
      guard format.supports(channels: images.shape.channels) else {
        throw DataError.unsatisfiable(
          reason: "--output \(output): PGM is gray, and these images have colours; use .ppm or .png")
      }
      let captions = shown.map { experiment.classNames.name(of: Int(images.label(at: $0.position))) }
      let sheet = ContactSheet(
        Images(pixels: shown.flatMap(\.pixels), shape: images.shape), columns: variants,
        captions: labels ? captions : nil)
      let picture = format == .png ? sheet.enlarged(toWidth: Self.sheetWidth) : sheet.images
      try AtomicFile.write(format.encode(picture), to: output)
      let versions = variants.map { ", \($0.pluralized("version")) of each," } ?? ""
      return try Console.print(
        "\(output): \(range.count.pluralized("image"))\(versions) of \(experiment.name) \(split.rawValue)")
    }
    try Console.print(
      "x [\(images.count), \(images.shape.channels), \(images.shape.height), \(images.shape.width)] bytes, "
        + "y [\(images.count)] in \(experiment.classNames.count) classes")
    let perRow = max(1, ((Console.outputWidth ?? 80) + 2) / (images.shape.width + 2))
    for start in stride(from: 0, to: shown.count, by: perRow) {
      let row = shown[start..<min(start + perRow, shown.count)]
      let names = row.map { version in
        let label = experiment.classNames.name(of: Int(images.label(at: version.position)))
        let name = "#\(version.position): \(label)" + (isAugmented ? ", epoch \(version.epoch)" : "")
        return name.padded(right: images.shape.width)
      }
      try Console.print(names.joined(separator: "  "))
      let pictures = row.map {
        TerminalPicture($0.pixels, shape: images.shape, inColor: Console.hasTrueColor).lines
      }
      for line in 0..<(pictures.first?.count ?? 0) {
        try Console.print(pictures.map { $0[line] }.joined(separator: "  "))
      }
    }
  }

  /// One image to be drawn.
  private struct Version {
    let position: Int
    let epoch: Int
    let pixels: ArraySlice<UInt8>
  }

  /// The image itself, or what it becomes in each of the epochs asked for.
  private func versions(of position: Int, in images: Subset, _ config: ExperimentConfig) -> [Version] {
    guard isAugmented else { return [Version(position: position, epoch: 0, pixels: images[position])] }
    return (epoch..<epoch + (variants ?? 1)).map { epoch in
      let pixels = config.data.augmentation.augment(
        images[position], config.model.input, number: images.indices[position],
        config.augmentationRandom(epoch: epoch))
      return Version(position: position, epoch: epoch, pixels: pixels[...])
    }
  }
}
