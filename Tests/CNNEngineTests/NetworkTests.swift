import CNNEngine
import ConfigDecoding
import Randomness
import Testing

@Suite struct NetworkTests {
  static let layers: [JSON] = [
    ["type": "conv2d", "name": "conv", "filters": 7, "kernel": 3, "padding": "same"], ["type": "relu"],
    ["type": "max_pool2d", "kernel": 2], ["type": "dropout", "rate": 0.3], ["type": "flatten"],
    ["type": "dense", "name": "fc1", "units": 19, "activity_l1": 0.01], ["type": "sigmoid"],
    ["type": "dense", "name": "fc2", "units": 10],
  ]

  private let images = TestImages(noise: 120, size: 100)

  private func network(_ batchSize: Int, _ layers: [JSON] = layers, threads: Int = 2) throws -> Network {
    try makeNetwork(makeModel([1, 10, 10], layers), batchSize: batchSize, threads: threads)
  }

  /// The last batch of an epoch is smaller; what the batch before has left does not matter.
  @Test(arguments: [1, 15, 16, 17, 31, 99]) func partialBatchIsABatchOfItsSize(count: Int) throws {
    let (large, exact) = (try network(100), try network(count))
    let dropout = CounterRandom(seed: 3, purpose: .dropout)
    images.load(0..<100, into: large)
    _ = large.gradientsOfLoadedBatch(dropout: dropout)
    images.load(100..<100 + min(count, 20), into: large)
    images.load(100..<100 + min(count, 20), into: exact)
    #expect(
      large.gradientsOfLoadedBatch(dropout: dropout) == exact.gradientsOfLoadedBatch(dropout: dropout))
    #expect(large.regularizationLoss() == exact.regularizationLoss())
    images.load(3..<3 + count, into: large)
    images.load(3..<3 + count, into: exact)
    #expect(
      large.gradientsOfLoadedBatch(dropout: dropout) == exact.gradientsOfLoadedBatch(dropout: dropout))
    #expect(large.outputs(images: count) == exact.outputs(images: count))
  }

  /// A batch's gradient is the mean of its images' gradients.
  @Test func gradientIsAMeanOverTheBatch() throws {
    let layers = Self.layers.filter { $0["type"] != "dropout" }
    let (whole, single) = (try network(21, layers), try network(1, layers))
    images.load(0..<21, into: whole)
    let gradients = whole.gradientsOfLoadedBatch()
    var sums = gradients.map { $0.map { _ in 0.0 } }
    for image in 0..<21 {
      images.load(image..<image + 1, into: single)
      for (index, gradient) in single.gradientsOfLoadedBatch().enumerated() {
        for (place, value) in gradient.enumerated() { sums[index][place] += Double(value) / 21 }
      }
    }
    for (gradient, sum) in zip(gradients, sums) {
      expectClose(gradient, sum, scale: [sum.absolute.reduce(0, max)], tolerance: 1e-5, "gradient")
    }
  }

  @Test func resultsDoNotDependOnTheOtherImages() throws {
    let (network, single) = (try network(40), try network(1))
    images.load(50..<90, into: network)
    _ = network.forward()
    for image in [0, 15, 16, 39] {
      images.load(50 + image..<51 + image, into: single)
      _ = single.forward()
      #expect(network.outputs(ofImage: image) == single.outputs(ofImage: 0))
    }
  }

  @Test func evaluationSharesTheWeights() throws {
    let trained = try network(8)
    let evaluating = try Network(
      model: trained.model, parameters: trained.parameters, batchSize: 50,
      training: false, threadPool: ThreadPool(threads: 2))
    #expect(evaluating.gradients == nil)
    images.load(0..<8, into: trained)
    images.load(0..<50, into: evaluating)
    let (a, b) = (trained.forward(), evaluating.forward())
    #expect((a.images, b.images) == (8, 50))
    #expect(trained.outputs(images: 8) == evaluating.outputs(images: 8))
  }

  @Test func predictionIsTheHighestScore() throws {
    let network = try network(30, [["type": "flatten"], ["type": "dense", "units": 10, "bias": false]])
    images.load(0..<30, into: network)
    let result = network.forward()
    let predictions = (0..<30).map { network.prediction(ofImage: $0) }
    let highest = network.outputs(images: 30).map { scores in
      scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }
    #expect(predictions == highest)
    #expect(result.correct == zip(predictions, images.labels).count { $0 == Int($1) })
    #expect(Set(predictions).count > 1)
  }

  // MARK: Unusual networks

  /// A fully convolutional network: its scores are channels of a 1x1 map.
  @Test(arguments: [1, 2, 3]) func scoresMayBeAMap(kernel: Int) throws {
    let size = 10 - 3 * kernel
    let layers: [JSON] = [
      ["type": "conv2d", "name": "a", "filters": 5, "kernel": [JSON(size), 10]], ["type": "tanh"],
      [
        "type": "conv2d", "name": "b", "filters": 10, "kernel": [JSON(11 - size), 1],
      ],
    ]
    let (map, flat) = (try network(20, layers), try network(20, layers + [["type": "flatten"]]))
    #expect(map.model.output == Shape([10, 1, 1]))
    images.load(0..<20, into: map)
    images.load(0..<20, into: flat)
    #expect(map.gradientsOfLoadedBatch() == flat.gradientsOfLoadedBatch())
    #expect(map.outputs(images: 20) == flat.outputs(images: 20))
  }

  @Test(arguments: [[], ["relu"], ["flatten"], ["flatten", "softmax"]] as [[JSON]])
  func networksThatLearnNothing(types: [JSON]) throws {
    let layers: [JSON] = types.map { ["type": $0] }
    let network = try makeNetwork(makeModel([10, 1, 1], layers), batchSize: 3)
    let images = TestImages(noise: 3, size: 10)
    images.load(0..<3, into: network)
    #expect(network.gradientsOfLoadedBatch() == [])
    #expect(network.outputs(images: 3).joined().elementsEqual(images.pixels.map { Float($0) / 255 }))
  }

  // MARK: Bad numbers

  @Test(arguments: [0, 2]) func notANumberGoesThroughWithoutACrash(std: Double) throws {
    for layers in [
      Self.layers, Self.layers.map { $0["type"] == "max_pool2d" ? ["type": "average_pool2d"] : $0 },
    ] {
      let network = try network(20, layers)
      if std != 0 { network.parameters.replace(at: 0, with: [.nan, .infinity, -.infinity]) }
      let scale = PixelNormalization(channels: 1, scale: 255, mean: [0], std: [std])
      let indices = [Int32](0..<20)
      network.load(pixels: images.pixels, labels: images.labels, indices: indices[...], normalization: scale)
      let result = network.forward(training: true, dropout: CounterRandom(seed: 1, purpose: .dropout))
      network.backward()
      #expect(!result.lossSum.isFinite)
      #expect(network.firstLayerThatIsNotFinite() == "conv")
      #expect(try #require(network.gradients).isFinite == false)
      #expect((0..<10).contains(network.prediction(ofImage: 19)))
    }
  }

  @Test func allFiniteNamesNoLayer() throws {
    let network = try network(20)
    images.load(0..<20, into: network)
    _ = network.forward()
    #expect(network.firstLayerThatIsNotFinite() == nil)
    let bias = network.model.parameters[3]
    network.parameters.replace(at: bias.offset, with: [.infinity])
    _ = network.forward()
    #expect(network.firstLayerThatIsNotFinite() == "fc1")
  }

  /// A sum can be infinite where its terms are not; where its first term was overwritten, that may be the cause.
  @Test(arguments: [(3e38, "b to sum"), (.infinity, "a")] as [(Float, String)])
  func infiniteSums(scale: Float, expected: String) throws {
    let layers: [JSON] = [
      ["type": "conv2d", "name": "a", "filters": 1, "kernel": 1, "bias": false],
      ["type": "conv2d", "name": "b", "filters": 1, "kernel": 1, "bias": false, "from": "input"],
      ["type": "add", "name": "sum", "from": ["b", "a"]], ["type": "flatten"],
      ["type": "dense", "name": "fc", "units": 10],
    ]
    let network = try network(20, layers)
    for parameter in network.model.parameters.prefix(2) {
      network.parameters.replace(at: parameter.offset, with: [scale])
    }
    images.load(0..<20, into: network)
    _ = network.forward(training: true)
    #expect(network.firstLayerThatIsNotFinite() == expected)
  }

  /// Losses and gradients of logits that are an output, of their softmax, and of a second softmax, in any order.
  @Test(arguments: [["logits", "first", "second"], ["second", "first", "logits"]])
  func softmaxBesideItsLogits(outputs: [String]) throws {
    func network(_ outputs: [String]) throws -> Network {
      let model: JSON = [
        "input": [1, 6, 6],
        "layers": [
          ["type": "flatten"], ["type": "dense", "units": 10, "name": "logits"],
          ["type": "softmax", "name": "first"], ["type": "softmax", "name": "second", "from": "logits"],
        ], "outputs": JSON(outputs.map { ["layer": JSON($0)] }),
      ]
      let checked = try readModel(model, loss: "cross_entropy")
      return try Network(
        model: checked, parameters: checked.initialParameters(seed: 3), batchSize: 20, training: true,
        threadPool: ThreadPool(threads: 2))
    }
    let images = TestImages(noise: 20, size: 36)
    let several = try network(outputs)
    images.load(0..<20, into: several)
    let gradients = several.gradientsOfLoadedBatch()
    let losses = (0..<3).map { several.result(ofOutput: $0).lossSum }
    #expect(losses[0] == losses[1] && losses[1] == losses[2])

    let model = try makeModel([1, 6, 6], [["type": "flatten"], ["type": "dense", "units": 10]])
    let alone = try Network(
      model: model, parameters: model.initialParameters(seed: 3), batchSize: 20, training: true,
      threadPool: ThreadPool(threads: 2))
    images.load(0..<20, into: alone)
    for (three, one) in zip(gradients, alone.gradientsOfLoadedBatch()) {
      expectClose(three, one.map { 3 * $0 }, tolerance: 1e-6, "gradient")
    }
    #expect(alone.result(ofOutput: 0).lossSum == losses[0])
  }
}
