// Reads the digit in a picture with a trained network: ReadPicture runs/lenet digit.png
import CNNEngine
import ImageFiles
import Training

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let checkpoint = arguments.first, let path = arguments.last else {
  fatalError("usage: ReadPicture CHECKPOINT PICTURE")
}
let model = try LoadedModel(checkpoint: checkpoint)
let input = model.config.model.input
let shape = ImageShape(channels: input.channels, height: input.height, width: input.width)
let digit = try DigitPreprocessor(for: shape, source: .photo)
  .prepare(PictureFile.read(path), name: path)

let evaluator = try Evaluator(model.config, parameters: model.requireParameters(), threadPool: ThreadPool())
let prediction = Prediction(scores: evaluator.scores(digit)[0])
for (label, probability) in prediction.top(3) {
  print("\(model.classNames[label])  \(probability)")
}
