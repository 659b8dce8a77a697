import CNNEngine
import ConfigDecoding
import Randomness

/// Reads the entries of a config's `model.layers`.
func readLayers(_ entries: [JSON]) throws -> [NamedLayer] {
  let variants = LayerType.allCases.map { type in
    Variant<NamedLayer>(type.rawValue, "") { decoder in
      let name = decoder.optional("name", .string, "")
      let inputs = decoder.optional("from", .oneOrMore(of: .string), "")
      return NamedLayer(type.layer.init(decoding: decoder), name: name, from: inputs)
    }
  }
  return try ConfigField.list(of: .variant(variants)).read(JSON(entries)).value
}

/// Reads a config's `loss`.
func readLoss(_ json: JSON) throws -> any Loss {
  let variants = LossType.allCases.map { type in
    Variant<any Loss>(type.rawValue, "") { decoder in type.loss.init(decoding: decoder) }
  }
  return try ConfigField.variant(variants).read(json).value
}

/// Reads a config's `model`; outputs without a loss have `loss`.
func readModel(_ json: JSON, loss common: JSON) throws -> Model {
  func loss(_ json: JSON) throws -> any Loss { try readLoss(json.string.map { ["type": JSON($0)] } ?? json) }
  let input = (json["input"]?.array ?? []).compactMap(\.integer)
  let common = try loss(common)
  let outputs = try json["outputs"]?.array?.map { output in
    try OutputSpec(
      layer: output["layer"]?.string, loss: output["loss"].map { try loss($0) } ?? common,
      weight: output["weight"]?.number ?? 1, labels: output["labels"]?.array?.compactMap(\.integer))
  }
  return try Model(
    input: Shape(input), layers: readLayers(json["layers"]?.array ?? []),
    outputs: outputs ?? [OutputSpec(loss: common)])
}

/// Reads a config's `optimizer`, and its learning rate.
func readOptimizer(_ json: JSON) throws -> (optimizer: any UpdateRule, learningRate: Double) {
  let variants = OptimizerType.allCases.map { type in
    Variant<(any UpdateRule, Double)>(type.rawValue, "") { decoder in
      let flavor = decoder.value("flavor", .choice(of: OptimizerFlavor.self), default: "torch", "")
      let rate = decoder.value("lr", .number(), "")
      return (type.rule.init(decoding: decoder, flavor: flavor), rate)
    }
  }
  let (optimizer, rate) = try ConfigField.variant(variants).read(json).value
  return (optimizer, rate)
}

/// A model from an input `[C, H, W]` and the entries of a config's `model.layers`.
func makeModel(_ input: [Int], _ layers: [JSON]) throws -> Model {
  try Model(input: Shape(input), layers: readLayers(layers))
}

/// Layers at work on chosen numbers, with room for `images`.
func makeProbe(
  _ input: [Int], _ layers: [JSON], images: Int, threads: Int = 1, usesWinograd: Bool = true,
  inputGradient: Bool = true
) throws -> LayerProbe {
  try LayerProbe(
    readLayers(layers), input: Shape(input), images: images, threads: threads, usesWinograd: usesWinograd,
    inputGradient: inputGradient)
}

/// A network that trains, with the weights of the fixtures.
func makeNetwork(
  _ model: Model, loss: JSON = ["type": "cross_entropy"], batchSize: Int, threads: Int = 1
) throws -> Network {
  let network = try Network(
    model: model.replacingLosses(with: readLoss(loss)), parameters: model.initialParameters(seed: 1),
    batchSize: batchSize, training: true, threadPool: ThreadPool(threads: threads))
  for (parameter, values) in zip(model.parameters, fixtureParameters(of: model)) {
    network.parameters.replace(at: parameter.offset, with: values)
  }
  return network
}

/// The values the fixtures were made with, for every parameter of `model`.
func fixtureParameters(of model: Model) -> [[Float]] {
  var fanIn = 1
  return model.parameters.enumerated().map { number, parameter in
    if parameter.shape.count > 1 { fanIn = parameter.shape.dropFirst().reduce(1, *) }
    return FixtureValues.parameter(number, count: parameter.count, fanIn: fanIn)
  }
}

/// The values that the fixtures of graphs were made with, for every parameter of `model`: those of a norm's weight are
/// around 0.5.
func graphParameters(of model: Model) -> [[Float]] {
  var fanIn = 1
  return model.parameters.enumerated().map { number, parameter in
    let isWeight = parameter.name.hasSuffix(".weight")
    let isNorm = isWeight && parameter.shape.count == 1
    if isWeight { fanIn = isNorm ? 4 : parameter.shape.dropFirst().reduce(1, *) }
    let values = FixtureValues.parameter(number, count: parameter.count, fanIn: isNorm ? 1 : fanIn)
    return isNorm ? values.map { $0 + 0.5 } : values
  }
}

/// Images of a data set, with byte / 255 as pixels.
struct TestImages {
  var pixels: [UInt8]
  var labels: [UInt16]

  /// `count` images of noise.
  init(noise count: Int, size: Int) {
    (pixels, labels) = (FixtureValues.images(count, pixels: size), FixtureValues.labels(count))
  }

  init(pixels: [UInt8], labels: [UInt16]) { (self.pixels, self.labels) = (pixels, labels) }

  /// Loads the images `range` in order.
  func load(_ range: Range<Int>, into network: Network) {
    let indices = range.map { Int32($0) }
    let scale = PixelNormalization(channels: network.model.input.channels, scale: 255, mean: [], std: [])
    network.load(pixels: pixels, labels: labels, indices: indices[...], normalization: scale)
  }
}

extension Network {
  /// The gradient of every parameter, after a training step's two passes.
  func gradientsOfLoadedBatch(dropout: CounterRandom? = nil) -> [[Float]] {
    _ = forward(training: true, dropout: dropout)
    backward()
    return model.parameters.map { gradients?[$0.range] ?? [] }
  }

  /// The outputs of the last batch, image by image.
  func outputs(images: Int) -> [[Float]] { (0..<images).map { outputs(ofImage: $0) } }
}
