/// The normalization of pixels from bytes to the network's input: (byte / scale - mean) / std for each channel.
///
/// A table of 256 values per channel keeps the rounding of the frameworks, which divide and subtract in this order.
public struct PixelNormalization: Sendable {
  /// `[channel][256]`
  let table: [Float]
  let channels: Int

  /// (byte / `scale` - mean) / std for each channel; a list of one value is for all channels.
  public init(channels: Int, scale: Double, mean: [Double], std: [Double]) {
    self.channels = channels
    table = (0..<channels).flatMap { channel in
      let (mean, std) = (
        Float(mean.isEmpty ? 0 : mean[min(channel, mean.count - 1)]),
        Float(std.isEmpty ? 1 : std[min(channel, std.count - 1)])
      )
      return (0..<256).map { byte in (Float(byte) / Float(scale) - mean) / std }
    }
  }

  /// The normalized values of one image of bytes, `[C, H, W]`.
  package func values(of image: [UInt8]) -> [Float] {
    let plane = image.count / channels
    return image.enumerated().map { table[$0.offset / plane * 256 + Int($0.element)] }
  }
}
