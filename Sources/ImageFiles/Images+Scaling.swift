import Formatting

extension Images {
  /// The first image scaled to `shape`, gray or RGB: area averaging where it is reduced, linear interpolation where it
  /// is enlarged.
  ///
  /// It reads each row once and keeps no more than the result in floats: a photo of 12 megapixels needs no memory.
  package func scaled(to new: ImageShape) -> Images {
    if shape == new, count == 1 { return self }
    let plane = shape.height * shape.width
    let channels = new.channels == 1 || shape.channels == 1 ? 1 : new.channels
    var bytes: [UInt8] = []
    bytes.reserveCapacity(new.size)
    pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<channels {
        let isLuma = channels == 1 && shape.channels == 3
        let source = UnsafeBufferPointer(
          rebasing: pixels[channel * plane..<(isLuma ? 3 : channel + 1) * plane])
        bytes += Self.scaledPlane(source, shape.width, shape.height, to: new)
      }
    }
    let copies = new.channels / channels
    return Images(pixels: copies == 1 ? bytes : (0..<copies).flatMap { _ in bytes }, shape: new)
  }

  /// One plane of `width` x `height`, or the luma of three, scaled to the size of `new`.
  private static func scaledPlane(
    _ pixels: UnsafeBufferPointer<UInt8>, _ width: Int, _ height: Int, to new: ImageShape
  ) -> [UInt8] {
    let plane = width * height
    let isLuma = pixels.count > plane
    let columns = (0..<new.width).map { ScalingWindow($0, from: width, to: new.width) }
    let rows = (0..<new.height).map { ScalingWindow($0, from: height, to: new.height) }
    var line = [Float](repeating: 0, count: width)
    var narrow = [Float](repeating: 0, count: new.width)
    var sums = [Float](repeating: 0, count: new.width * new.height)
    var firstRow = 0
    for row in 0..<height {
      let start = row * width
      for column in 0..<width {
        line[column] =
          Float(isLuma ? pixels.luma(at: start + column, plane: plane) : Int32(pixels[start + column])) / 255
      }
      for (column, window) in columns.enumerated() { narrow[column] = window.sum(of: line) }
      while firstRow < rows.count, rows[firstRow].end <= row { firstRow += 1 }
      var target = firstRow
      while target < rows.count, rows[target].start <= row {
        if row < rows[target].end {
          let weight = rows[target].weights[row - rows[target].start]
          for column in 0..<new.width { sums[target * new.width + column] += weight * narrow[column] }
        }
        target += 1
      }
    }
    return sums.map { UInt8(clamping: min(max($0, 0), 1) * 255 + 0.5) }
  }
}

/// The pixels that one pixel of a scaled row is the mean of, and their weights.
private struct ScalingWindow {
  let start: Int
  let weights: [Float]

  var end: Int { start + weights.count }

  init(_ index: Int, from length: Int, to newLength: Int) {
    if length == newLength {
      (start, weights) = (index, [1])
      return
    }
    let scale = Float(length) / Float(newLength)
    let reach = max(scale, 1) / 2
    let center = (Float(index) + 0.5) * scale
    let (from, to) = (max(center - reach, 0), min(center + reach, Float(length)))
    start = Int(clamping: from)
    weights = (start..<max(start, min(length, Int(clamping: to.rounded(.up))))).map {
      (min(to, Float($0 + 1)) - max(from, Float($0))) / (to - from)
    }
  }

  func sum(of line: [Float]) -> Float {
    var sum: Float = 0
    line.withUnsafeBufferPointer { line in
      for (offset, weight) in weights.enumerated() { sum += weight * line[start + offset] }
    }
    return sum
  }
}
