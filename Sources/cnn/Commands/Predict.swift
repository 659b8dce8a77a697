import ArgumentParser
import ConfigDecoding
import Datasets
import FileIO
import Formatting
import ImageFiles
import JSONText
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what digit a picture shows.",
    usage: "cnn predict <ckpt> <input>... [<options>]",
    discussion: """
      Example: cnn predict runs/lenet photo.jpg scans/ t10k-images-idx3-ubyte.gz@0..9

      A picture (PNG, JPEG, PGM) may have any size and colours, ink on paper or the other way round: the digit \
      is looked for, cut out, scaled and centred as MNIST's makers did it. One that is so already is taken as it \
      is; --raw takes all of them as they are, but scaled. A folder stands for the pictures in it.

      An IDX file may be gzip; FILE@7 is one of its images, FILE@0..99 the first hundred. All of it may come \
      through a pipe, as - or, behind --, as -@7.
      """)

  @Argument(help: ArgumentHelp("A checkpoint or a run's folder.", valueName: "ckpt"), completion: .file())
  var checkpoint: String

  @Argument(
    help: ArgumentHelp(
      "Pictures, folders of pictures, IDX files (FILE, FILE@7, FILE@0..99), or - for standard input.",
      valueName: "input"),
    completion: .file())
  var inputs: [String]

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many classes to name, the likeliest first (default: all as bars in a terminal, else 3).",
      valueName: "k"))
  var top: Int?

  @Flag(help: "Take pictures as they are, only scaled.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Write what the network saw as PNG, to this file or into this folder.", valueName: "file|dir"),
    completion: .file())
  var saveInput: String?

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON array.")
  var json = false

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top \(top): must be at least 1") }
    if let saveInput, [".jpg", ".jpeg", ".pgm", ".ppm"].contains(where: saveInput.lowercased().hasSuffix) {
      throw ValidationError("--save-input \(saveInput): pictures are written as PNG; name a .png or a folder")
    }
  }

  /// More images than this are answered with a line each, in a terminal, too.
  private static let mostWithBars = 8

  func run() throws {
    let source = try LoadedModel.named(checkpoint, config: config)
    let parameters = try source.requireParameters()
    let evaluator = Evaluator(source.config, parameters: parameters, threadPool: machine.threadPool)
    let words = PredictionInput.expand(inputs)
    var saved = try saveInput.map { path throws(DataError) in
      try SavedInputs(path, for: words.compactMap { try? $0.get() })
    }
    var objects: [JSON] = []
    var firstFault: DataError?
    for word in words {
      let input: PredictionInput
      do throws(DataError) {
        input = try PredictionInput(word.get(), for: source.config, isRaw: raw)
      } catch {
        // One bad picture of many is no reason to keep quiet about the others.
        Console.error("\(error)")
        firstFault = firstFault ?? error
        continue
      }
      let count = words.count - 1 + input.images.count
      let bars = count <= Self.mostWithBars ? ProbabilityBars.inTerminal : nil
      for (index, scores) in evaluator.scores(input.images).enumerated() {
        let name = input.names[index]
        try saved?.save(input.images.image(at: index), of: name)
        let prediction = Prediction(scores: scores)
        if json {
          objects.append(prediction.json(input: name, classes: source.classNames))
        } else if let bars {
          let shown = prediction.shown(classes: source.classNames, top: top)
          let guess = source.classNames.name(of: prediction.label)
          for line in bars.lines(input: name, guess: guess, shown: shown) { try Console.print(line) }
        } else {
          try Console.print(prediction.line(input: name, classes: source.classNames, top: top ?? 3))
        }
      }
    }
    if json { try Console.print(JSON(objects).text(pretty: false)) }
    if let firstFault { throw (ExitStatus(of: firstFault) ?? .defect).code }
  }
}

extension Prediction {
  func json(input: String, classes: [String]) -> JSON {
    JSON(object: [
      ("input", JSON(input)), ("label", JSON(classes.name(of: label))),
      ("probabilities", JSON(probabilities.map { JSON($0) })), ("logits", JSON(logits.map { JSON($0) })),
    ])
  }

  /// Classes with their probabilities: all in order, or the `top` likeliest.
  func shown(classes: [String], top: Int?) -> [(name: String, probability: Double)] {
    let all = probabilities.enumerated().map { (label: $0.offset, probability: $0.element) }
    return (top.map { self.top($0) } ?? all).map { (classes.name(of: $0.label), $0.probability) }
  }

  /// `digit.pgm  7  (7 99.8 %, 9 0.1 %, 2 0.0 %)`
  func line(input: String, classes: [String], top count: Int) -> String {
    let list = top(count).map { "\(classes.name(of: $0.label)) \(($0.probability * 100).fixed(1)) %" }
    return "\(input)  \(classes.name(of: label))  (\(list.joined(separator: ", ")))"
  }
}
