import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// The scaling of a model's input by layers in front: input = factor · byte + offset, for each channel.
struct KerasScaling {
  private var factors: [Double] = [1]
  private var offsets: [Double] = [0]
  private var isScaled = false
  private var readsBytes = true

  /// Adds x · factor + offset behind what is there; `readsBytes` says whether the first one reads bytes, not 0 to 1.
  mutating func append(_ moreFactors: [Double], _ moreOffsets: [Double], readsBytes: Bool) {
    if !isScaled {
      self.readsBytes = readsBytes
      factors = [readsBytes ? 1 : 1.0 / 255]
    }
    isScaled = true
    let count = max(factors.count, moreFactors.count, moreOffsets.count)
    func channel(_ list: [Double], _ index: Int) -> Double { list.count == 1 ? list[0] : list[index] }
    let old = (factors, offsets)
    factors = (0..<count).map { channel(old.0, $0) * channel(moreFactors, $0) }
    offsets = (0..<count).map { channel(old.1, $0) * channel(moreFactors, $0) + channel(moreOffsets, $0) }
  }

  /// `data.normalize`: (byte / 255 - mean) / std; nil where the model scales nothing. Throws `unsuitable` for a scaling
  /// that has no such form.
  func config(path: String) throws(DataError) -> JSON? {
    guard isScaled else { return nil }
    let deviations = factors.map { 1 / ($0 * 255) }
    let means = zip(offsets, deviations).map { -$0 * $1 }
    guard deviations.allSatisfy({ (1e-6...1e6).contains($0) }),
      means.allSatisfy({ (-1e6...1e6).contains($0) })
    else {
      throw .unsuitable(
        path: path, reason: "Keras model: its scaling of the input is not supported by data.normalize")
    }
    return ["scale": 255, "mean": Self.list(means), "std": Self.list(deviations)]
  }

  /// Numbers without the noise of binary fractions: 0.5, not 0.50000000000000011.
  private static func list(_ numbers: [Double]) -> JSON {
    JSON(
      numbers.map { number in
        let rounded = (number * 1e9).rounded() / 1e9
        return JSON(abs(rounded - number) <= 1e-12 * abs(number) + 1e-15 ? rounded + 0 : number)
      })
  }

  /// What is assumed of the input, for the user.
  var notice: String {
    if !isScaled {
      return
        "the file does not say how its input is scaled: pixels / 255 is assumed; --set data.normalize… changes it"
    }
    return "its input is scaled within the model, which becomes data.normalize"
      + (readsBytes ? "" : "; its first layer is taken to read pixels / 255")
  }
}

extension KerasConversion {
  /// Adds a `Rescaling` or a `Normalization` in front of the model to the scaling of its input.
  mutating func scaled(_ step: KerasStep) throws(DataError) -> KerasValue {
    let value = try input(step)
    guard value.isFront else {
      throw fault(step.layer, "it is supported in front of a model alone, where nothing else reads the input")
    }
    let (first, second, readsBytes): ([Double], [Double], Bool)
    if step.layer.className == "Rescaling" {
      let factors = try numbers("scale", step, default: [1])
      first = factors
      second = try numbers("offset", step, default: [0])
      readsBytes = factors.allSatisfy { abs($0) < 0.1 }
    } else {
      try require("invert", step, false)
      let (means, variances) = try statistics(step)
      guard variances.allSatisfy({ $0 >= 0 }) else { throw fault(step.layer, "a variance is negative") }
      let deviations = variances.map { max($0.squareRoot(), 1e-7) }
      first = deviations.map { 1 / $0 }
      second = zip(means, deviations).map { -$0 / $1 }
      // What was adapted to pixels from 0 to 1 has no larger mean.
      readsBytes = !(means + variances).allSatisfy { $0 <= 1 }
    }
    var channels = 1
    if case .map(let count, _, _) = value.form, value.layer == "input" { channels = count }
    guard [first.count, second.count].allSatisfy({ $0 == 1 || $0 == channels }) else {
      throw fault(
        step.layer, "it has \(max(first.count, second.count)) numbers; one for each channel is supported")
    }
    if first.count > 1, step.layer.className == "Normalization" { try requireChannelAxis(step, value) }
    scaling.append(first, second, readsBytes: readsBytes)
    return value
  }

  /// Mean and variance of a `Normalization`, which are weights unless it was made with them.
  private func statistics(_ step: KerasStep) throws(DataError) -> (means: [Double], variances: [Double]) {
    func list(_ json: JSON) -> [Double]? {
      json.array.map { $0.compactMap { $0.number ?? ($0.array?.count == 1 ? $0.array?[0].number : nil) } }
        ?? json.number.map { [$0] }
    }
    let options = step.layer.options
    let (means, variances): ([Double], [Double])
    if let mean = options["mean"], !mean.isNull {
      (means, variances) = (list(mean) ?? [], list(options["variance"] ?? .null) ?? [])
    } else {
      guard step.weights.count >= 2 else { throw fault(step.layer, "the file has no mean and variance") }
      (means, variances) = (step.weights[0].values.map(Double.init), step.weights[1].values.map(Double.init))
    }
    guard !means.isEmpty, means.count == variances.count, (means + variances).allSatisfy(\.isFinite) else {
      throw fault(step.layer, "mean and variance are not as many numbers")
    }
    return (means, variances)
  }

  /// A number or a list of them.
  private func numbers(_ key: String, _ step: KerasStep, default preset: [Double]) throws(DataError)
    -> [Double]
  {
    let json = step.layer.options[key] ?? .null
    let list = json["config"]?["value"]?.array ?? json["value"]?.array ?? json.array
    guard let list else { return [try number(key, step, default: preset[0])] }
    let numbers = list.compactMap(\.number)
    guard !numbers.isEmpty, numbers.count == list.count else {
      throw fault(step.layer, "\(key) is no list of numbers")
    }
    return numbers
  }
}
