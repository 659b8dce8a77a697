import Datasets
import FileIO
import ImageFiles
import Training

/// Images somebody asked about, each with a name.
struct PredictionInput {
  /// What the network sees.
  let images: Images
  /// What each image is called.
  let names: [String]

  /// What `words` name, files and folders, as names of single inputs; notices what is skipped.
  static func expand(_ words: [String]) -> [Result<String, DataError>] {
    words.flatMap { word -> [Result<String, DataError>] in
      guard word != "-", isFolder(word) else { return [.success(word)] }
      do throws(DataError) {
        let folder = try PictureFolder(word)
        if !folder.skipped.isEmpty { Console.error(notice(word, folder.skipped)) }
        return folder.paths.map { .success($0) }
      } catch {
        return [.failure(error)]
      }
    }
  }

  private static func notice(_ folder: String, _ skipped: [String]) -> String {
    let named = skipped.prefix(3).joined(separator: ", ") + (skipped.count > 3 ? ", ..." : "")
    return
      "\(folder): skipped \(skipped.count) that \(skipped.count == 1 ? "is no picture" : "are no pictures"): \(named)"
  }

  /// Reads what `text` names, once, so that it may be a pipe, and makes the network's input of it.
  init(_ text: String, for config: ExperimentConfig, isRaw: Bool) throws(DataError) {
    let reference = try ImageReference(text)
    var source =
      reference.path == "-"
      ? try ByteSource(standardInput: "standard input") : try ByteSource(path: reference.path)
    let start = try source.peek(FileSignature.length)
    let signature = FileSignature(start)
    if PictureFile.isPicture(signature) {
      guard reference.range == nil else {
        throw .unreadable(
          path: text, reason: "\(reference.path) is one picture; @ chooses among the images of an IDX file")
      }
      let shape = try Self.inputShape(config, of: text)
      let name = source.name
      let picture = try PictureFile.decode(source)
      images = try DigitPreprocessor(for: shape, source: isRaw ? .raw : .photo).prepare(picture, name: name)
      names = [text]
    } else if signature == .idx {
      let images = try reference.read(from: source)
      let first = reference.range?.lowerBound ?? 0
      (self.images, names) = (images, (0..<images.count).map { "\(reference.path)@\(first + $0)" })
      try check(fits: config)
    } else {
      throw source.malformed(
        at: 0, "neither a PNG, JPEG or PGM picture nor an IDX file: \(FileSignature.describe(start))")
    }
  }

  /// The network's input as the shape of a picture.
  private static func inputShape(_ config: ExperimentConfig, of path: String) throws(DataError) -> ImageShape
  {
    let sides = config.model.input.dimensions
    guard sides.count == 3, [1, 3].contains(sides[0]) else {
      throw .unsuitable(
        path: path, reason: "\(config.name) reads \(config.model.input), neither gray nor RGB pictures")
    }
    return ImageShape(channels: sides[0], height: sides[1], width: sides[2])
  }

  /// Throws when images that are taken as they are have not the network's input size.
  private func check(fits config: ExperimentConfig) throws(DataError) {
    let input = config.model.input
    guard input.dimensions == [images.shape.channels, images.shape.height, images.shape.width] else {
      throw .malformed(
        path: names.first ?? "", byte: 0,
        reason: "an image of \(images.shape), but \(config.name) reads \(input)")
    }
  }
}
