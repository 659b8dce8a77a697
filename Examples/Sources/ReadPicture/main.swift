// Predicts the digit in a picture with a trained network: ReadPicture runs/lenet digit.png
import CNNEngine
import Training

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let checkpoint = arguments.first, let picture = arguments.last else {
  fatalError("usage: ReadPicture CHECKPOINT PICTURE")
}
let model = try LoadedModel(checkpoint: checkpoint)
let input = try PredictionInput(picture, for: model.config, isRaw: false)
let prediction = try Evaluator(model, threadPool: ThreadPool()).predictions(input.images)[0]

for (label, probability) in prediction.top(3) {
  print("\(model.classNames[label])  \(probability)")
}
