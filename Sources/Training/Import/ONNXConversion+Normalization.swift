import ConfigDecoding
import FileIO
import ModelFormats

/// The scaling of the image within a graph, which becomes the config's normalization.
extension ONNXConversion {
  /// The scaling of the image by one more operation: with a number, or one for each channel.
  func scaled(
    _ node: ONNXGraph.Node, _ stream: ONNXStream, _ shape: [Int], _ numbers: [Double], isReversed: Bool
  ) throws(DataError) -> ONNXStream.Scaling {
    let isPerChannel = stream.shape.count == 3 && shape.count >= 3 && shape[shape.count - 3] == numbers.count
    guard numbers.count == 1 || isPerChannel && numbers.count == stream.shape[0] && numbers.count <= 1024
    else {
      throw fault(node, "a constant of \(shape) does not scale the channels of an image of \(stream.shape)")
    }
    var (factor, offset) = (stream.scaling.factor, stream.scaling.offset)
    let count = max(factor.count, numbers.count)
    func repeated(_ values: [Double]) -> [Double] {
      values.count == count ? values : [Double](repeating: values.first ?? 0, count: count)
    }
    (factor, offset) = (repeated(factor), repeated(offset))
    for (index, number) in repeated(numbers).enumerated() {
      switch (node.type, isReversed) {
      case ("Add", _): offset[index] += number
      case ("Sub", false): offset[index] -= number
      case ("Sub", true): (factor[index], offset[index]) = (-factor[index], number - offset[index])
      case ("Mul", _): (factor[index], offset[index]) = (factor[index] * number, offset[index] * number)
      case ("Div", false): (factor[index], offset[index]) = (factor[index] / number, offset[index] / number)
      default: throw fault(node, "a number divided by the image is not supported")
      }
    }
    return ONNXStream.Scaling(factor: factor, offset: offset)
  }

  /// `data.normalize`, (byte / scale - mean) / std, and what is assumed of the image.
  ///
  /// This program's own graphs read bytes. Others, too, if they make them small; else they read numbers from 0 to 1.
  func normalization() throws(DataError) -> (JSON, notice: String?) {
    let scaling = inputScaling ?? ONNXStream.Scaling()
    let readsBytes = isOwn || scaling.factor.allSatisfy { abs($0) < 0.05 }
    let isUnscaled = scaling == ONNXStream.Scaling()
    if isOwn, isUnscaled { return (["scale": 1], nil) }
    var (means, stds): ([JSON], [JSON]) = ([], [])
    for (factor, offset) in zip(scaling.factor, scaling.offset) {
      let std = 1 / (readsBytes ? factor * 255 : factor)
      let mean = -offset * std
      guard (1e-6...1e6).contains(std), abs(mean) <= 1e6 else {
        throw fault(
          ONNXGraph.Node(output: "input"),
          "the image is multiplied by \(factor), which no normalization here does")
      }
      // A constant of 1 / 255 is not exact.
      means.append(JSON(abs(mean) < 1e-6 ? 0 : Float(mean)))
      stds.append(JSON(abs(std - 1) < 1e-6 ? 1 : Float(std)))
    }
    let notice =
      readsBytes ? nil : "the graph's input is taken as pixels / 255; --set data.normalize… for anything else"
    if means == [0], stds == [1] { return (["scale": 255], notice) }
    return (["scale": 255, "mean": JSON(means), "std": JSON(stds)], notice)
  }
}
