import ConfigDecoding
import FileIO
import Formatting

/// Layers that change shapes alone.
extension KerasConversion {
  /// Flat features; Keras puts channels last before it flattens, where it knows that they come first.
  mutating func flatten(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let swaps = step.layer.options["data_format"] == "channels_first"
    switch value.form {
    case .map(let channels, let height, let width):
      switch (isChannelsFirst, swaps) {
      case (true, false): value.form = .flat(FeatureOrder(count: value.count))
      case (true, true), (false, false):
        value.form = .flat(FeatureOrder(channels: channels, pixels: height * width))
      case (false, true):
        // It takes the rows for channels.
        guard channels == 1 else {
          throw fault(
            step.layer, "data_format \"channels_first\" of maps with channels last is not supported")
        }
        value.form = .flat(FeatureOrder(channels: height, pixels: width))
      }
    case .plane(let height, let width):
      // The first of two axes is taken for channels.
      value.form = .flat(
        swaps ? FeatureOrder(channels: height, pixels: width) : FeatureOrder(count: value.count))
    case .flat: break
    }
    if value.isFlat { return value }
    value.layer = append("flatten", step, [value])
    value.shape = [value.count]
    return value
  }

  mutating func reshape(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let target = (step.layer.options["target_shape"]?.array ?? []).map { $0.integer ?? 0 }
    let known = target.filter { $0 != -1 }
    guard (1...3).contains(target.count), known.allSatisfy({ $0 > 0 }), known.count >= target.count - 1,
      let product = known.byteCount(elementSize: 1), value.count % product == 0,
      known.count < target.count || product == value.count
    else {
      throw fault(step.layer, "target_shape \(target) is not supported of \(value.count) values")
    }
    let sizes = target.map { $0 == -1 ? value.count / product : $0 }
    // Whether rows of Keras' array are those of the one here.
    let isSame: Bool
    switch value.form {
    case .map(let channels, let height, let width):
      isSame = isChannelsFirst || channels == 1 || height * width == 1
    case .plane: isSame = true
    case .flat(let order): isSame = order.isSame
    }
    var shape: [Int]
    switch sizes.count {
    case 1:
      if case .map(let channels, let height, let width) = value.form, !isSame {
        value.form = .flat(FeatureOrder(channels: channels, pixels: height * width))
      } else if isSame {
        value.form = .flat(FeatureOrder(count: value.count))
      }
      if value.isFlat { return value }
      value.layer = append("flatten", step, [value])
      value.shape = sizes
      return value
    case 2:
      value.form = .plane(height: sizes[0], width: sizes[1])
      shape = [1] + sizes
    default:
      let (channels, height, width) =
        isChannelsFirst ? (sizes[0], sizes[1], sizes[2]) : (sizes[2], sizes[0], sizes[1])
      let form = KerasValue.Form.map(channels: channels, height: height, width: width)
      if form == value.form { return value }
      guard isChannelsFirst || channels == 1 || height * width == 1 else {
        throw fault(
          step.layer, "a reshape to maps of several channels, whose order is another here, is not supported")
      }
      value.form = form
      shape = [channels, height, width]
    }
    guard isSame else {
      throw fault(
        step.layer, "a reshape of maps of several channels, whose order is another here, is not supported")
    }
    if shape == value.shape { return value }
    value.layer = append("reshape", step, [value], [("shape", JSON(shape.map { JSON($0) }))])
    value.shape = shape
    return value
  }

  /// Zeros around a map, which the convolution behind it adds.
  func zeroPadding(_ step: KerasStep) throws(DataError) -> KerasValue {
    var value = try input(step)
    let json = step.layer.options["padding"] ?? .null
    let sides =
      json.integer.map { [[$0, $0], [$0, $0]] }
      ?? (json.array ?? []).map { side in
        side.integer.map { [$0, $0] } ?? (side.array ?? []).map { $0.integer ?? -1 }
      }
    guard sides.count == 2, sides.allSatisfy({ $0.count == 2 && $0.allSatisfy((0...4096).contains) }),
      case .map(let channels, let height, let width) = value.form
    else { throw fault(step.layer, "a padding of this form is not supported") }
    let padded = [channels, height + sides[0][0] + sides[0][1], width + sides[1][0] + sides[1][1]]
    guard Self.isSmall(padded) else { throw fault(step.layer, "an output of \(padded) has too many values") }
    value.border = [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]
    value.form = .map(channels: channels, height: padded[1], width: padded[2])
    value.isFront = false
    return value
  }
}
