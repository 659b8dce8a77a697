// Trains LeNet-5 on digits that the program draws itself, without a config and without a file.
import CNNEngine
import Datasets

let model = try Model(
  input: Shape(channels: 1, height: 28, width: 28),
  layers: [
    Conv2D(filters: 6, kernel: 5, padding: .same), ReLU(), MaxPool2D(kernel: 2),
    Conv2D(filters: 16, kernel: 5), ReLU(), MaxPool2D(kernel: 2),
    Flatten(), Dense(units: 120), ReLU(), Dense(units: 84), ReLU(), Dense(units: 10),
  ])
let digits = SyntheticDigits(seed: 1)
let (train, test) = (digits.labeledImages(0..<5_000), digits.labeledImages(5_000..<6_000))
let pixels = PixelNormalization(channels: 1, scale: 255, mean: [0.1307], std: [0.3081])

let network = try Network(
  model: model, parameters: model.initialParameters(seed: 42), batchSize: 64,
  training: true, threadPool: ThreadPool())
let optimizer = try Optimizer(Adam(), network: network)
let batches = try DataLoader(Subset(of: train), batchSize: 64, shuffle: true, seed: 42)

for epoch in 1...3 {
  var lossSum = 0.0
  for batch in batches.epoch(epoch) {
    network.load(pixels: train.pixels, labels: train.labels, indices: batch, normalization: pixels)
    lossSum += network.forward(training: true).lossSum
    network.backward()
    optimizer.update(learningRate: 0.002)
  }
  var correct = 0
  for batch in try DataLoader(Subset(of: test), batchSize: 64).epoch(0) {
    network.load(pixels: test.pixels, labels: test.labels, indices: batch, normalization: pixels)
    correct += network.forward().correct
  }
  print(
    "Epoch \(epoch): loss \(lossSum / Double(train.count)), accuracy \(Double(correct) / Double(test.count))")
}
