extension Images {
  /// The images with each pixel repeated `factor` x `factor` times (nearest neighbour).
  public func enlarged(by factor: Int) -> Images {
    precondition(factor >= 1, "factors are at least 1")
    var enlarged: [UInt8] = []
    enlarged.reserveCapacity(pixels.count * factor * factor)
    for start in stride(from: 0, to: pixels.count, by: shape.width) {
      let row = pixels[start..<start + shape.width].flatMap { Array(repeating: $0, count: factor) }
      for _ in 0..<factor { enlarged += row }
    }
    let size = (shape.height * factor, shape.width * factor)
    return Images(
      pixels: enlarged, shape: ImageShape(channels: shape.channels, height: size.0, width: size.1))
  }
}
