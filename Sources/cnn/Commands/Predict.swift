import ArgumentParser
import ConfigDecoding
import FileIO
import ImageFiles
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict what pictures show: digits, or the classes that the network was trained on.",
    usage: "cnn predict <ckpt> ... <input> ... [<options>]",
    discussion: """
      Example: cnn predict runs/lenet photo.jpg scans/ test@0..9

      A picture (\(PictureFile.formats)) may have any size and colours. For a network of digits it is preprocessed as MNIST \
      was, with dark or bright ink: the digit is found, cropped, scaled and centred by its mass. A picture that is already \
      in this form stays as it is. For any other network, or with --raw, it is scaled. A folder stands for all pictures in it.

      test@7 is an image of the data that the network was trained on, test@0..9 the first ten. An IDX or CSV file may \
      be gzip; FILE@7 is one of its images. Standard input is - or, after --, -@7.

      With --vote, further checkpoints and run folders before the first input vote with the first one.

      --csv prints input,label,probability; of one CSV file ImageId,Label, as Kaggle wants it: \
      cnn predict runs/lenet test.csv --csv > submission.csv
      """)

  @Argument(help: NetworkOptions.argumentHelp, completion: .file())
  var checkpoint: String

  @Argument(
    help: ArgumentHelp(
      "Pictures, folders of pictures, test@0..9, IDX or CSV files (FILE, FILE@7), or - for standard input.",
      valueName: "input"),
    completion: .file())
  var inputs: [String]

  @OptionGroup var network: NetworkOptions

  @OptionGroup var votes: VoteOptions

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

  @Flag(help: "Print a table of text with commas.")
  var csv = false

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top \(top): must be at least 1") }
    if csv, json { throw ValidationError("--csv and --json exclude each other") }
    if csv, top != nil {
      throw ValidationError("--top is not for --csv, which prints the most probable class")
    }
    if let saveInput, [".jpg", ".jpeg", ".pgm", ".ppm"].contains(where: saveInput.lowercased().hasSuffix) {
      throw ValidationError("--save-input \(saveInput): only PNG is written; name a .png file or a folder")
    }
  }

  func run() throws {
    let further = inputs.prefix(while: LoadedModel.isNetwork)
    let checkpoints = [checkpoint] + further
    try votes.check(checkpoints)
    if further.count == inputs.count {
      throw DataError.unsatisfiable(
        reason: "no input: all arguments are networks; name a picture, or test@0..9")
    }
    let ensemble = try Ensemble(
      checkpoints.map(network.load), views: votes.views, threadPool: machine.threadPool)
    let model = ensemble.models[0]
    let (inputs, notices) = PredictionInput.expand(Array(inputs.dropFirst(further.count)))
    for notice in notices { Console.error(notice) }
    var saved = try saveInput.map { path throws(DataError) in
      try SavedInputs.create(path, for: inputs.compactMap { try? $0.get() })
    }
    let format: PredictionPrinter.Format = csv ? .csv : json ? .json : .text(top: top)
    var printer = PredictionPrinter(format, classNames: model.outputClassNames, inputCount: inputs.count)
    var firstError: (any Error)?
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
        for line in error.lines { Console.error(line) }
        firstError = firstError ?? error
        continue
      }
      for (index, name) in input.names.enumerated() {
        try saved?.save(input.images.image(at: index), of: name)
      }
      let predictions: [Prediction]
      do {
        predictions = try ensemble.predictions(input.images, names: input.names)
      } catch {
        Console.error("\(error)")
        firstError = firstError ?? error
        continue
      }
      try printer.print(predictions, of: input)
    }
    try printer.finish()
    if let firstError { throw (ExitStatus(of: firstError) ?? .defect).code }
  }
}
