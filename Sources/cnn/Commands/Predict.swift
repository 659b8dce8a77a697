import ArgumentParser
import Configuration
import Digits
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what digit an image shows.",
    usage: "cnn predict <ckpt> <input>... [<options>]",
    discussion: """
      Example: cnn predict runs/lenet digit.pgm t10k-images-idx3-ubyte.gz@0..9

      A picture has to have the network's input size. An IDX file may be gzip; FILE@7 is one of its images, \
      FILE@0..99 the first hundred. All of it may come through a pipe.
      """)

  @Argument(help: ArgumentHelp("A checkpoint or a run's folder.", valueName: "ckpt"), completion: .file())
  var checkpoint: String

  @Argument(
    help: ArgumentHelp(
      "PGM pictures, IDX files (FILE, FILE@7, FILE@0..99), or - for standard input.", valueName: "input"),
    completion: .file())
  var inputs: [String]

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many classes to name.", valueName: "k"))
  var top = 3

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON array.")
  var json = false

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top): must be at least 1") }
  }

  func run() throws {
    let source = try ModelSource(checkpoint: checkpoint, config: config)
    let parameters = try source.requireParameters()
    let inputs = try inputs.map { try PredictionInput($0) }
    let evaluator = Evaluator(source.config, parameters: parameters, team: machine.team)
    var objects: [JSON] = []
    for input in inputs {
      try input.check(fits: source.config)
      for (name, scores) in zip(input.names, evaluator.scores(input.images)) {
        let prediction = Prediction(scores: scores)
        if json {
          objects.append(prediction.json(input: name, classes: source.classNames))
        } else {
          try Console.print(prediction.line(input: name, classes: source.classNames, top: top))
        }
      }
    }
    if json { try Console.print(JSON(objects).text(pretty: false)) }
  }
}

/// Images somebody asked about, each with a name.
struct PredictionInput {
  let images: Images
  let names: [String]

  /// Reads what `text` names, once, so that it may be a pipe.
  init(_ text: String) throws(DataError) {
    let reference = try ImageReference(text)
    let isStandardInput = text == "-"
    var source =
      isStandardInput ? try ByteSource(standardInput: "standard input") : try ByteSource(path: reference.path)
    let start = try source.peek(FileSignature.length)
    switch FileSignature(start) {
    case .pgm:
      guard reference.range == nil else {
        throw .unreadable(
          path: text, reason: "\(reference.path) is one picture; @ chooses among the images of an IDX file")
      }
      let picture = try PGM(parsing: source)
      images = Images(pixels: picture.pixels, shape: ImageShape(height: picture.height, width: picture.width))
      names = [text]
    case .idx:
      let images = try reference.read(from: source)
      let first = reference.range?.lowerBound ?? 0
      (self.images, names) = (images, (0..<images.count).map { "\(reference.path)@\(first + $0)" })
    default:
      throw source.malformed(
        at: 0, "neither a PGM picture nor an IDX file: \(FileSignature.describe(start))")
    }
  }

  /// Throws when the images are not of the network's input size.
  func check(fits config: ExperimentConfig) throws(DataError) {
    let input = config.model.input
    guard input.dimensions == [images.shape.channels, images.shape.height, images.shape.width] else {
      throw .malformed(
        path: names.first ?? "", byte: 0,
        reason: "an image of \(images.shape), but \(config.name) reads \(input)")
    }
  }
}

extension Prediction {
  func json(input: String, classes: [String]) -> JSON {
    JSON(object: [
      ("input", JSON(input)), ("label", JSON(classes.name(of: label))),
      ("probabilities", JSON(probabilities.map { JSON($0) })), ("logits", JSON(logits.map { JSON($0) })),
    ])
  }

  /// `digit.pgm  7  (7 99.8 %, 9 0.1 %, 2 0.0 %)`
  func line(input: String, classes: [String], top count: Int) -> String {
    let list = top(count).map { "\(classes.name(of: $0.label)) \(($0.probability * 100).fixed(1)) %" }
    return "\(input)  \(classes.name(of: label))  (\(list.joined(separator: ", ")))"
  }
}
