import Datasets
import FileIO
import Formatting
import ImageFiles

/// The images of one input of `cnn predict`, each with a name, as the network reads them.
public struct PredictionInput {
  /// The images in the network's input shape.
  public let images: Images
  /// The name of each image.
  public let names: [String]
  /// The number of the first image's row among those of a CSV file, from 1; nil for any other input.
  public private(set) var firstRow: Int?

  /// Replaces each folder of `arguments` by its pictures, or by the error of reading it.
  ///
  /// - Returns: the inputs, and one notice per folder with other files.
  public static func expand(
    _ arguments: [String]
  ) -> (inputs: [Result<String, DataError>], notices: [String]) {
    var notices: [String] = []
    let inputs = arguments.flatMap { argument -> [Result<String, DataError>] in
      guard argument != "-", isFolder(argument) else { return [.success(argument)] }
      do throws(DataError) {
        let folder = try PictureFolder(argument)
        if !folder.skipped.isEmpty { notices.append(notice(argument, folder.skipped)) }
        return folder.paths.map { .success($0) }
      } catch {
        return [.failure(error)]
      }
    }
    return (inputs, notices)
  }

  private static func notice(_ folder: String, _ skipped: [String]) -> String {
    let named = skipped.prefix(3).joined(separator: ", ") + (skipped.count > 3 ? ", ..." : "")
    return "\(folder): skipped \(skipped.count.pluralized("file")) of other types: \(named)"
  }

  /// Reads an input once, so that it may be a pipe, and converts it to the network's input.
  ///
  /// - Parameters:
  ///   - text: a picture, an IDX or CSV file, `FILE@7`, `FILE@0..99`, or `-` for standard input.
  ///   - isRaw: whether pictures are only scaled.
  public init(_ text: String, for config: ExperimentConfig, isRaw: Bool) throws(DataError) {
    let reference = try ImageReference(text)
    var source =
      reference.path == "-"
      ? try ByteSource(standardInput: "standard input") : try ByteSource(path: reference.path)
    let start = try source.peek(FileSignature.length)
    let signature = FileSignature(start)
    if PictureFile.isPicture(signature) {
      guard reference.range == nil else {
        throw .unreadable(
          path: text, reason: "\(reference.path) is one picture; @ selects images of an IDX or CSV file")
      }
      let shape = try Self.inputShape(config, of: text)
      let name = source.name
      let picture = try PictureFile.decode(source)
      let preparation = isRaw ? .scale : config.data.pictures ?? .digit
      images = try preparation.prepare(picture, for: shape, name: name)
      names = [text]
    } else if signature == .idx {
      let images = try reference.read(from: source)
      let first = reference.range?.lowerBound ?? 0
      (self.images, names) = (images, (0..<images.count).map { "\(reference.path)@\(first + $0)" })
      try check(fits: config)
    } else if CSVImages.isCSV(reference.path, start) {
      let shape = try Self.inputShape(config, of: text)
      let rows = try CSVImages(source, shape: shape, labelColumn: config.data.labelColumn).images
      let range = reference.range ?? 0...rows.count - 1
      guard range.upperBound < rows.count else {
        throw .unreadable(
          path: text,
          reason: "no row \(range.upperBound): the file has \(rows.count.grouped), 0 to \(rows.count - 1)")
      }
      images =
        rows.count == range.count ? rows : Images(pixels: range.flatMap { rows[$0] }, shape: rows.shape)
      (names, firstRow) = (range.map { "\(reference.path)@\($0)" }, range.lowerBound + 1)
      try check(fits: config)
    } else {
      throw source.malformed(
        at: 0,
        "neither a picture (\(PictureFile.formats)) nor an IDX or CSV file: \(FileSignature.describe(start))")
    }
  }

  /// Images of the network's own data: `test@7`, `test@0..9`, `train@3`; nil for any other input.
  ///
  /// - Parameter load: loads the data for a part of it.
  /// - Throws: what `load` throws, and `DataError` where there is no such image.
  public init?(
    ofData text: String, load: (ExperimentData.Split) throws -> ExperimentData
  ) throws {
    let reference = try ImageReference(text)
    guard let range = reference.range, !isFile(reference.path),
      let split = ExperimentData.Split(rawValue: reference.path)
    else { return nil }
    let data = try load(split).split(split)
    guard range.upperBound < data.count else {
      throw DataError.unreadable(
        path: text,
        reason: "no image \(range.upperBound): there are \(data.count.grouped), 0 to \(data.count - 1)")
    }
    images = data.images(at: range)
    names = range.map { "\(split.rawValue)@\($0)" }
  }

  /// The network's input shape as the shape of a picture.
  private static func inputShape(_ config: ExperimentConfig, of path: String) throws(DataError) -> ImageShape
  {
    let sides = config.model.input.dimensions
    guard sides.count == 3, [1, 3].contains(sides[0]) else {
      throw .unsuitable(
        path: path, reason: "\(config.name) reads \(config.model.input), which is neither gray nor RGB")
    }
    return ImageShape(channels: sides[0], height: sides[1], width: sides[2])
  }

  /// Checks that images of an IDX or CSV file have the network's input shape.
  private func check(fits config: ExperimentConfig) throws(DataError) {
    let input = config.model.input
    guard input.dimensions == [images.shape.channels, images.shape.height, images.shape.width] else {
      throw .malformed(
        path: names.first ?? "", byte: 0,
        reason: "an image of \(images.shape), but \(config.name) reads \(input)")
    }
  }
}
