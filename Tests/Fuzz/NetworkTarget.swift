import CNNEngine
import ConfigDecoding
import JSONText
import Training

/// A training step of a random network under the address sanitizer, which must have the same bits for any number of
/// threads.
func trainNetwork(_ bytes: [UInt8]) {
  var choices = Choices(bytes)
  let input = [choices.next(1...33), choices.next(1...20), choices.next(1...20)]
  let layers = (0..<choices.next(0...4)).flatMap { choices.block($0) }
  let tail: [JSON] = ["flatten", ["type": "dense", "units": 10, "bias": JSON(choices.flag())]]
  let text = JSON(object: [
    ("model", JSON(object: [("input", JSON(input.map { JSON($0) })), ("layers", JSON(layers + tail))])),
    ("engine", ["winograd": JSON(choices.flag())]),
  ]).text()
  let images = choices.next(1...40)
  let (threads, inputGradient) = (choices.next(2...5), choices.next(0...1) == 1)
  _ = succeeds {
    let model = try ExperimentConfig(JSON(parsing: Array(text.utf8), origin: "f")).model
    if model.multiplyAdds > 1_000_000 { return }
    let results = try [1, threads].map { threads in
      try step(model, images: images, threads: threads, inputGradient: inputGradient)
    }
    precondition(results[0] == results[1])
  }
}

/// The bits of all outputs and gradients of a step.
private func step(_ model: Model, images: Int, threads: Int, inputGradient: Bool) throws -> [UInt32] {
  let probe = try LayerProbe(
    model, parameters: model.initialParameters(seed: 0), images: images, threads: threads,
    training: true,
    inputGradient: inputGradient)
  probe.setParameters(model.parameters.map { values($0.count) })
  let y = probe.forward(values(images * model.input.count))
  let gradients = probe.backward(values(images * model.output.count))
  let all = [y, gradients.dx] + gradients.parameters
  precondition(all.joined().allSatisfy(\.isFinite))
  return all.joined().map(\.bitPattern)
}

/// Values between -1/2 and 1/2.
private func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 * 37 % 101) / 100 - 0.5 } }

extension Choices {
  /// One layer, or two that are merged with a value before them, of the last block or of any earlier one.
  fileprivate mutating func block(_ number: Int) -> [JSON] {
    let before: JSON = number == 0 ? "input" : JSON("block\(number - 1)")
    let name = JSON("block\(number)")
    let kind = next(0...5)
    guard kind < 3 else {
      let layer = layer()
      var named: JSON = layer.string.map { ["type": JSON($0)] } ?? layer
      named["name"] = name
      return [named]
    }
    var branch: JSON = next(0...1) == 0 ? ["type": "batch_norm"] : ["type": activation()]
    branch["name"] = JSON("branch\(number)")
    let place = next(0...number)
    let earlier: JSON = place == 0 ? "input" : JSON("block\(place - 1)")
    let inputs: [JSON] =
      kind == 2 ? [before, branch["name"] ?? "", earlier] : [branch["name"] ?? "", earlier]
    return [branch, ["type": kind == 0 ? "add" : "concat", "name": name, "from": JSON(inputs)]]
  }

  private mutating func activation() -> JSON {
    let activations = LayerType.allCases.filter { $0.layer is any ActivationLayer.Type }
    return JSON(activations[next(0...activations.count - 1)].rawValue)
  }

  private mutating func layer() -> JSON {
    switch next(0...7) {
    case 0, 1: return convolution()
    case 2: return pool("max_pool2d")
    case 3: return pool("average_pool2d")
    case 4: return pool("min_pool2d")
    case 5: return ["type": "dropout", "rate": JSON(Double(next(0...9)) / 10)]
    case 6: return ["type": "batch_norm"]
    default: return activation()
    }
  }

  private mutating func convolution() -> JSON {
    let groups = [1, 1, 1, 2][next(0...3)]
    return [
      "type": "conv2d", "filters": JSON(next(1...10) * groups), "groups": JSON(groups),
      "dilation": [JSON(next(1...3)), JSON(next(1...2))], "kernel": [JSON(next(1...5)), JSON(next(1...5))],
      "stride": [JSON(next(1...3)), JSON(next(1...3))], "padding": padding(), "rounding": "floor",
      "bias": JSON(flag()),
    ]
  }

  private mutating func pool(_ type: String) -> JSON {
    [
      "type": JSON(type), "kernel": [JSON(next(1...3)), JSON(next(1...3))],
      "stride": [JSON(next(1...3)), JSON(next(1...3))], "padding": next(0...1) == 0 ? "valid" : "same",
      "rounding": "floor",
    ]
  }

  private mutating func padding() -> JSON {
    switch next(0...2) {
    case 0: "same"
    case 1: "valid"
    default: JSON((0..<4).map { _ in JSON(next(0...2)) })
    }
  }
}
