import ArgumentParser
import ConfigDecoding
import FileIO
import ImageFiles
import JSONText
import Reporting
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict the digit in a picture.",
    usage: "cnn predict <ckpt> <input>... [<options>]",
    discussion: """
      Example: cnn predict runs/lenet photo.jpg scans/ test@0..9

      A picture (\(PictureFile.formats)) may have any size and colours. For a network of digits it is preprocessed as MNIST \
      was, with dark or bright ink: the digit is found, cropped, scaled and centred by its mass. A picture that is already \
      in this form stays as it is. For any other network, or with --raw, it is scaled. A folder stands for all pictures in it.

      test@7 is an image of the data that the network was trained on, test@0..9 the first ten. An IDX file may be \
      gzip; FILE@7 is one of its images. Standard input is - or, after --, -@7.
      """)

  @OptionGroup var model: CheckpointOptions

  @Argument(
    help: ArgumentHelp(
      "Pictures, folders of pictures, test@0..9, IDX files (FILE, FILE@7), or - for standard input.",
      valueName: "input"),
    completion: .file())
  var inputs: [String]

  @OptionGroup var data: DataOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Number of classes to print, the most probable first (default: all as bars on a terminal, else 3).",
      valueName: "k"))
  var top: Int?

  @Flag(help: "Only scale pictures, without any other preprocessing.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Write the network's input as PNG, to this file or into this folder.", valueName: "file|dir"),
    completion: .file())
  var saveInput: String?

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON array.")
  var json = false

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top \(top): must be at least 1") }
    if let saveInput, [".jpg", ".jpeg", ".pgm", ".ppm"].contains(where: saveInput.lowercased().hasSuffix) {
      throw ValidationError("--save-input \(saveInput): only PNG is written; name a .png file or a folder")
    }
  }

  /// The largest number of images that are printed with bars on a terminal; more get one line each.
  private static let mostWithBars = 8

  func run() throws {
    let model = try model.load()
    let evaluator = try Evaluator(model, threadPool: machine.threadPool)
    let (inputs, notices) = PredictionInput.expand(inputs)
    for notice in notices { Console.error(notice) }
    var saved = try saveInput.map { path throws(DataError) in
      try SavedInputs.create(path, for: inputs.compactMap { try? $0.get() })
    }
    let classNames = model.outputClassNames
    var objects: [JSON] = []
    var firstError: DataError?
    for result in inputs {
      let input: PredictionInput
      do {
        let text = try result.get()
        input =
          try PredictionInput(ofData: text) { split in
            let data = try model.loadData(directory: data.data, environment: data.environment(), for: split)
            for notice in data.notices { Console.error(notice) }
            return data
          } ?? PredictionInput(text, for: model.config, isRaw: raw)
      } catch let error as DataError {
        // The other inputs are still predicted.
        Console.error("\(error)")
        firstError = firstError ?? error
        continue
      }
      let hasBars = inputs.count - 1 + input.images.count <= Self.mostWithBars
      for (index, prediction) in evaluator.predictions(input.images).enumerated() {
        let name = input.names[index]
        try saved?.save(input.images.image(at: index), of: name)
        if json {
          objects.append(prediction.json(input: name, classNames: classNames))
        } else {
          try print(prediction, of: name, classNames: classNames, hasBars: hasBars)
        }
      }
    }
    if json { try Console.print(JSON(objects).text(pretty: false)) }
    if let firstError { throw (ExitStatus(of: firstError) ?? .defect).code }
  }

  /// Prints a prediction with bars on a terminal, else as one line; a line for each further output follows.
  private func print(
    _ prediction: Prediction, of input: String, classNames: [[String]], hasBars: Bool
  ) throws {
    let names = classNames[0]
    var lines = [prediction.line(input: input, classNames: names, top: top ?? 3)]
    if hasBars, let bars = ProbabilityBars.inTerminal {
      lines = bars.lines(
        input: input, prediction: names.name(of: prediction.label),
        classes: prediction.probabilities(classNames: names, top: top))
    }
    for line in lines + prediction.furtherLines(classNames: classNames) { try Console.print(line) }
  }
}
