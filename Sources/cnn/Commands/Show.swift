import ArgumentParser
import Datasets
import FileIO
import Formatting
import ImageFiles
import Reporting
import Training

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show images of a data set, or inspect it: counts, sizes, mean, duplicates.",
    usage: "cnn show [<data>] [<options>]",
    discussion: """
      Example: cnn show pictures/ --output sheet.png
               cnn show --config lenet-augmented --augment --variants 8 --output sheet.png

      With DATA: the images of each class and part, the sizes of pictures, mean and standard deviation for a config, \
      duplicates, and what looks odd. --output writes a contact sheet with a row for each class, or, to a folder, one for \
      each class.

      Without DATA: images of the config's data. They are printed in colour on a terminal with 24-bit colour \
      (COLORTERM), else as characters. --output writes a contact sheet: .png, .pgm (gray) or .ppm. --augment shows the images as training reads them \
      in an epoch, augmented by the config's data.augment.
      """)

  @Argument(
    help: ArgumentHelp("Data to inspect: folders of pictures, CSV, IDX, npz or mat.", valueName: "data"),
    completion: .file())
  var inspected: String?

  @Option(
    help: ArgumentHelp("The config, which names the data set and its splits.", valueName: "file"),
    completion: .config)
  var config = "lenet"

  @Option(
    help: ArgumentHelp(
      "Override a key of the config, such as data.augment=[\"noise\"].", valueName: "key.path=value"))
  var set: [String] = []

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("Part of the data: test, train or validation.", valueName: "split"))
  var split: ExperimentData.Split = .train

  @Option(parsing: .unconditional, help: ArgumentHelp("Position of the first image.", valueName: "n"))
  var first = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of images (default: 4); of DATA, of each class on a sheet.", valueName: "n"))
  var count: Int?

  @Flag(help: "Augment the images as in training.")
  var augment = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Epoch of the augmentation.", valueName: "n"))
  var epoch = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Number of epochs whose versions of each image are shown; implies --augment.", valueName: "n"))
  var variants: Int?

  @Option(
    help: ArgumentHelp("Write a contact sheet to this file instead.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(inversion: .prefixedNo, help: "Write the label below each image of a contact sheet.")
  var labels = true

  /// PNG contact sheets are enlarged up to this width.
  private static let sheetWidth = 640

  private var isAugmented: Bool { augment || variants != nil }

  func validate() throws {
    if first < 0 { throw ValidationError("--first \(first): must be at least 0") }
    let largestCount = inspected == nil ? 10_000 : 1000
    if let count, !(1...largestCount).contains(count) {
      throw ValidationError("--count \(count): must be from 1 to \(largestCount.grouped)")
    }
    if let inspected, data.data != nil || isAugmented || first != 0 {
      throw ValidationError(
        "\(inspected) is inspected as a whole; images of it are shown by --data \(inspected)")
    }
    if !(1...1_000_000).contains(epoch) {
      throw ValidationError("--epoch \(epoch): must be from 1 to 1,000,000")
    }
    if let variants, !(1...100).contains(variants) {
      throw ValidationError("--variants \(variants): must be from 1 to 100")
    }
    if let output, inspected == nil, PictureFormat(path: output) == nil {
      throw ValidationError("--output \(output): must end in .png, .pgm or .ppm")
    }
  }

  func run() throws {
    let config = try ConfigSource.load(config, settings: set)
    if let inspected { return try inspect(inspected, config) }
    if isAugmented, config.data.augmentation.isEmpty {
      throw DataError.unsatisfiable(
        reason:
          "\(config.name) has no data.augment; try --config lenet-augmented or --set data.augment='[\"rotate\"]'"
      )
    }
    let data = try ExperimentData.load(
      config, directory: data.data, environment: data.environment(), for: split)
    for notice in data.notices { Console.error(notice) }
    let images = try SampleImages(
      data, config, split: split, first: first, count: count ?? 4,
      epochs: isAugmented ? epoch..<epoch + (variants ?? 1) : nil)
    if let output { return try write(images, to: output, of: "\(data.name) \(split.rawValue)") }
    try Console.print(
      "x [\(images.splitCount), \(images.shape.channels), \(images.shape.height), \(images.shape.width)] bytes, "
        + "y [\(images.splitCount)] in \(data.classNames.count.pluralized("class"))")
    try printPictures(images)
  }

  private func write(_ images: SampleImages, to output: String, of name: String) throws {
    try write(images.contactSheet(columns: variants, hasLabels: labels), to: output)
    let versions = variants.map { ", \($0.pluralized("version")) of each," } ?? ""
    try Console.print("\(output): \(images.imageCount.pluralized("image"))\(versions) of \(name)")
  }

  private func write(_ sheet: ContactSheet, to output: String) throws {
    let format = PictureFormat(path: output) ?? .png
    guard format.supports(channels: sheet.images.shape.channels) else {
      throw DataError.unsatisfiable(
        reason: "--output \(output): PGM is gray, but these images are in colour; use .ppm or .png")
    }
    let picture = format == .png ? sheet.enlarged(toWidth: Self.sheetWidth) : sheet.images
    try AtomicFile.write(format.encode(picture), to: output)
  }

  /// Prints the statistics of the data set at `path`, and writes its contact sheets.
  private func inspect(_ path: String, _ config: ExperimentConfig) throws {
    let dataset = try ExperimentData.dataset(at: path, as: config, environment: data.environment())
    for line in DatasetStatistics(dataset).lines(of: dataset, path: path) { try Console.print(line) }
    guard let output else { return }
    let chosen =
      switch split {
      case .train: dataset.train
      case .test: dataset.test
      case .validation: dataset.validation ?? dataset.train
      }
    let part = chosen.count > 0 ? chosen : dataset.test
    let isFile = PictureFormat(path: output) != nil
    let images = ClassSheets(part, classNames: dataset.classNames, count: count ?? (isFile ? 10 : 100))
    if isFile {
      try write(images.overview(hasLabels: labels), to: output)
      let rows = min(images.classNames.count, ClassSheets.rowLimit)
      try Console.print(["", "\(output): \(rows.pluralized("class"))"])
    } else {
      try AtomicFile.createFolder(output)
      for (name, sheet) in images.sheets { try write(sheet, to: joinPath(output, name + ".png")) }
      try Console.print(
        ["", "\(output): \(images.classNames.count.pluralized("picture")), one for each class"])
    }
  }

  /// Prints as many pictures side by side as the terminal is wide.
  private func printPictures(_ images: SampleImages) throws {
    let width = images.shape.width
    let perRow = max(1, ((Console.outputWidth ?? 80) + 2) / (width + 2))
    for start in stride(from: 0, to: images.samples.count, by: perRow) {
      let row = images.samples[start..<min(start + perRow, images.samples.count)]
      let titles = row.map { sample in
        let epoch = sample.epoch.map { ", epoch \($0)" } ?? ""
        return "#\(sample.position): \(sample.label)\(epoch)".padded(right: width)
      }
      try Console.print(titles.joined(separator: "  "))
      let pictures = row.map {
        TerminalPicture($0.pixels, shape: images.shape, inColor: Console.hasTrueColor).lines
      }
      for line in 0..<(pictures.first?.count ?? 0) {
        try Console.print(styled: pictures.map { $0[line] }.joined(separator: "  "))
      }
    }
  }
}
